/// One thing that is wrong in an operator list.
package struct ListFault: Hashable, Sendable {
    package var file: String
    /// From 1; 0 where the fault is of the file as a whole.
    package var line: Int
    /// What is wrong, and what would be right.
    package var message: String

    package init(file: String, line: Int, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }
}

extension ListFault: CustomStringConvertible {
    /// `unsupported_regions.txt:12: "XX1" is not a country code; ...`
    package var description: String { line == 0 ? "\(file): \(message)" : "\(file):\(line): \(message)" }
}

/// Everything that is wrong in an operator list, in order of the lines.
package struct ListFaults: Error, Hashable, Sendable {
    package var faults: [ListFault]

    package init(_ faults: [ListFault]) { self.faults = faults }
}

extension ListFaults: CustomStringConvertible {
    /// One line for each fault.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
