package import RiskModel

/// A mapping that ships with the program, as text.
package struct EmbeddedMapping: Sendable {
    package var name: String
    /// What it knows, for a list.
    package var summary: String
    package var text: String

    /// In the order in which they are tried where the configuration names none.
    package static let all = [
        EmbeddedMapping("ecs", "Elastic Common Schema: logins, logouts, registrations", PackageResources.ecs_yaml),
        EmbeddedMapping("ocsf", "OCSF: Authentication 3002, Account Change 3001", PackageResources.ocsf_yaml),
        EmbeddedMapping("sshd", "sshd in auth.log, syslog and the journal", PackageResources.sshd_yaml),
        EmbeddedMapping(
            "access_log", "JSON access logs of Caddy, Traefik, nginx, Apache", PackageResources.access_log_yaml),
        EmbeddedMapping(
            "system_log", "the rest of the journal and of auth.log: not of interest",
            PackageResources.system_log_yaml),
    ]

    package var mapping: Mapping {
        do throws(ConfigurationFaults) {
            return try Mapping.parse(yaml: text, file: "\(name).yaml")
        } catch {
            preconditionFailure("an embedded mapping has faults:\n\(error)")
        }
    }

    private init(_ name: String, _ summary: String, _ bytes: [UInt8]) {
        self.name = name
        self.summary = summary
        text = String(decoding: bytes, as: UTF8.self)
    }
}
