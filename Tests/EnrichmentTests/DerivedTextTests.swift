import Enrichment
import RiskModel
import TestSupport
import Testing

/// Mailboxes and the templates of names.
@Suite struct DerivedTextTests {
    private static func derive(email: String, username: String = "", type: EventType = .registration) throws -> (
        mailbox: String, template: String
    ) {
        var batch = EventBatch()
        batch.text = Array("padding".utf8)
        func slice(_ text: String) -> TextSlice {
            guard !text.isEmpty else { return .empty }
            defer { batch.text += text.utf8 }
            return TextSlice(offset: UInt32(batch.text.count), count: UInt32(text.utf8.count))
        }
        var event = Event()
        event.type = type
        event.email = slice(email)
        event.username = slice(username)
        batch.events = [event]
        let sources = try EnrichmentSources(databases: [], lists: [])
        Enricher(sources: sources).enrich(&batch, events: 0..<1)
        #expect(batch.string(batch.events[0].email) == email)
        return (batch.string(batch.events[0].mailbox), batch.string(batch.events[0].nameTemplate))
    }

    @Test(
        arguments: [
            ("anna@example.org", "anna@example.org"), ("Anna@Example.ORG", "anna@example.org"),
            ("anna+shop@example.org", "anna@example.org"), ("anna+a+b@example.org", "anna@example.org"),
            ("a.n.n.a@example.org", "a.n.n.a@example.org"),
            ("a.n.n.a@gmail.com", "anna@gmail.com"), ("A.nna+x.y@GoogleMail.com", "anna@gmail.com"),
            ("anna@gmail.com.example", "anna@gmail.com.example"),
            ("+anna@example.org", "+anna@example.org"), ("+anna+b@example.org", "+anna@example.org"),
            ("a@b@example.org", "a@b@example.org"), ("ÄNNA@example.org", "Änna@example.org"),
            ("@example.org", ""), ("anna", ""), ("", ""), ("anna@", "anna@"),
        ] as [(String, String)])
    func `a mailbox is an address without what makes aliases of it`(email: String, expected: String) throws {
        #expect(try Self.derive(email: email).mailbox == expected)
        #expect(try Self.derive(email: email, type: .login).mailbox == expected)
    }

    @Test(
        arguments: [
            ("anna", "a"), ("Anna.Huber", "a.a"), ("anna1987", "a9999"), ("anna_01", "a_99"), ("a1b2", "a9a9"),
            ("xkcdqw", "x"), ("xkcdqwz42", "x99"), ("bcdfg", "a"), ("rhythms", "a"), ("jürgenß", "a"), ("名前", "a"),
            ("xkcdéqwz", "a"), ("-- 7", "-- 9"), ("anna@example.org", "a"),
            ("a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9"),
        ] as [(String, String)])
    func `a template keeps the shape of a name`(name: String, expected: String) throws {
        #expect(try Self.derive(email: "", username: name).template == expected)
        // Without a name that of the mailbox is taken.
        guard !name.contains("@"), name == name.lowercased() else { return }
        #expect(try Self.derive(email: name + "@example.org").template == expected)
    }

    @Test func `a name goes before a mailbox, and an alias has the shape of its mailbox`() throws {
        #expect(try Self.derive(email: "anna99@example.org", username: "b").template == "a")
        #expect(try Self.derive(email: "anna+12@example.org").template == "a")
        #expect(try Self.derive(email: "").template == "")
    }

    @Test func `names of one shape have one template, and of others others`() throws {
        var random = SeededGenerator(seed: 4)
        let letters = Array("aeiou")
        for _ in 0..<300 {
            func word() -> String {
                String((0..<Int.random(in: 1...9, using: &random)).map { _ in random.pick(letters) })
            }
            let digits = Int.random(in: 0...5, using: &random)
            func name() -> String {
                word() + "." + word() + (0..<digits).map { _ in "\(Int.random(in: 0...9, using: &random))" }.joined()
            }
            let (one, other) = (
                try Self.derive(email: "", username: name()), try Self.derive(email: "", username: name())
            )
            #expect(one.template == other.template && one.template == "a.a" + String(repeating: "9", count: digits))
        }
    }
}
