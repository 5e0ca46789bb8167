import Foundation
import RiskModel
import Settings
import Testing

@Suite struct MappingParsingTests {
    /// A mapping without faults; `line` replaces the line of the same key.
    private static func yaml(_ line: String) -> String {
        let lines = [
            "name: app", "format: json", "timezone: UTC", "text: msg", "when: {k: app}", "values: {u: user}",
            "fields: {ts: time, account: $u}", "events: [{pattern: '^(?<x>a)$', type: logout}]",
        ]
        let key = line.prefix { $0 != ":" } + ":"
        return lines.map { $0.hasPrefix(key) ? line : $0 }.joined(separator: "\n")
    }

    private static func faults(_ yaml: String) -> [Fault] {
        do throws(ConfigurationFaults) {
            _ = try Mapping.parse(yaml: yaml, file: "app.yaml")
            return []
        } catch {
            return error.faults
        }
    }

    @Test func `a mapping without faults has none`() { #expect(Self.faults(Self.yaml("name: app")).isEmpty) }

    @Test(arguments: [
        ("name: App", 1, "1 to 64 of a to z"), ("name:", 1, "\"name\""), ("format: xml", 2, "known are"),
        ("format: text", 4, "leave it out"), ("timezone: Europe/Wien", 3, "name of a time zone"),
        ("text: a..b", 4, "no path"), ("when: {$y: a}", 5, "did you mean"),
        ("when: {syslog.hos: a}", 5, "did you mean \"host\""),
        ("when: {k: {}}", 5, "a test is"), ("when: {k: {present: 1}}", 5, "true or false"),
        ("when: {k: {matches: '('}}", 5, "not a regular expression: missing closing parenthesis"),
        ("when: []", 5, "at least one"),
        ("when: {k: [\(Array(repeating: "a", count: 257).joined(separator: ","))]}", 5, "more than 256"),
        ("values: {U: user}", 6, "the name of a value"), ("values: {message: user}", 6, "other than message"),
        ("values: {a: $b, b: c}", 6, "no value above"), ("values: {u: {fron: a}}", 6, "\"from\" is missing"),
        ("fields: {ts: time, acount: $u}", 7, "did you mean \"account\""), ("fields: {account: $u}", 8, "lacks \"ts\""),
        ("fields: {ts: {from: time, time: iso}, account: $u}", 7, "rfc3339"),
        ("fields: {ts: {from: time, time: '%Q'}, account: $u}", 7, "made of"),
        ("fields: {ts: {from: time, time: '%H:%M'}, account: $u}", 7, "year, month"),
        ("fields: {ts: {from: time, time: rfc3339, map: {a: b}}, account: $u}", 7, "cannot both"),
        ("fields: {ts: time, account: $z}", 7, "no value above"),
        ("events: []", 8, "at least one"), ("events: [{type: verdict}]", 8, "cannot be \"verdict\""),
        ("events: [{type: login, outcome: success}]", 8, "lacks \"ip\""),
        ("events: [{outcome: success}]", 8, "lacks \"type\""),
        ("events: [{ignore: true, type: login}]", 8, "has no use"),
        ("events: [{pattern: 'a(?<1>)', type: logout}]", 8, "not a regular expression"),
        ("events: [{type: logout, fields: {session: $x}}]", 8, "no value above"),
        ("events: [{typ: logout}]", 8, "did you mean \"type\""),
    ])
    func `a fault has its line, and says what is right`(_ line: String, _ number: Int, _ text: String) {
        let faults = Self.faults(Self.yaml(line))
        #expect(faults.contains { $0.line == number && $0.message.contains(text) }, "\(faults)")
    }

    @Test func `a pattern in a JSON line needs a text`() {
        let faults = Self.faults(Self.yaml("name: app").replacing("text: msg\n", with: ""))
        #expect(faults.map(\.message).joined().contains("\"pattern\" needs \"text\""))
    }

    @Test func `a field of the mapping may name a group of any case, a case only its own`() {
        #expect(Self.faults(Self.yaml("fields: {ts: time, account: $x}")).isEmpty)
    }

    @Test func `what ships has no faults and other names`() {
        let mappings = EmbeddedMapping.all.map(\.mapping)
        #expect(mappings.map(\.name) == EmbeddedMapping.all.map(\.name))
        #expect(Set(mappings.map(\.fingerprint)).count == mappings.count)
    }

    /// The oracle is Foundation's calendar.
    @Test(arguments: ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"])
    func `local times are those of the zone`(_ name: String) throws {
        let zone = try Mapping.parse(yaml: Self.yaml("timezone: \(name)"), file: "app.yaml").zone
        let timeZone = try #require(TimeZone(identifier: name))
        func offset(_ time: Int64) -> Int64 {
            Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time))))
        }
        for step in 0..<4000 {
            let utc = Int64(1_000_000_000 + step * 210_001)
            let local = utc + offset(utc)
            let found = zone.utc(local: local)
            // Where clocks were put back, one local time is two: the first is meant.
            #expect(found + offset(found) == local && found <= utc)
        }
    }

    // MARK: In the configuration

    @Test(arguments: [
        ("mappings: []", EmbeddedMapping.all.map(\.name)), ("shards: 1", EmbeddedMapping.all.map(\.name)),
        ("mappings: none", []), ("mappings: [builtin:sshd, builtin:ecs]", ["sshd", "ecs"]),
        ("mappings: [app.yaml, builtin:sshd]", ["app", "sshd"]), ("mappings: [.]", ["app"]),
    ])
    func `the mappings in force are those that are named, in their order`(_ line: String, _ names: [String]) throws {
        try inFolder { folder in
            let configuration = try Configuration.parse(yaml: line, file: "banrisk.yaml", baseDirectory: folder)
            #expect(configuration.mappings.map(\.name) == names)
        }
    }

    @Test(arguments: [
        ("mappings: [builtin:sshdd]", "banrisk.yaml", "did you mean \"sshd\""),
        ("mappings: [builtin:sshd, builtin:sshd]", "banrisk.yaml", "stands before"),
        ("mappings: [none.yaml]", "banrisk.yaml", "does not exist"),
        ("mappings: [sub]", "banrisk.yaml", "ends in .yaml"),
        ("mappings: [bad.txt]", "bad.txt", "\"name\" is missing"),
    ])
    func `a mapping that is not as it should be is a fault with its file`(
        _ line: String, _ file: String, _ text: String
    ) throws {
        try inFolder { folder in
            do throws(ConfigurationFaults) {
                _ = try Configuration.parse(yaml: line, file: "banrisk.yaml", baseDirectory: folder)
                Issue.record("no fault")
            } catch {
                #expect(error.faults.contains { $0.file.hasSuffix(file) && $0.message.contains(text) }, "\(error)")
            }
        }
    }

    /// A folder with a mapping, a file that is none, and a folder without any.
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("banrisk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("sub"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.yaml("name: app").write(
            to: folder.appendingPathComponent("app.yaml"), atomically: true, encoding: .utf8)
        try "format: json".write(to: folder.appendingPathComponent("bad.txt"), atomically: true, encoding: .utf8)
        try body(folder.path)
    }
}
