/// A way to the service: which addresses a person or program comes from.
struct Access: Sendable {
    enum Kind: UInt8, Sendable {
        /// A home line: one address of the pool, another after each lease; IPv6 where the pool has it.
        case home
        /// A mobile network: one of three neighbouring gateways, another every few hours.
        case gateway
        /// `span` addresses from `first` on; a device always has the same.
        case site
        /// `span` addresses from `first` on; an account always has the same.
        case spread
        /// A /64 of its own for each account, in one /48.
        case spread6
        /// `span` addresses from `first` on; another for each session.
        case any
        /// Any exit of the VPN provider `key`, another for each session.
        case hopping
        /// Any home line that sells its traffic, another for each session.
        case proxies
        /// No way at all: on a flight.
        case offline
    }

    var kind: Kind
    var pool: Int32 = 0
    var first: Int32 = 0
    var span: Int32 = 1
    var leaseHours: Int32 = 24 * 30
    var key: UInt64 = 0
}

/// Addresses of accesses at a time; needs nothing but the world and the list of accesses.
struct AddressBook: Sendable {
    let world: World
    let accesses: [Access]
    /// Home lines that take part in residential proxies.
    let exits: [Int32]

    /// The address of `access` at a time in milliseconds, or `nil` where there is none.
    func address(_ access: Int32, at time: Int64, session: UInt64, device: UInt64, account: UInt64) -> Address? {
        let access = accesses[Int(access)]
        let hour = UInt64(max(0, time / 3_600_000))
        switch access.kind {
        case .offline: return nil
        case .proxies:
            let exit = exits[Int(Random.mix(session, 11) % UInt64(exits.count))]
            return address(exit, at: time, session: session, device: session, account: account)
        case .hopping:
            let pools = world.vpn[Int(access.key)]
            let pool = world.pools[pools[Int(Random.mix(session, 12) % UInt64(pools.count))]]
            return .v4(pool.address(Int(Random.mix(session, 13) % UInt64(pool.used))))
        default: break
        }
        let pool = world.pools[Int(access.pool)]
        switch access.kind {
        case .home:
            let lease = (hour + access.key % 997) / UInt64(access.leaseHours)
            let line = Random.mix(access.key, lease)
            if pool.prefix != 0, Random.mix(session, 14) % 10 < 7 {
                return .v6(pool.prefix | (line & 0xffff) << 8, Random.mix(device ^ 0x6a09_e667, hour / 24))
            }
            return .v4(pool.address(Int(line % UInt64(pool.used))))
        case .gateway:
            if pool.prefix != 0, Random.mix(session, 14) % 2 == 0 {
                return .v6(
                    pool.prefix | Random.mix(access.key, hour / 12) & 0xff_ffff, Random.mix(device ^ 0x6a09_e667, hour))
            }
            let near = access.key + Random.mix(access.key, hour / 4) % 3
            return .v4(pool.address(Int(near % UInt64(pool.used))))
        case .spread6:
            return .v6(
                pool.prefix | (access.key & 0xff) << 16 | Random.mix(account, 15) & 0xffff, Random.mix(account, 16))
        case .site: return .v4(pool.address(Int(access.first) + Int(Random.mix(device, 17) % UInt64(access.span))))
        case .spread: return .v4(pool.address(Int(access.first) + Int(Random.mix(account, 18) % UInt64(access.span))))
        default: return .v4(pool.address(Int(access.first) + Int(Random.mix(session, 19) % UInt64(access.span))))
        }
    }
}
