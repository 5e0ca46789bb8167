internal import Foundation
package import RiskModel

/// An analyst's word on accounts, on its way to the daemon: one line on the control socket.
///
/// `verdict {"accounts":["alice"],"verdict":"cleared","why":"a school; spoke to its office"}`.
package struct VerdictRequest: Sendable, Hashable {
    /// Until when a verdict holds.
    package enum Expiry: Sendable, Hashable {
        /// As long as verdicts of its kind do, ``RiskModel/Verdict/Kind/usualSpan``.
        case usual
        case at(Timestamp)
        /// For so long from the verdict's event time on.
        case after(Interval)
        case never
    }

    /// The most accounts that one call of the tool can name; it sends them in as many requests as it takes.
    package static let maximumAccounts = 10_000
    /// The longest name of an account, in bytes, as for events.
    package static let maximumNameBytes = 512
    /// No request is longer, its newline included, unless one account alone makes it so.
    package static let maximumBytes = 32_768
    private static let word = "verdict"

    package var accounts: [String]
    package var kind: Verdict.Kind
    package var expiry: Expiry
    /// The name that the analyst gives; without one the system's name for the user who asks.
    package var by: String?
    package var why: String

    package init(accounts: [String], kind: Verdict.Kind, expiry: Expiry = .usual, by: String? = nil, why: String) {
        self.accounts = accounts
        self.kind = kind
        self.expiry = expiry
        self.by = by
        self.why = why
    }

    /// The line, without a newline.
    package var line: String { "\(Self.word) \(Wire(self).text)" }

    /// `nil` where the line is another request.
    ///
    /// - Throws: `DecodingError` where the rest of the line is no verdict.
    package init?(line: String) throws {
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0] == Self.word else { return nil }
        let wire = try JSONDecoder().decode(Wire.self, from: Data(words[1].utf8))
        guard let kind = Verdict.Kind(rawValue: wire.verdict), let expiry = wire.expiry else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "unknown verdict or expiry"))
        }
        self.init(accounts: wire.accounts, kind: kind, expiry: expiry, by: wire.by, why: wire.why)
    }

    /// The same in requests of at most ``maximumBytes``, in the order of the accounts.
    package var pages: [VerdictRequest] {
        var page = self
        page.accounts = []
        let empty = page.line.utf8.count + 1
        var pages: [VerdictRequest] = []
        var bytes = empty
        for account in accounts {
            // At least as long as what the encoder makes of the name.
            let cost = JSONText.quote(account).utf8.count + 1
            if bytes + cost > Self.maximumBytes, !page.accounts.isEmpty {
                pages.append(page)
                page.accounts = []
                bytes = empty
            }
            page.accounts.append(account)
            bytes += cost
        }
        return pages + [page]
    }

    /// The bytes of the frames that put the verdict into the spool, one line of JSON for each account.
    ///
    /// - Parameters:
    ///   - time: the verdict's event time.
    ///   - peer: whoever asked, as the system knows him.
    package func frames(at time: Timestamp, peer: VerdictPeer) throws(VerdictFault) -> [String] {
        let author = try author(peer)
        let reason = why.trimmed
        guard !reason.isEmpty else { throw .noReason }
        try Self.check(reason, "reason")
        guard !accounts.isEmpty else { throw .noAccounts }
        let until = try until(from: time)
        for account in accounts where account.isEmpty || account.utf8.count > Self.maximumNameBytes {
            throw .accountName
        }
        let end = until.map { ",\"until\":\"\($0)\"" } ?? ""
        return accounts.map {
            """
            {"ts":"\(time)","type":"verdict","account":\(JSONText.quote($0)),"verdict":"\(kind.rawValue)",\
            "by":\(JSONText.quote(author)),"why":\(JSONText.quote(reason))\(end)}
            """
        }
    }

    /// Who gave the verdict: `eve (uid 1000)`, or `eve (by token)`.
    package func author(_ peer: VerdictPeer) throws(VerdictFault) -> String {
        let name = (by ?? peer.name ?? "").trimmed
        // The number is the kernel's to say.
        guard !name.contains("(uid") else { throw .claimedNumber }
        let way = peer.uid.map { "uid \($0)" } ?? "by token"
        let author = (name.isEmpty ? "unknown" : name) + " (\(way))"
        try Self.check(author, "name")
        return author
    }

    /// When the verdict ends; `nil` for never.
    package func until(from time: Timestamp) throws(VerdictFault) -> Timestamp? {
        if kind == .withdrawn, expiry != .usual { throw .withdrawnWithEnd }
        let end: Timestamp? =
            switch expiry {
            case .usual: kind.usualSpan.map { time + $0 }
            case .at(let end): end
            case .after(let span): time + span
            case .never: nil
            }
        guard let end else { return nil }
        guard end > time else { throw .over(end, now: time) }
        guard end < .latest else { throw .tooFar }
        return end
    }

    private static func check(_ text: String, _ what: String) throws(VerdictFault) {
        guard text.utf8.count <= Verdict.textLimit else { throw .tooLong(what) }
        // Also what turns the direction of writing, and what cannot be seen.
        guard
            !text.unicodeScalars.contains(where: { [.control, .format].contains($0.properties.generalCategory) })
        else {
            throw .control(what)
        }
    }

    /// The object behind the word.
    private struct Wire: Codable {
        var accounts: [String]
        var verdict: String
        var by: String?
        var why: String
        /// Microseconds since the epoch; 0 for never.
        var until: Int64?
        /// Microseconds from the verdict's event time on.
        var span: Int64?

        init(_ request: VerdictRequest) {
            accounts = request.accounts
            verdict = request.kind.rawValue
            by = request.by
            why = request.why
            switch request.expiry {
            case .usual: break
            case .at(let time): until = time.microseconds
            case .after(let interval): span = interval.microseconds
            case .never: until = 0
            }
        }

        /// `nil` where the times contradict each other, or are beyond all calendars.
        var expiry: Expiry? {
            switch (until, span) {
            case (nil, nil): .usual
            case (0, nil): .never
            case (let until?, nil) where (1...Timestamp.latest.microseconds).contains(until):
                .at(Timestamp(microseconds: until))
            case (nil, let span?) where (1...Timestamp.latest.microseconds / 2).contains(span):
                .after(Interval(microseconds: span))
            default: nil
            }
        }

        var text: String { jsonText(self) }
    }
}

extension Verdict.Kind {
    /// For how long a verdict holds unless said otherwise; `nil` for always.
    package var usualSpan: Interval? {
        switch self {
        case .banned, .withdrawn: nil
        case .cleared: Interval(seconds: 365 * 86_400)
        case .compromised: Interval(seconds: 90 * 86_400)
        }
    }
}

/// Whoever is at the other end of the control socket, as the kernel says.
package struct VerdictPeer: Sendable, Hashable {
    /// `nil` for one who came over TCP with the token.
    package var uid: UInt32?
    /// The user's name, where the system has one.
    package var name: String?

    package init(uid: UInt32?, name: String?) {
        self.uid = uid
        self.name = name
    }
}

/// Why a verdict cannot be recorded.
package enum VerdictFault: Error, Hashable, CustomStringConvertible {
    case noAccounts
    case accountName
    case noReason
    case tooLong(String)
    case control(String)
    case claimedNumber
    case over(Timestamp, now: Timestamp)
    case tooFar
    case withdrawnWithEnd

    package var description: String {
        switch self {
        case .noAccounts: "no account is named; name one or more"
        case .accountName:
            "an account's name is empty or longer than \(VerdictRequest.maximumNameBytes) bytes; no event can have it"
        case .noReason: "a verdict needs a reason that others can read later; give one with --why"
        case .tooLong(let what): "the \(what) is longer than \(Verdict.textLimit) bytes; make it shorter"
        case .control(let what): "the \(what) has a line break or another control character; leave it out"
        case .claimedNumber: "the name has a user's number in it; that is added by itself"
        case .over(let end, let now):
            "the verdict would end on \(end), and event time is \(now) already; give a "
                + "later end"
        case .tooFar: "the verdict's end is beyond the year 9999; leave --until out, or say never"
        case .withdrawnWithEnd: "a withdrawal has no end; leave --until out"
        }
    }
}

/// The daemon's answer to a ``VerdictRequest``: one line of JSON.
package struct VerdictAnswer: Sendable, Hashable, Codable {
    /// Verdicts that are on disk. They show in the database when their turn comes.
    package var recorded: Int?
    /// The numbers of their frames, from the first to the last; other events may stand between them.
    package var firstSeq: UInt64?
    package var lastSeq: UInt64?
    /// Who gave them, as they are recorded.
    package var by: String?
    /// Their event time, and when they end; RFC 3339.
    package var time: String?
    package var until: String?
    /// Accounts that the database does not have. The verdict is kept all the same.
    package var unknown: [String]?
    /// Why it was not done, or not to the end.
    package var error: String?

    private enum CodingKeys: String, CodingKey {
        case recorded, by, time, until, unknown, error
        case firstSeq = "first_seq"
        case lastSeq = "last_seq"
    }

    package init(error: String? = nil) { self.error = error }

    /// The line, without a newline.
    package var line: String { jsonText(self) }

    /// - Throws: `DecodingError` where the line is something else.
    package init(line: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(line.utf8)) }
}

extension String {
    /// Without the white space at both ends.
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
