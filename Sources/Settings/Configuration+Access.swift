import RiskModel

extension Configuration {
    /// Which groups of the system may do what at the sockets.
    package struct Access: Sendable, Hashable {
        /// Names of groups that give events; likewise the others.
        package var shippers: [String]
        package var operators: [String]
        package var analysts: [String]
    }

    /// The HTTP interface beside its socket.
    package struct API: Sendable, Hashable {
        /// A loopback address and a port; `nil`: no TCP.
        package var tcp: Endpoint?
        /// Holds the token that TCP clients show; `nil`: the credential `api-token`.
        package var tokenFile: String?

        package struct Endpoint: Sendable, Hashable {
            package var address: String
            package var port: Int
        }
    }
}

extension Configuration.Access {
    static let `default` = Self(
        shippers: ["banrisk-shipper"], operators: ["banrisk-operator"], analysts: ["banrisk-analyst"])

    static func read(_ section: Section) -> Self {
        var access = Self.default
        if let groups = section["shippers"]?.groups() { access.shippers = groups }
        if let groups = section["operators"]?.groups() { access.operators = groups }
        if let groups = section["analysts"]?.groups() { access.analysts = groups }
        return access
    }
}

extension Configuration.API {
    static let `default` = Self(tcp: nil, tokenFile: nil)

    static func read(_ section: Section, relativeTo base: String) -> Self {
        var api = Self.default
        api.tcp = section["tcp"]?.endpoint()
        api.tokenFile = section["token_file"]?.existingPath(relativeTo: base)
        return api
    }
}

extension Cursor {
    /// Names of groups, as groupadd(8) allows them.
    fileprivate func groups() -> [String] {
        items().compactMap { item in
            guard let name = item.text(limit: 32), !name.isEmpty,
                name.utf8.allSatisfy({ byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                        true
                    default: false
                    }
                })
            else { return item.expected("the name of a group of this system, such as banrisk-analyst") }
            return name
        }
    }

    /// `127.0.0.1:8470` or `[::1]:8470`.
    fileprivate func endpoint() -> Configuration.API.Endpoint? {
        let loopback = "a loopback address and a port, such as 127.0.0.1:8470 or [::1]:8470"
        guard let text = text(limit: 64), let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return expected(loopback) }
        var address = String(text[..<colon])
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        guard address == "::1" || address == "127.0.0.1" else { return expected(loopback) }
        return Configuration.API.Endpoint(address: address, port: Int(port))
    }
}
