import Assembly
import Foundation
import RiskModel
import Settings
import Testing

/// Each folder of `Tests/Scenarios/<heuristic>` is a scenario. The addresses are those of the demo's databases.
@Suite struct ScenarioTests {
    static let all = Scenario.all(in: Scenario.root.appendingPathComponent("Tests/Scenarios", isDirectory: true))

    private func configuration() throws -> Configuration {
        var configuration = try Configuration.load(path: nil)
        configuration.geoip = [Scenario.root.appendingPathComponent("Config/demo").path]
        return configuration
    }

    @Test(arguments: all)
    func `a scenario ends as expected`(scenario: Scenario) throws {
        let differences = try scenario.differences(try configuration())
        #expect(differences.isEmpty, "\(scenario.folder.path)")
    }

    @Test func `each shipped heuristic has an offence and an innocent`() throws {
        for heuristic in Set(RuleSet.embedded().rules.map(\.heuristic)) {
            let own = Self.all.filter { $0.folder.deletingLastPathComponent().lastPathComponent == heuristic }
            let lines = try own.flatMap { scenario in
                let file = scenario.folder.appendingPathComponent("expected.txt")
                return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter {
                    !$0.hasPrefix("#")
                }
            }
            #expect(lines.contains { $0.hasSuffix(" normal") }, "\(heuristic)")
            #expect(lines.contains { !$0.hasSuffix(" normal") }, "\(heuristic)")
        }
    }

    @Test func `what is not as expected is told with its line, and what no line is about comes last`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("scenario-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let tested = Scenario.root.appendingPathComponent(
            "Tests/Scenarios/custom/shared_fingerprint", isDirectory: true)
        try FileManager.default.copyItem(at: tested, to: folder)
        let events = folder.appendingPathComponent("events.ndjson")
        try (try String(contentsOf: events, encoding: .utf8) + "{}\n").write(
            to: events, atomically: true, encoding: .utf8)
        try """
        # A comment.
        print-00 normal
        alice normal
        print-1* watch shared_fingerprint
        family-* normal
        entity device bot shared_ip
        print-02 watch shared_fingerprint
        """.write(to: folder.appendingPathComponent("expected.txt"), atomically: true, encoding: .utf8)
        let differences = try Scenario(folder: folder).differences(try configuration())
        let lines = differences.map { "\($0.line ?? 0)|\($0.expected ?? "")|\($0.found ?? "")" }
        let unnamed = ["01", "03", "04", "05", "06", "07", "08", "09"].map { "0||print-\($0) watch shared_fingerprint" }
        #expect(
            lines
                == [
                    "2|print-00 normal|print-00 watch shared_fingerprint", "3|alice normal|",
                    "6|entity device bot shared_ip|",
                ] + unnamed + [
                    "0||entity attribute attributes.device_fingerprint=c0ffee shared_fingerprint",
                    "0||line 26 of events.ndjson is no event: missing_field ts",
                ])
    }

    @Test(arguments: ["alice", "alice fine", "entity ip 192.0.2.1"])
    func `a line of expected that cannot be read is a fault`(line: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("scenario-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try "\n\(line)\n".write(
            to: folder.appendingPathComponent("expected.txt"), atomically: true, encoding: .utf8)
        let error = #expect(throws: (any Error).self) {
            try Scenario(folder: folder).differences(try configuration())
        }
        #expect("\(try #require(error))".contains("expected.txt:2: "))
    }
}

extension Scenario: CustomTestStringConvertible {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    package var testDescription: String { folder.pathComponents.suffix(2).joined(separator: "/") }
}
