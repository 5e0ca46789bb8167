import Testing

/// Runs statements by the real `sqlite3`, read-only, and returns its lines; columns are parted by `|`.
func sqlite(_ database: String, _ sql: String) throws -> [String] {
    let outcome = try run("sqlite3", ["-readonly", "-batch", database, sql])
    guard outcome.end == .exit(0), outcome.errors.isEmpty else {
        throw NeverCame(description: "sqlite3 failed, \(outcome.end): \(outcome.errors)")
    }
    return outcome.lines
}

/// The content of tables as SQL, row by row in the order of their keys; without what goes by the clock.
struct Dump {
    static let results = ["accounts", "contributions", "signals", "alerts", "entities"]

    let lines: [String]

    /// - Parameter tables: all where empty.
    init(_ database: String, tables: [String] = []) throws {
        lines = try sqlite(database, ([".dump"] + tables).joined(separator: " "))
            .filter { !$0.hasPrefix("INSERT INTO audit ") }.map(Self.withoutReceipt)
    }

    /// When a line was received stands last in its row, and is no matter of its content.
    private static func withoutReceipt(_ line: String) -> String {
        guard line.hasPrefix("INSERT INTO quarantine "), let comma = line.lastIndex(of: ",") else { return line }
        return String(line[..<comma])
    }

    /// The first line in which two dumps differ; `nil` where they are the same.
    func difference(from other: Dump) -> String? {
        for (line, theirs) in zip(lines, other.lines) where line != theirs { return "\(line)\n  but was\n\(theirs)" }
        return lines.count == other.lines.count ? nil : "\(lines.count) lines, but there were \(other.lines.count)"
    }

    /// How many rows a table has.
    func rows(of table: String) -> Int {
        lines.count { $0.hasPrefix("INSERT INTO \(table) ") || $0.hasPrefix("INSERT INTO \"\(table)\" ") }
    }
}
