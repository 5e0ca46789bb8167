internal import Foundation

/// An account that is to be forgotten: one line on the control socket, `forget {"account":"alice"}`.
package struct ForgetRequest: Codable, Sendable, Hashable {
    private static let word = "forget "

    package var account: String

    package init(account: String) { self.account = account }

    /// The line, without a newline.
    package var line: String { Self.word + ControlMessage.encode(self) }

    /// `nil` where the line is another request.
    ///
    /// - Throws: `DecodingError` where the rest of the line names no account.
    package init?(line: String) throws {
        guard line.hasPrefix(Self.word) else { return nil }
        self = try ControlMessage.decode(Self.self, from: String(line.dropFirst(Self.word.count)))
    }
}

/// What became of a ``ForgetRequest``.
package struct ForgetAnswer: Codable, Sendable, Hashable {
    /// What stands where the account's name stood in what is told of others.
    package var tombstone: String?
    /// Frames of the spool that were erased, and others in which the name was overwritten.
    package var framesErased = 0
    package var framesAltered = 0
    package var segmentsWritten = 0
    package var rowsDeleted = 0
    package var rowsAltered = 0
    /// Entities that nobody else had used.
    package var entities = 0
    package var proof: Proof?
    /// Why it is not done; what is left is done when it is asked for again.
    package var error: String?

    package init() {}

    /// A search through every file of the state for the name, in every spelling.
    package struct Proof: Codable, Sendable, Hashable {
        package var files = 0
        package var bytes = 0
        /// Where the name stands as a word of its own.
        package var hits = 0
        /// Where it is part of a longer word, such as another account's name, or says something else.
        package var insideOthers = 0
        /// Where it stands in events that came after the request: of a new life.
        package var since = 0
        /// The files with hits.
        package var places: [String] = []

        package init() {}
    }
}
