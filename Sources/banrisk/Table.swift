/// Aligned columns for people: on a terminal the last column is cut at its width, elsewhere nothing is.
struct Table {
    enum Alignment { case left, right }

    struct Column {
        var title: String
        var alignment: Alignment

        static func left(_ title: String) -> Self { Self(title: title, alignment: .left) }
        static func right(_ title: String) -> Self { Self(title: title, alignment: .right) }
    }

    private let columns: [Column]
    private let terminal: Terminal
    private var rows: [(cells: [String], level: String?)] = []

    init(_ columns: [Column], terminal: Terminal) {
        self.columns = columns
        self.terminal = terminal
    }

    /// Adds a row of as many cells as there are columns; `level` colours the cell that names it.
    mutating func add(_ cells: [String], level: String? = nil) {
        rows.append((cells.map(Terminal.printable), level))
    }

    /// The lines of the table, with the titles first.
    var lines: [String] {
        let widths = columns.indices.map { index in
            rows.reduce(Terminal.columns(columns[index].title)) { max($0, Terminal.columns($1.cells[index])) }
        }
        let titles = line(columns.map(\.title), widths) { _, text in terminal.bold(text) }
        return [titles]
            + rows.map { row in
                line(row.cells, widths) { cell, text in
                    cell == row.level ? terminal.level(cell, text: text) : text
                }
            }
    }

    private func line(
        _ cells: [String], _ widths: [Int], _ paint: (_ cell: String, _ padded: String) -> String
    ) -> String {
        var out = ""
        var used = 0
        for (index, cell) in cells.enumerated() {
            let isLast = index == cells.count - 1
            var text = cell
            if isLast, let width = terminal.width, columns[index].alignment == .left {
                text = Terminal.truncated(cell, to: max(8, width - used))
            }
            let padding = String(repeating: " ", count: max(0, widths[index] - Terminal.columns(text)))
            switch columns[index].alignment {
            case .left: text += isLast ? "" : padding
            case .right: text = padding + text
            }
            out += paint(cell, text) + (isLast ? "" : "  ")
            used += widths[index] + 2
        }
        return out
    }
}
