import Enrichment
import Foundation
import RiskModel
import Testing

/// Keyed pseudonyms: their form, their keys, and what rules still see.
@Suite struct PseudonymTests {
    private static let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    private static let other = String(key.reversed())

    private static func pseudonyms(
        _ subjects: Set<Pseudonymizer.Subject> = [.phone, .email, .card], keys: String = "k1:\(key)"
    ) throws -> Pseudonymizer {
        Pseudonymizer(keys: try PseudonymKeys(parsing: keys, file: "keys"), subjects: subjects)
    }

    private static func batch(_ type: EventType = .registration) -> EventBatch {
        var batch = EventBatch()
        func slice(_ text: String) -> TextSlice {
            defer { batch.text += text.utf8 }
            return TextSlice(offset: UInt32(batch.text.count), count: UInt32(text.utf8.count))
        }
        var event = Event()
        event.type = type
        event.account = slice("u-1")
        event.email = slice("Anna.M+shop@Example.com")
        event.phone = slice("0043 660 1234-5678")
        event.card = slice("tok_5Hq0")
        batch.events = [event]
        return batch
    }

    /// The codes are from another implementation (Python's `hmac`).
    @Test func `a pseudonym is the key's id and the first half of HMAC-SHA-256`() throws {
        var batch = Self.batch()
        let sources = try EnrichmentSources(databases: [], lists: [])
        Enricher(sources: sources).enrich(&batch, events: 0..<1)
        try Self.pseudonyms().apply(to: &batch)
        let event = batch.events[0]
        #expect(batch.string(event.phone) == "~k1:c70c17218358740748a49166b8bf1791")
        #expect(batch.string(event.mailbox) == "~k1:f7b69f0be3b4da0ec7fe9fc133c50b47")
        #expect(batch.string(event.card) == "~k1:22533a70a1164ba6692be18367fc2af4")
        #expect(batch.string(event.account) == "u-1")
        // What rules must see stays.
        #expect(batch.string(event.emailDomain) == "example.com")
        #expect(batch.string(event.phonePrefix) == "+4366012")
        #expect(batch.string(event.spelling) == "anna.m@example.com")
    }

    @Test func `what is not there stays away, and equal texts have equal pseudonyms in every field`() throws {
        var batch = Self.batch()
        batch.events[0].card = .empty
        batch.events[0].phone = batch.events[0].email
        try Self.pseudonyms().apply(to: &batch)
        #expect(batch.events[0].card.isEmpty && batch.events[0].mailbox.isEmpty)
        #expect(batch.string(batch.events[0].phone) == batch.string(batch.events[0].email))
    }

    @Test func `a verdict may name its account by the pseudonym`() throws {
        let pseudonyms = try Self.pseudonyms([.account])
        var first = Self.batch(.verdict)
        pseudonyms.apply(to: &first)
        let name = first.string(first.events[0].account)
        pseudonyms.apply(to: &first)
        #expect(first.string(first.events[0].account) == name)
        // No sender can pass one off as its own.
        first.events[0].type = .login
        pseudonyms.apply(to: &first)
        #expect(first.string(first.events[0].account) != name)
        #expect(pseudonyms.name(ofAccount: "u-1") == name && pseudonyms.name(ofAccount: name) == name)
    }

    @Test func `older keys name what is there already, and the fingerprint is that of the current key and the fields`()
        throws
    {
        let old = try Self.pseudonyms()
        let rotated = try Self.pseudonyms(keys: "# rotated\nk2:\(Self.other)\n\nk1:\(Self.key)\r\n")
        #expect(rotated.keyIDs == ["k2", "k1"])
        let found = rotated.pseudonyms(of: "+4366012345678")
        #expect(found[0].hasPrefix("~k2:") && found[1] == old.pseudonyms(of: "+4366012345678")[0])
        #expect(rotated.fingerprint != old.fingerprint)
        #expect(try Self.pseudonyms([.phone]).fingerprint != old.fingerprint)
        #expect(try Self.pseudonyms(keys: "k1:\(Self.key)\nk2:\(Self.other)").fingerprint == old.fingerprint)
    }

    @Test func `a condition that names a text still holds, and a rule that would compare in vain says so`() throws {
        let pseudonyms = try Self.pseudonyms()
        let seen = Clause(.text(.phone, ["+4366012345678"]))
        let plain = Clause(.text(.username, ["anna"]))
        func rule(_ kind: RuleKind, _ clauses: [Clause] = []) -> Rule {
            Rule(
                id: "r", heuristic: "h", family: .identity, kind: kind, condition: Condition(clauses: clauses),
                weight: 1,
                halfLife: Interval(seconds: 60), reason: "A test.")
        }
        func match(_ test: MatchParameters.Test) -> RuleKind {
            .match(
                MatchParameters(
                    test: test, window: Interval(seconds: 60), gap: .zero, ramp: Ramp(allow: 0, saturate: 1)))
        }
        let rules = RuleSet(
            rules: [rule(match(.any), [seen, plain])],
            policy: ScorePolicy(
                prior: -4, caps: [], basisCaps: [], thresholds: [], hysteresis: 5, cooldown: .zero,
                independentEvidence: 1))
        let clauses = pseudonyms.applied(to: rules).rules[0].condition.clauses
        #expect(clauses == [Clause(.text(.phone, ["~k1:c70c17218358740748a49166b8bf1791"])), plain])
        #expect(pseudonyms.blinds(rule(match(.differ(.username, .email)))) != nil)
        #expect(pseudonyms.blinds(rule(match(.differ(.mailbox, .email)))) == nil)
        #expect(pseudonyms.blinds(rule(match(.differ(.cardCountry, .country)))) == nil)
    }

    @Test(
        arguments: [
            ("k1:00", "keys:1: the key has 1 bytes and must have 32: 64 hexadecimal digits"),
            ("K1:\(key)", "keys:1: a key's id is 1 to 8 of a to z and 0 to 9"),
            ("\n\(key)", "keys:2: a key is ID:HEX, such as banrisk pseudonym --new-key makes"),
            ("k1:\(key.dropLast())g", "keys:1: the key is not written in pairs of hexadecimal digits"),
            ("k1:\(key)\nk1:\(other)", "keys:2: a key of this id stands above; rename one"),
            ("k1:" + String(repeating: "0", count: 64), "keys:1: the key is no random number; make another"),
            ("# nothing\n", "keys: there is no key in it; make one with: banrisk pseudonym --new-key"),
        ])
    func `a faulty key file is refused with line and remedy, and without the key`(text: String, fault: String) {
        #expect(throws: PseudonymKeyFaults(faults: [fault])) { try PseudonymKeys(parsing: text, file: "keys") }
        #expect(!fault.contains("0102"))
    }

    @Test func `a key file that others may read is refused`() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let line = PseudonymKeys.newLine(id: "k1")
        for (mode, isRefused) in [(0o400, false), (0o640, false), (0o644, true), (0o660, true)] {
            try? FileManager.default.removeItem(atPath: path)
            #expect(
                FileManager.default.createFile(
                    atPath: path, contents: Data(line.utf8), attributes: [.posixPermissions: mode]))
            let fault = "\(path): others may read the keys, or the group may change them; chmod 0400"
            if isRefused {
                #expect(throws: PseudonymKeyFaults(faults: [fault])) { try PseudonymKeys(path: path) }
            } else {
                #expect(try PseudonymKeys(path: path).ids == ["k1"])
            }
        }
    }

    @Test func `two new keys are not one`() throws {
        let lines = Set((0..<8).map { _ in PseudonymKeys.newLine(id: "k9") })
        #expect(lines.count == 8 && lines.allSatisfy { $0.count == 67 })
        for line in lines { _ = try PseudonymKeys(parsing: line, file: "keys") }
    }
}
