import Glibc

/// What a peer may do.
package struct Roles: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Gives events, and reads nothing.
    package static let shipper = Roles(rawValue: 1)
    /// Reads, reloads, looks after the quarantine, has accounts forgotten.
    package static let `operator` = Roles(rawValue: 2)
    /// Reads, and gives verdicts.
    package static let analyst = Roles(rawValue: 4)

    package static let all: Roles = [.shipper, .operator, .analyst]

    /// The names, in this order, with a comma between them; as the audit table has them.
    package var names: String {
        [(Roles.shipper, "shipper"), (.operator, "operator"), (.analyst, "analyst")]
            .filter { contains($0.0) }.map(\.1).joined(separator: ",")
    }
}

/// Which groups of the system have which role.
///
/// Root and the daemon's own user have all of them: they can read the files and stop the daemon anyway.
package struct Access: Sendable, Hashable {
    private var roles: [UInt32: Roles] = [:]
    private let owner: UInt32

    /// Groups that the system does not have, by name: nobody is in them.
    package private(set) var unknownGroups: [String] = []

    /// - Parameters:
    ///   - shippers: names of groups; likewise the others.
    ///   - owner: the user who has all roles beside root.
    package init(shippers: [String], operators: [String], analysts: [String], owner: UInt32 = geteuid()) {
        self.owner = owner
        for (names, role) in [(shippers, Roles.shipper), (operators, .operator), (analysts, .analyst)] {
            for name in names {
                if let group = Self.groupNumber(of: name) {
                    roles[group, default: []].insert(role)
                } else if !unknownGroups.contains(name) {
                    unknownGroups.append(name)
                }
            }
        }
    }

    /// What the groups of a peer entitle him to.
    package func roles(of peer: Peer) -> Roles {
        if peer.uid == 0 || peer.uid == owner { return .all }
        return peer.groups.reduce(into: []) { $0.formUnion(roles[$1] ?? []) }
    }

    /// The number of a group; `nil` where the system has none of this name.
    package static func groupNumber(of name: String) -> UInt32? {
        var entry = unsafe group()
        var found: UnsafeMutablePointer<group>?
        // Of a group with many members getgrnam_r asks for more room.
        var size = 16_384
        while size <= 16 << 20 {
            var buffer = [CChar](repeating: 0, count: size)
            // SAFETY: the texts of `entry` stand in `buffer`; only its number leaves the closure.
            let (code, gid) = unsafe buffer.withUnsafeMutableBufferPointer { bytes -> (CInt, UInt32?) in
                let code = unsafe getgrnam_r(name, &entry, bytes.baseAddress.unsafelyUnwrapped, bytes.count, &found)
                return (code, unsafe found == nil ? nil : unsafe entry.gr_gid)
            }
            guard code == ERANGE else { return gid }
            size *= 8
        }
        return nil
    }
}
