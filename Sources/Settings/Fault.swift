/// One mistake in a configuration file: where it stands, what is wrong, and what would be right.
package struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file's name as it was given.
    package var file: String
    /// From 1; 0 where the fault is the file's as a whole.
    package var line: Int
    /// From 1, in Unicode scalars; 0 where the fault is the file's as a whole.
    package var column: Int
    package var message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `banrisk.yaml:12:5: unknown key "sharsd"; did you mean "shards"?`
    package var description: String {
        line == 0 ? "\(file): \(message)" : "\(file):\(line):\(column): \(message)"
    }
}

/// Everything that is wrong with a configuration. Never empty.
package struct ConfigurationFaults: Error, Sendable, Hashable, CustomStringConvertible {
    /// File by file; within a file in order of their places.
    package var faults: [Fault]

    package init(faults: [Fault]) { self.faults = faults }

    /// One fault a line.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
