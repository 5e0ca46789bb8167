internal import Foundation

/// An account that is to be forgotten: one line on the control socket, `forget {"account":"alice"}`.
package struct ForgetRequest: Codable, Sendable, Hashable {
    private static let word = "forget "

    /// What becomes of the name where it is a word in what is told of others.
    package enum Elsewhere: String, Codable, Sendable, Hashable, CaseIterable {
        /// It says something else there, and stays.
        case keep
        /// It is overwritten.
        case erase
    }

    package var account: String
    /// `nil` where that is to be asked, if there is much of it.
    package var elsewhere: Elsewhere?

    package init(account: String, elsewhere: Elsewhere? = nil) {
        self.account = account
        self.elsewhere = elsewhere
    }

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
    /// What others' events have of it.
    package var elsewhere: Elsewhere?
    package var proof: Proof?
    /// Why it is not done; what is left is done when it is asked for again.
    package var error: String?

    package init() {}

    /// Events of others in which the name is a word.
    package struct Elsewhere: Codable, Sendable, Hashable {
        package var events: Int
        package var accounts: Int
        /// How many of the events have it in a field.
        package var fields: [String: Int]
        /// Whether it was left there.
        package var isKept: Bool

        package init(events: Int, accounts: Int, fields: [String: Int], isKept: Bool) {
            self.events = events
            self.accounts = accounts
            self.fields = fields
            self.isKept = isKept
        }

        /// `12 events of 9 other accounts (user_agent 11, device 1)`.
        package var words: String {
            let most = fields.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(4)
            let list = most.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            return "\(events) events of \(accounts) other accounts" + (list.isEmpty ? "" : " (\(list))")
        }
    }

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
