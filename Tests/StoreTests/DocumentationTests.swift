import Foundation
import RiskModel
import Testing

@testable import Store

@Suite struct DocumentationTests {
    /// docs/database.md, wherever the repository stands.
    private static let text: String = {
        let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return (try? String(contentsOf: root.appendingPathComponent("docs/database.md"), encoding: .utf8)) ?? ""
    }()

    /// The blocks of SQL under the heading "A dozen questions".
    static let queries: [String] = {
        let section = text.components(separatedBy: "\n## A dozen questions").dropFirst().first ?? ""
        return section.components(separatedBy: "```sql\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
    }()

    @Test func `there are a dozen questions`() { #expect(Self.queries.count == 12) }

    @Test(arguments: queries)
    func `the documented query runs read-only and finds something`(query: String) throws {
        let scratch = try Scratch()
        let writer = try scratch.openWriter(inactive: ["listed_mail": "no list"])
        for changes in Fixtures.stream(seed: 2, count: 400) { try writer.write(changes) }
        // The account and the entity that the documentation names.
        var changes = Changes()
        changes.throughSeq = 401
        changes.watermark = Fixtures.time(401)
        let score = Fixtures.score("alice", [4_000, 3_000, 0], level: .review, seq: 401, at: 401, evidence: "d-1f3a")
        changes.scores = [ExactText("alice"): score]
        changes.alerts = [Alert(level: .review, previousLevel: .normal, score: score)]
        changes.signals = [Fixtures.signal("alice", rule: 0, seq: 401)]
        let device = EntityKey(kind: .device, text: "d-1f3a")
        changes.entities[.init(entity: device, rule: 0)] = EntitySignal(
            entity: device, rule: 0, seq: 401, order: 401, time: Fixtures.time(401), strength: 1, count: 5,
            firstSeen: Fixtures.time(0))
        // The campaign that it names, and a verdict that holds.
        changes.campaigns = [1: Fixtures.campaign(1, members: 1, seq: 401, seen: 401)]
        changes.campaignMembers = [Fixtures.member("alice", of: 1, at: 401, seq: 401)]
        changes.verdicts = [Fixtures.verdict("alice", .cleared, at: 401, seq: 401)]
        try writer.write(changes)
        #expect(try !scratch.sqlite3(query).isEmpty)
    }

    @Test func `every table, view and column is documented`() throws {
        let scratch = try Scratch()
        try scratch.openWriter().close()
        let names = try scratch.sqlite3(
            """
            SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
            WHERE m.type IN ('table', 'view') AND m.name NOT IN ('grdb_migrations', 'sqlite_sequence')
            """)
        for line in names.split(separator: "\n") {
            let (table, column) = (line.split(separator: "|")[0], line.split(separator: "|")[1])
            let section = Self.text.components(separatedBy: "\n### `\(table)`").dropFirst().first ?? ""
            let body = section.components(separatedBy: "\n##")[0]
            #expect(body.contains("`\(column)`"), "\(table).\(column)")
        }
    }
}
