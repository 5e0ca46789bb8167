import Foundation
import Glibc
import Testing

/// What the groups of a peer entitle him to, and what of it is written down.
extension ProcessTests {
    @Suite(.enabled(if: geteuid() == 0, "only root can become another user"))
    struct AccessTests {
        /// Groups that every Debian has, in the place of the three roles: games, www-data and backup.
        private static let rules = """
            access:
              shippers: [games]
              operators: [www-data]
              analysts: [backup]
            """
        private static let shipper = "60"
        private static let operators = "33"
        private static let analyst = "34"

        private let folder: TemporaryFolder
        private let daemon: RunningDaemon

        init() throws {
            folder = try TemporaryFolder()
            let configuration = try folder.write(Self.rules, to: "banrisk.yaml")
            daemon = try RunningDaemon(folder, ["--config", configuration])
            // Whoever can reach the socket is asked who he is.
            chmod(folder.path, 0o755)
            chmod(daemon.control, 0o666)
        }

        /// The tool, as a user who has only this group.
        private func banrisk(as group: String, supplementary: String? = nil, _ words: String...) throws -> Outcome {
            let groups = supplementary.map { "--groups=\($0)" } ?? "--clear-groups"
            let who = ["--reuid=65534", "--regid=\(group)", groups]
            return try run("/usr/bin/setpriv", who + [Places.banrisk] + words + ["--control", daemon.control])
        }

        @Test func `each role may do what is its own, by the effective group or another`() throws {
            for group in [Self.shipper, Self.operators, Self.analyst] {
                #expect(try banrisk(as: group, "status").end == .exit(0))
            }
            #expect(try banrisk(as: Self.operators, "reload").end == .exit(0))
            #expect(try banrisk(as: "65534", supplementary: Self.operators, "reload").end == .exit(0))
            for group in [Self.shipper, Self.analyst] {
                let refused = try banrisk(as: group, "reload")
                #expect(refused.end != .exit(0))
                #expect(refused.errors.contains("reload needs the role operator"), "\(refused.errors)")
            }
            let verdict = ["verdict", "someone", "cleared", "--why", "a test", "--by", "eve"]
            for (group, isAllowed) in [(Self.analyst, true), (Self.operators, false), (Self.shipper, false)] {
                let outcome = try run(
                    "/usr/bin/setpriv",
                    ["--reuid=65534", "--regid=\(group)", "--clear-groups", Places.banrisk] + verdict
                        + ["--control", daemon.control])
                #expect((outcome.end == .exit(0)) == isAllowed, "\(group): \(outcome.errors)")
            }
        }

        @Test func `a stranger is told nothing, not even the status`() throws {
            let refused = try banrisk(as: "65534", "status")
            #expect(refused.end != .exit(0))
            #expect(refused.errors.contains("needs the role shipper or operator or analyst"), "\(refused.errors)")
        }

        @Test func `changes and refusals stand in the audit, with the user that the kernel names`() throws {
            _ = try banrisk(as: Self.operators, "reload")
            _ = try banrisk(as: Self.analyst, "reload")
            _ = try banrisk(as: Self.analyst, "verdict", "someone", "cleared", "--why", "a test", "--by", "eve")
            let query = "SELECT uid, user, roles, way, action, subject, outcome FROM audit ORDER BY id"
            #expect(
                try sqlite(daemon.database, query) == [
                    "65534|nobody|operator|control|reload||done",
                    "65534|nobody|analyst|control|reload||refused",
                    "65534|nobody|analyst|control|verdict.cleared|someone|done",
                ])
        }
    }
}
