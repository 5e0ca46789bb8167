import Yams

/// A place in a file: line and column from 1, the column in Unicode scalars.
struct Position: Sendable, Hashable {
    let line: Int
    let column: Int

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}

/// Gathers the faults of one file while it is read.
final class FaultLog {
    let file: String
    private(set) var faults: [Fault] = []

    init(file: String) { self.file = file }

    /// Notes a fault at a place, or of the file as a whole where `position` is `nil`.
    func note(_ message: String, at position: Position?) {
        faults.append(
            Fault(file: file, line: position?.line ?? 0, column: position?.column ?? 0, message: message))
    }

    /// The value that was read, if there was no fault; else every fault, here and in `included` files.
    func result<Value>(_ value: Value?, included: [Fault] = []) throws(ConfigurationFaults) -> Value {
        if let value, faults.isEmpty, included.isEmpty { return value }
        // A value can only be missing where a fault says why.
        precondition(!faults.isEmpty || !included.isEmpty, "\(file) could not be read and no fault says why")
        let ordered = faults.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        throw ConfigurationFaults(faults: ordered + included)
    }
}
