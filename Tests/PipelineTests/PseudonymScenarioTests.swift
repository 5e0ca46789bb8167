import Foundation
import RiskModel
import Settings
import Testing

@testable import Assembly

/// With pseudonyms no rule sees less.
@Suite struct PseudonymScenarioTests {
    @Test(arguments: ScenarioTests.all)
    func `accounts end the same with pseudonyms and without`(scenario: Scenario) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let key = "k1:" + (0..<32).map { String(0x1a + $0 * 7 % 0xd0, radix: 16) }.joined()
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: Data(key.utf8), attributes: [.posixPermissions: 0o400]))
        var configuration = try Configuration.load(path: nil)
        configuration.geoip = [Scenario.root.appendingPathComponent("Config/demo").path]
        let plain = try scenario.run(configuration)
        configuration.privacy.keyFile = path
        for subjects in [["phone", "email", "card", "username"], ["ip"]] {
            configuration.privacy.pseudonymize = subjects
            let hidden = try scenario.run(configuration)
            #expect(hidden.accounts == plain.accounts)
            #expect(hidden.entities.count == plain.entities.count && hidden.rejected == plain.rejected)
        }
    }
}
