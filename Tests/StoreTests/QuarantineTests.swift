import Foundation
import GRDB
import RiskModel
import TestSupport
import Testing

@testable import Store

@Suite struct QuarantineTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func open(rows: Int = 1_000) throws -> StoreWriter {
        try StoreWriter(
            path: scratch.database, rules: Fixtures.rules, inactive: [:], configuration: Fixtures.configuration,
            quarantineRows: rows)
    }

    private func rejection(_ seq: UInt64, _ reason: RejectionReason = .invalidJSON, bytes: String = "{x") -> Rejection {
        Rejection(seq: seq, source: .stream, reason: reason, position: 1, bytes: Array(bytes.utf8))
    }

    private func changes(_ seq: UInt64, refused: [Rejection] = [], retried: [UInt64] = []) -> Changes {
        var changes = Changes()
        changes.throughSeq = seq
        changes.rejections = refused
        changes.retried = retried
        return changes
    }

    private var seqs: String {
        get throws { try scratch.sqlite3("SELECT group_concat(seq) FROM (SELECT seq FROM quarantine ORDER BY seq)") }
    }

    /// Rows 1 to 6: odd ones invalid_json, even ones missing_field; 5 was cut, 6 masked.
    private func filled() throws -> StoreWriter {
        let writer = try open()
        var refused = (1...6).map { rejection($0, $0 % 2 == 0 ? .missingField : .invalidJSON) }
        refused[4] = Rejection(
            seq: 5, source: .stream, reason: .invalidJSON, position: 9_000, bytes: Array(repeating: 0x20, count: 9_001))
        refused[5] = Rejection(
            seq: 6, source: .stream, reason: .missingField, position: 0, bytes: Array("{**}".utf8), isMasked: true)
        try writer.write(changes(6, refused: refused))
        return writer
    }

    @Test func `a line that was tried again leaves with what it caused, or not at all`() throws {
        let writer = try filled()
        var retry = changes(7, refused: [rejection(7)], retried: [3])
        retry.newAccounts = [NewAccount(account: "a", firstSeen: Fixtures.start)]
        let pages = try writer.queue.writeWithoutTransaction { db in
            try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        }
        try writer.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
        var tooMuch = retry
        for seq in 8...3_000 as ClosedRange<UInt64> { tooMuch.rejections.append(rejection(seq)) }
        #expect(throws: StoreError.full(path: scratch.database)) { try writer.write(tooMuch) }
        #expect(try seqs == "1,2,3,4,5,6")
        try writer.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
        try writer.write(retry)
        // Refused again: a row of its own.
        #expect(try seqs == "1,2,4,5,6,7")
        #expect(try scratch.sqlite3("SELECT account FROM accounts") == "a")
    }

    @Test func `a line and its retry can come in one transaction, and a row that is gone is no fault`() throws {
        let writer = try open()
        try writer.write(changes(9, refused: [rejection(1), rejection(2)], retried: [1, 77]))
        #expect(try seqs == "2")
    }

    @Test func `the newest rows are kept, and those that gave way are counted`() throws {
        let writer = try open(rows: 3)
        try writer.write(changes(2, refused: [rejection(1), rejection(2)]))
        #expect(try StoreReader(path: scratch.database).quarantineCounts().evicted == 0)
        try writer.write(changes(6, refused: [3, 4, 5].map { rejection($0) }, retried: [4]))
        #expect(try seqs == "2,3,5")
        // Older than what is there: it gives way at once.
        try writer.write(changes(7, refused: [rejection(6), rejection(1, .timeInFuture)]))
        #expect(try seqs == "3,5,6")
        let counts = try StoreReader(path: scratch.database).quarantineCounts()
        #expect(counts.evicted == 3 && counts.byReason == ["invalid_json": 3] && counts.total == 3)
    }

    static let selections: [(QuarantineSelection, [Int])] = [
        (.init(.seqs([2, 5, 5, 99, -1])), [2, 5]), (.init(.seqs([])), []),
        (.init(.reason(.missingField)), [2, 4, 6]), (.init(.reason(.invalidUTF8)), []),
        (.init(.all), [1, 2, 3, 4, 5, 6]), (.init(.all, before: 4), [1, 2, 3]),
        (.init(.reason(.invalidJSON), before: 3), [1]), (.init(.seqs([1, 4]), before: 4), [1]),
    ]

    @Test(arguments: selections)
    func `what a selection names is what is listed, counted and dropped`(
        selection: QuarantineSelection, expected: [Int]
    ) throws {
        let writer = try filled()
        let reader = try StoreReader(path: scratch.database)
        #expect(try reader.quarantine(QuarantineFilter(selection)).map(\.seq) == expected.reversed())
        let count = try reader.quarantineCount(selection)
        #expect(count.rows == expected.count && count.complete == expected.count { $0 < 5 })
        #expect(try writer.drop(selection) == expected.count)
        let rest = Set(1...6).subtracting(expected).sorted()
        #expect(try seqs == rest.map(String.init).joined(separator: ","))
        // The drop is no event.
        #expect(writer.appliedSeq == 6)
        #expect(try scratch.sqlite3("SELECT value FROM meta WHERE key = 'quarantine_evicted'") == "0")
    }

    @Test(arguments: [true, false], [1, 2, 4, 7])
    func `pages of any size together are the whole`(newestFirst: Bool, size: Int) throws {
        _ = try filled()
        let reader = try StoreReader(path: scratch.database)
        var filter = QuarantineFilter(QuarantineSelection(.all))
        filter.newestFirst = newestFirst
        filter.limit = size
        var seen: [Int] = []
        while true {
            let page = try reader.quarantine(filter)
            #expect(page.count <= size)
            guard let last = page.last else { break }
            seen += page.map(\.seq)
            filter.after = last.seq
        }
        #expect(seen == (newestFirst ? [6, 5, 4, 3, 2, 1] : [1, 2, 3, 4, 5, 6]))
    }

    @Test func `a row has its bytes, and says whether they are the line as it came`() throws {
        _ = try filled()
        let rows = try StoreReader(path: scratch.database).quarantine(QuarantineFilter(QuarantineSelection(.all)))
        #expect(rows.map(\.isComplete) == [false, false, true, true, true, true])
        #expect(rows.map(\.length) == [4, 9_001, 2, 2, 2, 2])
        #expect(rows[1].bytes.count == Frame.keptOfOversized && rows[1].position == 9_000)
        #expect(
            rows[2]
                == QuarantineRow(
                    seq: 4, source: "stream", reason: "missing_field", field: nil, position: 1, bytes: Array("{x".utf8),
                    length: 2,
                    isComplete: true))
    }

    @Test(arguments: selections.map(\.0))
    func `a request is the same behind the socket`(selection: QuarantineSelection) throws {
        for action in QuarantineRequest.Action.allCases {
            let request = QuarantineRequest(action, selection)
            #expect(!request.line.contains("\n"))
            #expect(try QuarantineRequest(line: request.line) == request)
        }
    }

    @Test func `requests are the documented lines, and the longest fits`() throws {
        #expect(QuarantineRequest(.retry, .init(.seqs([7, 9]))).line == #"quarantine retry {"seqs":[7,9]}"#)
        #expect(
            QuarantineRequest(.drop, .init(.reason(.invalidJSON), before: 5)).line
                == #"quarantine drop {"before":5,"reason":"invalid_json"}"#)
        #expect(QuarantineRequest(.drop, .init(.all)).line == #"quarantine drop {"all":true}"#)
        let longest = QuarantineSelection(
            .seqs(Array(repeating: .max, count: QuarantineRequest.maximumSeqs)), before: .max)
        #expect(QuarantineRequest(.retry, longest).line.utf8.count < QuarantineRequest.maximumBytes)
    }

    @Test(arguments: [
        "{}", #"{"before":5}"#, #"{"all":false}"#, #"{"all":true,"reason":"invalid_json"}"#, #"{"reason":"moon"}"#,
        #"{"seqs":[1],"source":"stream"}"#, #"{"seqs":"all"}"#, #"{"seqs":[1e99]}"#, #"{"all":true,"before":"x"}"#,
        "[]",
        "x",
    ])
    func `a selection that is not wholly understood is refused`(text: String) {
        #expect(throws: DecodingError.self) { try QuarantineRequest(line: "quarantine drop \(text)") }
    }

    @Test(arguments: ["status", "quarantine", "quarantine drop", "quarantine eat {}", "quarantined drop {}", ""])
    func `another request is none`(line: String) throws {
        #expect(try QuarantineRequest(line: line) == nil)
    }

    @Test func `an answer is the same behind the socket, and an error alone is one`() throws {
        let answers = [
            QuarantineAnswer(selected: 3, retried: 2, incomplete: 1), QuarantineAnswer(error: "a \"b\"\n/c"),
        ]
        for answer in answers {
            #expect(try QuarantineAnswer(line: answer.line) == answer)
            #expect(!answer.line.contains("\n"))
        }
    }
}
