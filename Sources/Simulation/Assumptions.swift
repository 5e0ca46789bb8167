/// What the simulated world is assumed to be like; `docs/simulation.md` has the reasons.
package struct Assumptions: Sendable {
    package var name: String
    /// The share of accounts that abusers made, bought or took over.
    package var abuseShare = 0.12

    /// The share of clients that send no device identifier.
    var deviceMissing = 0.06
    /// The share of accounts whose registration says no e-mail, and no telephone number.
    var emailMissing = 0.04
    var phoneMissing = 0.45
    /// The share of clients that draw a new identifier every few days, since their storage is cleared.
    var deviceVolatile = 0.04

    /// The share of home networks (/24) that the City database puts into another city; one in four into another country.
    var misplaced = 0.04
    /// Multiplies every accuracy radius.
    var radiusFactor = 1.0
    /// The share of VPN exits, and of residential proxies' addresses, that the Anonymous-IP database knows.
    var knownVPN = 0.8
    var knownProxy = 0.15
    /// The share of ordinary people who use a VPN now and then.
    var casualVPN = 0.06
    /// Multiplies the size of innocent crowds.
    var crowding = 1.0

    /// Multiplies the time that an abusive campaign takes, and divides its size.
    var patience = 1.0
    /// The share of campaigns that go through residential proxies although their kind does not ask for it.
    var proxied = 0.15
    /// The share of campaigns that choose names as people do, rather than by a template.
    var humanNames = 0.15
    /// The share of campaigns that present a device of its own for each account.
    var ownDevices = 0.4

    /// The sets by name.
    package static let all: [Assumptions] = [.standard, .sparse, .noisy, .careful, .dense]

    package static func named(_ name: String) -> Assumptions? { all.first { $0.name == name } }

    package static let standard = Assumptions(name: "default")

    /// Clients that say little: devices, mail addresses and telephone numbers are often missing.
    static let sparse = Assumptions(name: "sparse").with {
        $0.deviceMissing = 0.5
        $0.emailMissing = 0.5
        $0.phoneMissing = 0.8
    }

    /// Databases that are often wrong, many VPNs, crowded innocents.
    static let noisy = Assumptions(name: "noisy").with {
        $0.misplaced = 0.15
        $0.radiusFactor = 2
        $0.knownVPN = 0.5
        $0.knownProxy = 0.05
        $0.casualVPN = 0.2
        $0.crowding = 1.6
        $0.deviceVolatile = 0.12
    }

    /// Attackers with patience: slow, over residential proxies, with human names and devices of their own.
    static let careful = Assumptions(name: "careful").with {
        $0.patience = 2.5
        $0.proxied = 0.65
        $0.humanNames = 0.65
        $0.ownDevices = 0.7
        $0.knownProxy = 0.08
    }

    /// A service that abusers have found: many more of them among the same innocents.
    static let dense = Assumptions(name: "dense").with { $0.abuseShare = 0.4 }

    private func with(_ change: (inout Assumptions) -> Void) -> Assumptions {
        var copy = self
        change(&copy)
        return copy
    }
}
