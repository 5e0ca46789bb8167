/// What a network is for.
enum NetworkKind: UInt8, Sendable {
    case fixed, mobile, campus, corporate, hosting, vpn, relay, satellite
}

/// An operator with its number.
struct Network: Sendable {
    var number: UInt32
    var owner: String
    var kind: NetworkKind
}

/// Addresses of one network that serve one place.
struct Pool: Sendable {
    var network: Int
    /// Where the users, or for mobile networks the gateway, are.
    var city: Int
    /// The first address, and how many /24 follow from it.
    var base: UInt32
    var blocks: Int
    /// The upper half of a /40; 0 where the network has no IPv6.
    var prefix: UInt64
    /// How many addresses are in use, from the first on; all where the pool is not a few gateways.
    var used: Int

    /// The address with this index, below `used`: never the first or last of a /24.
    func address(_ index: Int) -> UInt32 { base + UInt32(index / 254) << 8 + UInt32(1 + index % 254) }

}

/// Countries, networks and who owns which addresses. All addresses are invented; they avoid the reserved ranges.
struct World: Sendable {
    let geography = Geography()
    private(set) var networks: [Network] = []
    private(set) var pools: [Pool] = []
    /// Pools by city (fixed, relay) or by country (mobile, satellite).
    private(set) var fixed: [[Int]]
    private(set) var relays: [[Int]]
    private(set) var mobile: [[Int]]
    private(set) var satellites: [[Int]]
    private(set) var hosting: [Int] = []
    /// Pools of exits by VPN provider.
    private(set) var vpn: [[Int]] = []
    /// Pools of home lines that the City database puts here and there, by city.
    private(set) var wandering: [Int] = []
    /// /24 that the City database puts into another city, by their first address.
    private(set) var misplaced: [UInt32: Int] = [:]

    private var random: Random
    private var takenBlocks: Set<UInt16> = []
    private var takenNumbers: Set<UInt32> = []
    private var spare: (next: UInt32, end: UInt32) = (0, 0)
    private let misplacedShare: Double

    init(seed: UInt64, assumptions: Assumptions) {
        random = Random(seed, 1)
        misplacedShare = assumptions.misplaced
        let cities = geography.cities.count
        let countries = geography.countries.count
        fixed = Array(repeating: [], count: cities)
        relays = Array(repeating: [], count: cities)
        mobile = Array(repeating: [], count: countries)
        satellites = Array(repeating: [], count: countries)
        for country in 0..<countries { addProviders(of: country) }
        addClouds()
        addVPNs()
        addRelays()
    }

    private mutating func addProviders(of country: Int) {
        let place = geography.countries[country]
        for _ in 0..<(place.weight >= 3 ? 3 : 2) {
            let network = addNetwork(.fixed, "\(random.pick(Self.fixedNames)) \(place.code)")
            let base = takeBlock()
            let share = 240 / place.cities.count
            let hasV6 = random.chance(0.5)
            let prefix = takePrefix()
            for (index, city) in place.cities.enumerated() {
                let pool = addPool(
                    network, city, base + UInt32(index * share) << 8, share, hasV6 ? prefix + UInt64(index) << 24 : 0)
                fixed[city].append(pool)
                misplace(pool, misplacedShare)
            }
        }
        // A provider that hands its addresses around between its cities faster than the database follows.
        if place.cities.count > 1 {
            let network = addNetwork(.fixed, "\(random.pick(Self.fixedNames)) Net \(place.code)")
            for city in place.cities {
                let pool = addPool(network, city, takeBlock(), 16, 0)
                wandering.append(pool)
                misplace(pool, 0.4)
            }
        }
        for _ in 0..<2 {
            let network = addNetwork(.mobile, "\(random.pick(Self.mobileNames)) \(place.code)")
            let base = takeBlock()
            let hasV6 = random.chance(0.6)
            let prefix = takePrefix()
            for (index, city) in place.cities.prefix(2).enumerated() {
                let pool = addPool(
                    network, city, base + UInt32(index * 16) << 8, 8, hasV6 ? prefix + UInt64(index) << 24 : 0)
                pools[pool].used = random.int(3...24)
                mobile[country].append(pool)
            }
        }
        let dish = addNetwork(.satellite, "Orbitlink \(place.code)")
        // The ground station may stand in another country.
        let station = random.chance(0.4) ? random.below(geography.cities.count) : place.cities.lowerBound
        let pool = addPool(dish, station, takeBlock(), 4, 0)
        pools[pool].used = 12
        satellites[country].append(pool)
    }

    private mutating func addClouds() {
        let places = ["US", "US", "DE", "FR", "NL", "SG", "JP", "IN", "GB", "US", "FI", "CA", "BR", "AU"]
        for name in Self.cloudNames {
            let network = addNetwork(.hosting, name)
            let prefix = takePrefix()
            for index in 0..<5 {
                let country = geography.country(random.pick(places))
                let city = random.pick(geography.countries[country].cities)
                hosting.append(addPool(network, city, takeBlock(), 48, prefix + UInt64(index) << 24))
            }
        }
    }

    private mutating func addVPNs() {
        let codes = [
            "US", "GB", "DE", "NL", "FR", "CH", "SE", "JP", "SG", "HK", "TR", "BR", "CA", "AU", "IN", "PL", "KR", "TW",
        ]
        for provider in 0..<6 {
            // Exits stand in rented racks: the number and owner are a data centre's.
            let network = addNetwork(.vpn, "\(Self.rackNames[provider]) Datacenter")
            var exits: [Int] = []
            for code in codes {
                let country = geography.country(code)
                for city in geography.countries[country].cities.prefix(2) {
                    let pool = addPool(network, city, takeSpare(1), 1, 0)
                    pools[pool].used = random.int(1...3)
                    exits.append(pool)
                }
            }
            vpn.append(exits)
        }
    }

    private mutating func addRelays() {
        let owners = [addNetwork(.relay, "Edgecast Relay One"), addNetwork(.relay, "Brightcache Relay")]
        for city in geography.cities.indices {
            for owner in owners {
                let pool = addPool(owner, city, takeSpare(1), 1, 0)
                pools[pool].used = 6
                relays[city].append(pool)
            }
        }
    }

    /// A university or a company with a number of its own, in `city`.
    mutating func addSite(_ kind: NetworkKind, name: String, city: Int, blocks: Int) -> Int {
        addPool(addNetwork(kind, name), city, takeSpare(blocks), blocks, 0)
    }

    private mutating func addNetwork(_ kind: NetworkKind, _ owner: String) -> Int {
        var number: UInt32
        repeat {
            // Below and above the numbers reserved for documentation and private use (RFC 5398, RFC 6996).
            number = random.chance(0.5) ? UInt32(random.int(1100...63_900)) : UInt32(random.int(131_100...400_900))
        } while !takenNumbers.insert(number).inserted
        networks.append(Network(number: number, owner: owner, kind: kind))
        return networks.count - 1
    }

    private mutating func addPool(_ network: Int, _ city: Int, _ base: UInt32, _ blocks: Int, _ prefix: UInt64) -> Int {
        pools.append(Pool(network: network, city: city, base: base, blocks: blocks, prefix: prefix, used: blocks * 254))
        return pools.count - 1
    }

    private mutating func misplace(_ pool: Int, _ share: Double) {
        let home = geography.cities[pools[pool].city].country
        for block in 0..<pools[pool].blocks where random.chance(share) {
            let isAbroad = random.chance(0.25)
            let city =
                isAbroad ? random.below(geography.cities.count) : random.pick(geography.countries[home].cities)
            misplaced[pools[pool].base + UInt32(block) << 8] = city
        }
    }

    /// A /16 that nobody has.
    private mutating func takeBlock() -> UInt32 {
        while true {
            let first = random.int(2...222)
            // RFC 6890 and neighbours: private, shared, loopback, link-local, documentation, benchmarks.
            if [10, 100, 127, 169, 172, 192, 198, 203].contains(first) { continue }
            let block = UInt16(first << 8 | random.below(256))
            if takenBlocks.insert(block).inserted { return UInt32(block) << 16 }
        }
    }

    /// So many /24 in a row that nobody has, beside those of other small networks.
    private mutating func takeSpare(_ blocks: Int) -> UInt32 {
        if spare.next + UInt32(blocks) << 8 > spare.end {
            let base = takeBlock()
            spare = (base, base + 1 << 16)
        }
        defer { spare.next += UInt32(blocks) << 8 }
        return spare.next
    }

    /// A /32 of the global unicast space: the registries' ranges with a number of its own behind.
    private mutating func takePrefix() -> UInt64 {
        let registry = random.pick([0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00] as [UInt64])
        return (registry + UInt64(random.int(1...255))) << 48 | UInt64(random.below(65_536)) << 32
    }

    private static let fixedNames = [
        "Telekabel", "Broadline", "Fibernet", "Homelink", "Citynet", "Netcom", "Glasfaser", "Unitel", "Openwave",
        "Skyline",
    ]
    private static let mobileNames = [
        "Mobilis", "Cellcom", "Airtalk", "Movinet", "Vodacell", "Wavemobile", "Telemobil",
    ]
    private static let cloudNames = [
        "Nimbus Cloud", "Rackbarn", "Stackhaven", "Voltserve", "Cloudpier", "Hostmoor", "Bitquarry",
        "Vaultline Compute",
    ]
    private static let rackNames = ["Norrack", "Plainhost", "Coldaisle", "Meridian", "Quadra", "Eastgate"]
}
