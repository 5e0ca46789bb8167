internal import Foundation

/// What the tool asks the daemon to do with rows of the quarantine: one line on the control socket.
///
/// `quarantine retry {"seqs":[7,9]}`, `quarantine drop {"reason":"invalid_json"}`.
package struct QuarantineRequest: Sendable, Hashable {
    package enum Action: String, Sendable, CaseIterable {
        /// The lines go through the pipeline once more. The rows go with it; what is refused again gets a new row.
        case retry
        /// The rows are removed.
        case drop
    }

    /// The most rows that one request can name.
    package static let maximumSeqs = 1_000
    /// No request is longer, its newline included.
    package static let maximumBytes = 32_768
    private static let word = "quarantine"

    package var action: Action
    package var selection: QuarantineSelection

    package init(_ action: Action, _ selection: QuarantineSelection) {
        self.action = action
        self.selection = selection
    }

    /// The line, without a newline.
    package var line: String { "\(Self.word) \(action.rawValue) \(jsonText(selection))" }

    /// `nil` where the line is another request.
    ///
    /// - Throws: `DecodingError` where the rest of the line is no selection.
    package init?(line: String) throws {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, words[0] == Self.word, let action = Action(rawValue: String(words[1])) else {
            return nil
        }
        self.action = action
        selection = try JSONDecoder().decode(QuarantineSelection.self, from: Data(words[2].utf8))
    }
}

/// The daemon's answer to a ``QuarantineRequest``: one line of JSON.
package struct QuarantineAnswer: Sendable, Hashable, Codable {
    /// Rows that are selected; of a drop those that were removed.
    package var selected: Int?
    /// Of a retry: rows whose lines are in the spool again. They leave the quarantine when their turn comes.
    package var retried: Int?
    /// Of a retry: rows that stay, since their bytes are not the whole line as it came.
    package var incomplete: Int?
    /// Why it was not done, or not to the end.
    package var error: String?

    package init(selected: Int? = nil, retried: Int? = nil, incomplete: Int? = nil, error: String? = nil) {
        self.selected = selected
        self.retried = retried
        self.incomplete = incomplete
        self.error = error
    }

    /// The line, without a newline.
    package var line: String { jsonText(self) }

    /// - Throws: `DecodingError` where the line is something else.
    package init(line: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(line.utf8)) }
}
