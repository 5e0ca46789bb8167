/// What databases would say of the world: most of it true, some of it wrong, as the assumptions have it.
struct WorldDatabases {
    private let population: Population
    private let built: UInt64

    init(_ population: Population) {
        self.population = population
        built = UInt64(EventWriter.start / 1000) - 3 * 86_400
    }

    /// File names and bytes.
    func files() -> [(name: String, bytes: [UInt8])] {
        [
            ("city.mmdb", city()), ("asn.mmdb", asn()), ("anonymous-ip.mmdb", anonymous()),
            ("connection-type.mmdb", connection()),
        ]
    }

    private var world: World { population.world }

    private func city() -> [UInt8] {
        var writer = DatabaseWriter(type: "GeoLite2-City", recordBits: 28)
        for (index, pool) in world.pools.enumerated() {
            let radius = radius(pool, index)
            insert(pool, writer.add(place(pool.city, radius)), &writer)
            for block in 0..<pool.blocks {
                let base = pool.base + UInt32(block) << 8
                if let other = world.misplaced[base] {
                    writer.insert(.v4(base), length: 24, record: writer.add(place(other, radius)))
                }
            }
        }
        return writer.finish(built: built)
    }

    private func asn() -> [UInt8] {
        var writer = DatabaseWriter(type: "GeoLite2-ASN")
        for pool in world.pools {
            let network = world.networks[pool.network]
            let record = writer.add(
                .map([
                    ("autonomous_system_number", .number32(network.number)),
                    ("autonomous_system_organization", .text(network.owner)),
                ]))
            insert(pool, record, &writer)
        }
        return writer.finish(built: built)
    }

    private func anonymous() -> [UInt8] {
        var writer = DatabaseWriter(type: "GeoIP2-Anonymous-IP")
        let hosting = writer.add(flags("is_hosting_provider"))
        let exit = writer.add(flags("is_anonymous_vpn", "is_hosting_provider"))
        let relay = writer.add(flags("is_anonymous_vpn"))
        let proxy = writer.add(flags("is_residential_proxy"))
        var random = Random(population.seed, 3)
        let assumptions = population.assumptions
        for pool in world.pools {
            let known = random.unit()
            switch world.networks[pool.network].kind {
            case .hosting: if known < 0.85 { insert(pool, hosting, &writer) }
            case .vpn:
                if known < assumptions.knownVPN { insert(pool, exit, &writer) } else { insert(pool, hosting, &writer) }
            case .relay: if known < 0.5 { insert(pool, relay, &writer) }
            default: break
            }
        }
        let book = AddressBook(world: world, accesses: population.accesses, exits: population.exits)
        for line in population.exits where random.chance(assumptions.knownProxy) {
            // As the line was when the vendor saw it: with a new lease somebody else is under suspicion.
            for session in 0..<2 as Range<UInt64> {
                guard let address = book.address(line, at: 0, session: session, device: 0, account: 0) else { continue }
                writer.insert(address, length: address.isV4 ? 32 : 64, record: proxy)
            }
        }
        return writer.finish(built: built)
    }

    private func connection() -> [UInt8] {
        var writer = DatabaseWriter(type: "GeoIP2-Connection-Type")
        for pool in world.pools {
            let name =
                switch world.networks[pool.network].kind {
                case .fixed: "Cable/DSL"
                case .mobile: "Cellular"
                case .satellite: "Satellite"
                default: "Corporate"
                }
            insert(pool, writer.add(.map([("connection_type", .text(name))])), &writer)
        }
        return writer.finish(built: built)
    }

    /// The pool's addresses: IPv4 in aligned pieces, and the /40.
    private func insert(_ pool: Pool, _ record: Int, _ writer: inout DatabaseWriter) {
        var block = pool.base >> 8
        let end = block + UInt32(pool.blocks)
        while block < end {
            var size = 0
            while size < 16, block & (1 << UInt32(size)) == 0, block + 1 << UInt32(size + 1) <= end { size += 1 }
            writer.insert(.v4(block << 8), length: 24 - size, record: record)
            block += 1 << UInt32(size)
        }
        if pool.prefix != 0 { writer.insert(.v6(pool.prefix, 0), length: 40, record: record) }
    }

    /// In kilometres: small for lines, large for gateways.
    private func radius(_ pool: Pool, _ index: Int) -> UInt16 {
        let choices: [Double] =
            switch world.networks[pool.network].kind {
            case .fixed: [5, 10, 20, 50]
            case .mobile: [50, 100, 200, 500]
            case .satellite: [200, 500]
            case .hosting, .vpn: [20, 100, 500]
            case .campus, .corporate: [5, 10]
            case .relay: [20, 50]
            }
        let choice = choices[Int(Random.mix(UInt64(index), 51) % UInt64(choices.count))]
        return UInt16(min(1000, choice * population.assumptions.radiusFactor))
    }

    private func place(_ index: Int, _ radius: UInt16) -> DatabaseValue {
        let city = world.geography.cities[index]
        let code = world.geography.countries[city.country].code
        return .map([
            ("city", .map([("names", .map([("en", .text(city.name))]))])),
            ("country", .map([("iso_code", .text(code))])),
            (
                "location",
                .map([
                    ("accuracy_radius", .number16(radius)), ("latitude", .real(city.latitude)),
                    ("longitude", .real(city.longitude)),
                ])
            ),
            ("registered_country", .map([("iso_code", .text(code))])),
            ("subdivisions", .array([.map([("iso_code", .text(city.subdivision))])])),
        ])
    }

    private func flags(_ names: String...) -> DatabaseValue {
        .map((["is_anonymous"] + names).map { ($0, .bool(true)) })
    }
}
