internal import Assembly
internal import RiskModel
internal import Store

/// What `top` shows: lines for a screen of a size, from a model and a state. Draws nothing.
///
/// Every text that came from outside passes ``Terminal/printable(_:)``, and every line is cut at the width before it is
/// coloured.
struct TopView {
    static let smallest = (rows: 12, columns: 50)

    let terminal: Terminal
    let rows: Int
    let columns: Int

    func lines(_ model: TopModel, _ state: TopState) -> [String] {
        if rows < Self.smallest.rows || columns < Self.smallest.columns {
            return [cut("too small: \(Self.smallest.columns)×\(Self.smallest.rows) at least; q quits")]
        }
        if state.showsHelp { return help }
        var lines = head(model, state)
        let room = max(0, rows - lines.count - 1)
        let heights = heights(room, state.panel)
        for panel in TopState.Panel.allCases {
            let table = table(panel, model, state)
            lines += panelLines(panel, table, height: heights[panel.rawValue], state)
        }
        lines = Array(lines.prefix(rows - 1))
        while lines.count < rows - 1 { lines.append("") }
        return lines + [foot(state)]
    }

    /// All rows of all panels, for `--once`.
    func page(_ model: TopModel, limit: Int) -> [String] {
        let state = TopState()
        var lines = head(model, state)
        for panel in TopState.Panel.allCases {
            let table = table(panel, model, state)
            lines += panelLines(panel, table, height: min(limit, table.rows.count) + 1, state)
        }
        return lines
    }

    // MARK: Head and foot

    private func head(_ model: TopModel, _ state: TopState) -> [String] {
        guard let sample = model.latest else { return [cut("asking the daemon and the database …")] }
        let daemon = sample.daemon
        var lines: [String] = []
        let phase = daemon.map { "\($0.phase.rawValue), process \($0.pid)" } ?? "no daemon"
        let paused = state.isPaused ? "  PAUSED" : ""
        lines.append(terminal.bold(cut("banrisk top  \(phase)\(paused)")))
        var rates = "events \(rate(model.events))  frames \(rate(model.frames))  signals \(rate(model.signals))"
        rates += "  alerts \(rate(model.alerts))"
        if let memory = sample.memoryBytes { rates += "  memory \(size(memory))" }
        lines.append(cut(rates))
        let lag = model.lag.map { "lag \(span($0))  " } ?? ""
        let watermark = "watermark " + Terminal.printable(model.watermark ?? "none").wholeSeconds
        if let queues = model.queues {
            lines.append(
                cut(
                    "behind: disk \(queues.disk)  pipeline \(queues.pipeline)  database \(queues.store)  pending "
                        + "\(size(daemon?.spool.pendingBytes ?? 0))"))
        }
        lines.append(cut(lag + watermark))
        if let store = sample.store {
            let levels = [Level.watch, .review, .ban].map { "\($0.name) \(store.accountsByLevel[$0] ?? 0)" }
            lines.append(
                cut(
                    "accounts \(store.accounts)  \(levels.joined(separator: "  "))  alerts \(store.alerts)  "
                        + "quarantine \(store.quarantine.total)"))
        }
        let stalls = [daemon?.spool.stalled, daemon?.store.stalled].compactMap(\.self).map { "stalled: \($0)" }
        for trouble in (stalls + sample.troubles).prefix(2) {
            lines.append(terminal.level(Level.ban.name, text: cut(Terminal.printable(trouble))))
        }
        return lines
    }

    private func foot(_ state: TopState) -> String {
        if state.isTyping { return cut("/\(Terminal.printable(state.filter))_   Enter keeps it, Escape drops it") }
        let filter = state.filter.isEmpty ? "" : "  [\(Terminal.printable(state.filter))]"
        return terminal.dim(cut("q quit  p pause  s sort  ←→ panel  ↑↓ scroll  / filter  ? help\(filter)"))
    }

    private var help: [String] {
        let text = """
            q         quit (Ctrl-C, too)
            p, space  stand still, and go on
            s         another order of the panel that is marked
            ← →, Tab  mark another panel: it gets the most lines
            ↑ ↓       scroll it
            /         only rows with this text in them; Escape takes it away
            ?         this page; any key leaves it

            signals/s, events/s: over the last six seconds
            behind:   frames received and not on disk, on disk and not processed,
                      processed and not in the database
            lag:      how far the latest event is behind the clock of this machine
            """
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { cut(String($0)) }
        return Array(([terminal.bold(cut("banrisk top")), ""] + lines).prefix(rows))
    }

    // MARK: Panels

    private struct Rows {
        var titles: [String]
        /// Cells of each row; the last column takes what is left of the width.
        var rows: [[String]]
        /// Index of the column that names a level.
        var level: Int?
        /// Columns that stand at the right.
        var numbers: Set<Int>
    }

    /// How the lines are shared: the marked panel gets twice what another has; each has its title and a row.
    private func heights(_ room: Int, _ marked: TopState.Panel) -> [Int] {
        let panels = TopState.Panel.allCases
        let share = max(2, room / (panels.count + 1))
        var heights = panels.map { _ in share }
        heights[marked.rawValue] = max(2, room - share * (panels.count - 1))
        return heights
    }

    private func panelLines(_ panel: TopState.Panel, _ table: Rows, height: Int, _ state: TopState) -> [String] {
        let fitting = max(0, height - 1)
        let first = min(state.scroll[panel] ?? 0, max(0, table.rows.count - fitting))
        let shown = Array(table.rows.dropFirst(first).prefix(fitting))
        let widths = table.titles.indices.map { column in
            (shown.map { Terminal.columns($0[column]) } + [Terminal.columns(table.titles[column])]).max() ?? 0
        }
        func line(_ cells: [String]) -> [String] {
            cells.enumerated().map { column, cell in
                if column == cells.count - 1, !table.numbers.contains(column) { return cell }
                let width = column == cells.count - 1 ? widths[column] : min(widths[column], max(12, columns / 3))
                let text = Terminal.truncated(cell, to: width)
                let padding = String(repeating: " ", count: max(0, width - Terminal.columns(text)))
                return table.numbers.contains(column) ? padding + text : text + padding
            }
        }
        let mark = panel == state.panel ? ">" : " "
        let order = state.orderName(panel)
        let titles = line(table.titles).joined(separator: "  ")
        var head = "\(mark)\(panel.title) by \(order)" + (table.rows.isEmpty ? ": none" : "  (\(table.rows.count))")
        if fitting > 1, !table.rows.isEmpty { head = pad(head, 34) + " " + titlesHint(titles) }
        var out = [terminal.bold(cut(head))]
        out += shown.map { row in
            let cells = line(row)
            let text = cut(" " + cells.joined(separator: "  "))
            guard let column = table.level else { return text }
            return colour(text, cells, column, row[column])
        }
        while out.count < height { out.append("") }
        return Array(out.prefix(height))
    }

    /// Column names, small, beside the panel's.
    private func titlesHint(_ titles: String) -> String {
        titles.split(separator: " ").joined(separator: " · ")
    }

    /// Colours the cell that names a level, where the cut left it whole.
    private func colour(_ text: String, _ cells: [String], _ column: Int, _ level: String) -> String {
        let before = " " + cells.prefix(column).map { $0 + "  " }.joined()
        let cell = cells[column]
        guard text.hasPrefix(before + cell) else { return text }
        return before + terminal.level(level, text: cell) + text.dropFirst((before + cell).count)
    }

    private func table(_ panel: TopState.Panel, _ model: TopModel, _ state: TopState) -> Rows {
        var table =
            switch panel {
            case .rules: rules(model, state.orderName(panel))
            case .campaigns: campaigns(model, state.orderName(panel))
            case .accounts: accounts(model, state.orderName(panel))
            case .alerts: alerts(model, state.orderName(panel))
            }
        table.rows = table.rows.map { $0.map(Terminal.printable) }
        if !state.filter.isEmpty {
            let wanted = state.filter.lowercased()
            table.rows = table.rows.filter { $0.contains { $0.lowercased().contains(wanted) } }
        }
        return table
    }

    private func rules(_ model: TopModel, _ order: String) -> Rows {
        var rules = model.rules.filter { $0.row.signals > 0 || $0.row.isActive }
        rules.sort { a, b in
            switch order {
            case "signals": (b.row.signals, a.row.rule) < (a.row.signals, b.row.rule)
            case "alerts": (b.row.alerts, a.row.rule) < (a.row.alerts, b.row.rule)
            case "name": a.row.rule < b.row.rule
            default: (b.rate ?? 0, b.row.signals, a.row.rule) < (a.rate ?? 0, a.row.signals, b.row.rule)
            }
        }
        return Rows(
            titles: ["rule", "signals/s", "signals", "alerts", "family"],
            rows: rules.map {
                [
                    $0.row.rule, rate($0.rate), "\($0.row.signals)", "\($0.row.alerts)",
                    $0.row.family + ($0.row.isShadow ? ", in shadow" : ""),
                ]
            }, numbers: [1, 2, 3])
    }

    private func campaigns(_ model: TopModel, _ order: String) -> Rows {
        var campaigns = model.latest?.campaigns ?? []
        switch order {
        case "members": campaigns.sort { ($1.members, $0.id) < ($0.members, $1.id) }
        case "recent": campaigns.sort { ($1.recent, $0.id) < ($0.recent, $1.id) }
        default: break
        }
        return Rows(
            titles: ["id", "level", "members", "recent", "last", "tie"],
            rows: campaigns.map {
                [
                    "\($0.id)", $0.level, "\($0.members)", "+\($0.recent)", $0.lastSeen.wholeSeconds,
                    "\($0.cause) on \($0.entityKind) \($0.entityKey)",
                ]
            }, level: 1, numbers: [0, 2, 3])
    }

    private func accounts(_ model: TopModel, _ order: String) -> Rows {
        var accounts = model.latest?.accounts ?? []
        switch order {
        case "newest": accounts.sort { ($1.scoredAt ?? "", $0.account) < ($0.scoredAt ?? "", $1.account) }
        case "name": accounts.sort { $0.account < $1.account }
        default: break
        }
        return Rows(
            titles: ["score", "level", "account", "why"],
            rows: accounts.map {
                [$0.score.text(decimals: 2), $0.level, $0.account, $0.topExplanation ?? $0.topRule ?? ""]
            }, level: 1, numbers: [0])
    }

    private func alerts(_ model: TopModel, _ order: String) -> Rows {
        var alerts = model.latest?.alerts ?? []
        if order == "level" {
            func rank(_ alert: AlertRow) -> Int { Int((Level(argument: alert.level) ?? .ban).rawValue) }
            alerts.sort { (rank($1), $1.id) < (rank($0), $0.id) }
        }
        return Rows(
            titles: ["time", "level", "score", "account", "reason"],
            rows: alerts.map {
                [
                    $0.eventTime.wholeSeconds, $0.level, $0.score.text(decimals: 2),
                    $0.campaign.map { "campaign \($0)" } ?? $0.account, $0.reason,
                ]
            }, level: 1, numbers: [2])
    }

    // MARK: Texts

    private func cut(_ text: String) -> String { Terminal.truncated(text, to: columns) }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - Terminal.columns(text)))
    }

    private func rate(_ value: Double?) -> String {
        guard let value else { return "–/s" }
        return (value >= 100 || value == 0 ? whole(value) : value.text(decimals: 1)) + "/s"
    }

    private func whole(_ value: Double) -> String { value < 1e15 ? "\(Int(value.rounded()))" : "\(value)" }

    private func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_024: "\(bytes) B"
        case ..<(1 << 20): "\(bytes >> 10) KiB"
        case ..<(10 << 30): "\(bytes >> 20) MiB"
        default: "\(bytes >> 30) GiB"
        }
    }

    private func span(_ seconds: Double) -> String {
        let ahead = seconds < 0 ? "-" : ""
        let value = seconds.magnitude
        switch value {
        case ..<10: return ahead + value.text(decimals: 1) + " s"
        case ..<120: return ahead + whole(value) + " s"
        case ..<7_200: return ahead + whole(value / 60) + " min"
        case ..<172_800: return ahead + whole(value / 3_600) + " h"
        default: return ahead + whole(value / 86_400) + " days"
        }
    }
}
