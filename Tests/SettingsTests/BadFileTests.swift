import Foundation
import RiskModel
import Settings
import Testing

/// Each file in Bad is named for its mistake and begins with what must be said of it: `# expect: line: message`.
@Suite struct BadFileTests {
    private static let folder = Bundle.module.resourceURL?.appendingPathComponent("Bad")

    static let names: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder?.path ?? "")
        return (names ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    @Test func `the folder of mistakes is there`() {
        #expect(Self.names.count > 150)
    }

    @Test(arguments: names)
    func `each mistake is reported, and nothing else`(name: String) throws {
        let folder = try #require(Self.folder)
        let yaml = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        let marker = "# expect: "
        let expected = yaml.split(separator: "\n").filter { $0.hasPrefix(marker) }.map { $0.dropFirst(marker.count) }
        try #require(!expected.isEmpty)

        let error = #expect(throws: ConfigurationFaults.self) {
            if name.hasPrefix("banrisk") {
                _ = try Configuration.parse(yaml: yaml, file: name, baseDirectory: "/")
            } else {
                _ = try RuleSet.parse(yaml: yaml, file: name)
            }
        }
        let faults = try #require(error).faults
        #expect(faults.map { "\($0.line): \($0.message)" } == expected.map(String.init))
        #expect(faults.allSatisfy { $0.file == name })
    }
}
