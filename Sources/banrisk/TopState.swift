/// What the person at the terminal chose.
struct TopState {
    enum Panel: Int, CaseIterable {
        case rules, campaigns, accounts, alerts

        var title: String {
            switch self {
            case .rules: "RULES"
            case .campaigns: "CAMPAIGNS"
            case .accounts: "ACCOUNTS"
            case .alerts: "ALERTS"
            }
        }

        /// The orders of the panel; the first is there at the start.
        var orders: [String] {
            switch self {
            case .rules: ["signals/s", "signals", "alerts", "name"]
            case .campaigns: ["newest", "members", "recent"]
            case .accounts: ["score", "newest", "name"]
            case .alerts: ["newest", "level"]
            }
        }
    }

    static let filterLimit = 64

    var panel = Panel.rules
    var order: [Panel: Int] = [:]
    var scroll: [Panel: Int] = [:]
    var filter = ""
    /// Whether keys go to the filter.
    var isTyping = false
    var isPaused = false
    var showsHelp = false
    var hasEnded = false

    func orderName(_ panel: Panel) -> String { panel.orders[order[panel] ?? 0] }

    mutating func press(_ key: TopKey) {
        if isTyping { return type(key) }
        if showsHelp {
            showsHelp = false
            if key != .text("q") { return }
        }
        switch key {
        case .text("q"): hasEnded = true
        case .text("p"), .text(" "): isPaused.toggle()
        case .text("s"):
            order[panel] = ((order[panel] ?? 0) + 1) % panel.orders.count
            scroll[panel] = 0
        case .text("/"): isTyping = true
        case .text("?"), .text("h"): showsHelp = true
        case .escape: filter = ""
        case .left: move(by: -1)
        case .right, .tab: move(by: 1)
        case .up: scroll[panel] = max(0, (scroll[panel] ?? 0) - 1)
        case .down: scroll[panel] = (scroll[panel] ?? 0) + 1
        default: break
        }
    }

    private mutating func move(by step: Int) {
        let count = Panel.allCases.count
        panel = Panel(rawValue: (panel.rawValue + step + count) % count) ?? .rules
    }

    private mutating func type(_ key: TopKey) {
        switch key {
        case .text(let text):
            if filter.utf8.count + text.utf8.count <= Self.filterLimit { filter += text }
            scroll = [:]
        case .backspace:
            if !filter.isEmpty { filter.unicodeScalars.removeLast() }
            scroll = [:]
        case .enter: isTyping = false
        case .escape:
            isTyping = false
            filter = ""
        default: break
        }
    }
}

/// A key as a terminal sends it.
enum TopKey: Hashable {
    case text(String)
    case up, down, left, right, enter, escape, backspace, tab

    /// The keys in what was read at once. Sequences that are not known are passed over.
    static func keys(in bytes: [UInt8]) -> [TopKey] {
        var keys: [TopKey] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x1b: keys += escape(&rest).map { [$0] } ?? []
            case 0x0d, 0x0a: keys.append(.enter)
            case 0x7f, 0x08: keys.append(.backspace)
            case 0x09: keys.append(.tab)
            case 0x20..<0x7f: keys.append(.text(String(UnicodeScalar(byte))))
            case 0xc2...0xf4:
                let count = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
                let scalar = [byte] + rest.prefix(count)
                rest = rest.dropFirst(count)
                if let text = String(validating: scalar, as: UTF8.self), Terminal.printable(text) == text {
                    keys.append(.text(text))
                }
            default: break
            }
        }
        return keys
    }

    /// What follows an escape character: nothing is the key itself, `[` and `O` begin a sequence (ECMA-48 §5.4).
    private static func escape(_ rest: inout ArraySlice<UInt8>) -> TopKey? {
        guard let next = rest.first else { return .escape }
        guard next == UInt8(ascii: "[") || next == UInt8(ascii: "O") else { return .escape }
        rest.removeFirst()
        while let byte = rest.popFirst() {
            guard (0x40...0x7e).contains(byte) else { continue }
            switch byte {
            case UInt8(ascii: "A"): return .up
            case UInt8(ascii: "B"): return .down
            case UInt8(ascii: "C"): return .right
            case UInt8(ascii: "D"): return .left
            default: return nil
            }
        }
        return nil
    }
}
