import Decoding
import Foundation
import RiskModel
import Settings
import TestSupport
import Testing

@Suite struct MappingTests {
    /// A mapping for lines `{"k":"app", …}` that makes logouts, with further fields in YAML.
    static func mapping(_ fields: String = "account: user") throws -> Mapping {
        try Mapping.parse(
            yaml: """
                name: app
                format: json
                when: {k: app}
                fields: {ts: time, \(fields)}
                events:
                  - type: logout
                """, file: "app.yaml")
    }

    static func read(
        _ line: String, _ mappings: [Mapping], flags: FrameFlags = [], source: Source = .stream
    ) -> LineReading {
        let bytes = Array(line.utf8)
        var decoder = EventDecoder(mappings: mappings)
        var text: [UInt8] = []
        let frame = Frame(
            seq: 1, offset: 0, count: bytes.count, source: source, flags: flags,
            received: MappingScenarioTests.received)
        return decoder.read(frame, bytes.span, text: &text)
    }

    /// The account of the event that a line becomes.
    private func account(_ line: String, _ mapping: Mapping) -> String? {
        var batch = FrameBatch()
        batch.append(Array(line.utf8).span, seq: 1, source: .stream, flags: [])
        var decoder = EventDecoder(mappings: [mapping])
        var output = EventBatch()
        decoder.decode(batch, frames: 0..<1, into: &output)
        return output.events.first.map { output.string($0.account) }
    }

    @Test func `a native event is the same with mappings and without`() {
        let lines = [
            login(), login(#""outcome":"failure","account":null,"@timestamp":1,"event":{"category":"authentication"}"#),
            login(#""class_uid":3002,"time":1,"activity_id":2"#), login(#""status":200,"remote_addr":"1.1.1.1""#),
            login(#""__REALTIME_TIMESTAMP":"1","MESSAGE":"Accepted password for x from 1.1.1.1 port 1""#),
        ]
        let shipped = EmbeddedMapping.all.map(\.mapping)
        for line in lines {
            guard case .native(let event) = Self.read(line, shipped), case .native(let plain) = Self.read(line, [])
            else {
                Issue.record("no native event: \(line)")
                continue
            }
            #expect("\(event)" == "\(plain)")
        }
    }

    @Test func `a native line with another fault than its format keeps that fault`() {
        let shipped = EmbeddedMapping.all.map(\.mapping)
        let line = login(#""ip":"x","@timestamp":"2026-01-01T00:00:00Z","event":{"category":"authentication"}"#)
        guard case .refused(let rejection) = Self.read(line, shipped) else {
            Issue.record("accepted")
            return
        }
        #expect(rejection.reason == .invalidValue && rejection.field == "ip" && rejection.mapping.isEmpty)
    }

    @Test func `a fault behind a syslog header is told at its place in the line`() {
        let header = "<13>Nov 21 10:00:00 host app[1]: "
        guard case .refused(let rejection) = Self.read(header + login(#""ip":"x""#), [try! Self.mapping()]) else {
            Issue.record("accepted")
            return
        }
        let inner = decode(login(#""ip":"x""#)).rejections[0]
        #expect(rejection.position == header.utf8.count + inner.position)
        #expect(rejection.field == "ip")
    }

    @Test func `text that may be cut is not mapped, and a whole object is`() throws {
        let line = "Nov 21 09:59:58 web1 sshd[812]: Accepted password for alice from 203.0.113.7 port 50022 ssh2"
        let shipped = EmbeddedMapping.all.map(\.mapping)
        guard case .mapped = Self.read(line, shipped),
            case .refused(let rejection) = Self.read(line, shipped, flags: .unterminated)
        else {
            Issue.record("mapped")
            return
        }
        #expect(rejection.reason == .unterminated)
        let mapping = try Self.mapping()
        guard case .mapped = Self.read(#"{"k":"app","time":1,"user":"a"}"#, [mapping], flags: .unterminated),
            case .refused = Self.read(#"{"k":"app","time":1,"user":"a"}"#, [mapping], flags: .oversized)
        else {
            Issue.record("a whole object was not mapped, or a cut one was")
            return
        }
    }

    @Test func `no mapping makes a verdict`() throws {
        let mapping = try Mapping.parse(
            yaml: """
                name: app
                format: json
                when: {k: app}
                fields: {ts: time, account: user, type: type}
                events: [{}]
                """, file: "app.yaml")
        let line = #"{"k":"app","time":1,"user":"a","type":"verdict","verdict":"cleared","why":"x"}"#
        for source in [Source.stream, .verdict] {
            guard case .refused(let rejection) = Self.read(line, [mapping], source: source) else {
                Issue.record("a verdict from \(source)")
                continue
            }
            #expect(rejection.reason == .unknownType || rejection.reason == .missingField)
        }
    }

    @Test(arguments: [#""4111 1111 1111 1111""#, "4111111111111111", #""4111-1111-1111-1111""#])
    func `a card's number does not stay in quarantine, whatever its key`(_ number: String) throws {
        let line = #"{"k":"app","time":1,"user":"a","payment":{"pan":"# + number + "}}"
        guard case .refused(let rejection) = Self.read(line, [try Self.mapping("account: user, card: payment.pan")])
        else {
            Issue.record("accepted")
            return
        }
        #expect(rejection.field == "card" && rejection.mapping == "app" && !rejection.isComplete)
        #expect(!rejection.bytes.contains { $0 == UInt8(ascii: "4") })
    }

    @Test func `a pattern that would try for ever finds nothing`() throws {
        let mapping = try Mapping.parse(
            yaml: """
                name: app
                format: text
                when: {$message: {begins: a}}
                fields: {ts: syslog.received, account: $user}
                events:
                  - pattern: '(?<user>(?:a+)+)$'
                    type: logout
                """, file: "app.yaml")
        guard case .mapped = Self.read("aaa", [mapping]),
            case .ignored = Self.read(String(repeating: "a", count: 4000) + "!", [mapping]),
            case .ignored = Self.read(String(repeating: "a", count: 8193), [mapping])
        else {
            Issue.record("found")
            return
        }
    }

    /// The oracle is Foundation's regular expression. Some of the patterns seem to begin with plain words and do not.
    @Test(arguments: [
        "^foo", "^foo[(]x|bar", "^fo?o", "^foo*", "^foo{0}", "^foo+", "^(foo|bar)", "^foo(x|bar)", "^foo|bar",
        #"^foo\|bar"#,
        "^foo[|]bar", "^foo[]|(]|bar", #"^foo\(|bar"#, "^f[^]]o|bar", #"^foo[\]|(]|bar"#, "^foo(?i)BAR", "^foo bar$",
        "o b",
    ])
    func `patterns find what they should`(_ pattern: String) throws {
        let mapping = try Mapping.parse(
            yaml: """
                name: app
                format: text
                when: {$message: {matches: '\(pattern)'}}
                events: [{ignore: true}]
                """, file: "app.yaml")
        let oracle = try NSRegularExpression(pattern: pattern)
        let texts = ["foo", "fo", "f", "foox", "bar", "foobar", "foo|bar", "foo bar", "foo(", "xbar", "fob", "Foo"]
        for text in texts {
            let expected = oracle.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
            if case .ignored = Self.read(text, [mapping]) {
                #expect(expected, "\(text)")
            } else {
                #expect(!expected, "\(text)")
            }
        }
    }

    /// The oracle is the list of leaves in the order in which they are written.
    @Test(arguments: 0..<20)
    func `a path leads through nested objects and dotted keys, and the last value counts`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let paths = ["a", "b", "a.b", "a.b.a", "b.a", "b.b.b", "a.a.a.a"]
        let mappings = try paths.map { try Self.mapping("account: \($0)") }
        for _ in 0..<100 {
            var leaves: [String: String?] = [:]
            let tree = Self.object(&random, prefix: "", depth: 0, &leaves)
            let line = #"{"k":"app","time":1,"# + tree.dropFirst()
            for (path, mapping) in zip(paths, mappings) {
                #expect(account(line, mapping) == leaves[path] ?? nil, "\(path) of \(line)")
            }
        }
    }

    /// Notes of each path its last value: a text, or `nil` for an object or null.
    private static func object(
        _ random: inout SeededGenerator, prefix: String, depth: Int, _ leaves: inout [String: String?]
    ) -> String {
        var members: [String] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let key = ["a", "b", "a.b", "b.a", #"\u0061"#, "c"].randomElement(using: &random) ?? "a"
            let path = prefix + key.replacing(#"\u0061"#, with: "a")
            let value: String
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where depth < 4, 1 where depth < 4:
                value = object(&random, prefix: path + ".", depth: depth + 1, &leaves)
                leaves[path] = .some(nil)
            case 2:
                value = "null"
                leaves[path] = .some(nil)
            default:
                let text = "v\(Int.random(in: 0..<1000, using: &random))"
                value = "\"\(text)\""
                leaves[path] = text
            }
            members.append("\"\(key)\":\(value)")
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// The example of docs/mappings.md, as it stands there.
    @Test func `what the documentation shows is so`() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/mappings.md")
        let blocks = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "```")
        let yaml = try #require(blocks.first { $0.hasPrefix("yaml\nname: shop") }).dropFirst("yaml\n".count)
        let log = try #require(blocks.first { $0.hasPrefix("\n2026-11-21 10:59:58") })
        let mapping = try Mapping.parse(yaml: String(yaml), file: "shop.yaml")
        let readings = log.split(separator: "\n").map { Self.read(String($0), [mapping]) }
        try #require(readings.count == 3)
        guard case .mapped(let failure, "shop") = readings[0], case .mapped(let success, "shop") = readings[1],
            case .refused = readings[2]
        else {
            Issue.record("\(readings)")
            return
        }
        #expect(failure.outcome == .failure && "\(failure.time)" == "2026-11-21T09:59:58.25Z")
        #expect(success.outcome == .success && "\(success.address)" == "203.0.113.7")
    }
}
