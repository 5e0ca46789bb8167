import CMaxMindDB
import Foundation
import RiskModel
import TestSupport
import Testing

@testable import Enrichment

@Suite struct GeoDatabaseTests {
    @Test(
        arguments: [
            ("GeoLite2-City", .city), ("GeoIP2-City-Europe", .city), ("DBIP-City-Lite", .city),
            ("GeoIP2-Enterprise", .city), ("GeoIP2-Precision-Enterprise", .city), ("banrisk-demo-City", .city),
            ("DBIP-Location-ISP (compat=Enterprise)", .city), ("GeoIP2-Country", .country),
            ("DBIP-Country-Lite", .country), ("GeoIP2-ISP", .asn), ("GeoLite2-ASN", .asn),
            ("DBIP-ASN-Lite (compat=GeoLite2-ASN)", .asn), ("GeoIP2-Anonymous-IP", .anonymousIP),
            ("GeoIP2-Connection-Type", .connectionType), ("GeoIP2-Domain", nil), ("Test", nil), ("", nil),
        ] as [(String, DatabaseKind?)])
    func `a database's kind follows from the words of its type`(type: String, kind: DatabaseKind?) {
        #expect(DatabaseKind(databaseType: type) == kind)
    }

    @Suite(.enabled(if: TestFiles.hasMaxMind, "MaxMind's test databases are absent: set BANRISK_MAXMIND_TEST_DATA"))
    struct WithTestDatabases {
        @Test(arguments: ["GeoIP2-City-Test", "GeoLite2-ASN-Test", "GeoIP2-Anonymous-IP-Test"])
        func `each network's first and last address say what the database's source says`(name: String) throws {
            let database = try GeoDatabase(path: TestFiles.maxMind(name + ".mmdb"))
            let source = try JSONSource(path: TestFiles.maxMind(name + ".json"))
            #expect(source.networks.count > 10)
            for (network, _) in source.networks {
                for address in [network.address, network.last] {
                    let expected = source.place(of: address, kind: database.kind)
                    for form in address.forms {
                        let found = database.place(of: form)
                        var place = found
                        place.owner = 0
                        #expect(place == expected, "\(form) in \(network)")
                        #expect(database.owners[Int(found.owner)] == source.owner(of: address), "\(form) in \(network)")
                    }
                }
            }
        }

        @Test(arguments: [
            "GeoIP2-City-Test", "GeoIP2-Country-Test", "GeoIP2-Enterprise-Test", "GeoIP2-ISP-Test", "GeoLite2-ASN-Test",
            "GeoIP2-Anonymous-IP-Test", "GeoIP2-Connection-Type-Test",
        ])
        func `places equal those that libmaxminddb gives`(name: String) throws {
            let path = try TestFiles.maxMind(name + ".mmdb")
            let database = try GeoDatabase(path: path)
            let oracle = try Oracle(path: path)
            var found = 0
            for address in try probes() {
                var place = database.place(of: address)
                #expect(database.owners[Int(place.owner)] == (database.kind == .asn ? oracle.owner(of: address) : ""))
                place.owner = 0
                #expect(place == oracle.place(of: address, kind: database.kind), "\(address)")
                if place != Place() { found += 1 }
            }
            #expect(found > 10)
        }

        @Test(arguments: [24, 28, 32])
        func `the walk comes to the same records as libmaxminddb's for each record size`(bits: Int) throws {
            let path = try TestFiles.maxMind("MaxMind-DB-test-mixed-\(bits).mmdb")
            let oracle = try Oracle(path: path)
            let image = try DatabaseImage(path: path)
            #expect(image.recordBits == bits)
            let nodes = image.nodeCount
            let (tree, positions) = try image.withSections { tree, data throws(MalformedDatabase) in
                try SearchTree.read(tree, nodeCount: nodes, recordBits: bits, ipVersion: 6, dataBytes: data.count)
            }
            var addresses = try probes()
            for i in 0..<256 { addresses.append(IPAddress(v4: 0x0101_0100 + UInt32(i))) }
            for i in 0..<256 { addresses.append(IPAddress(high: 0, low: 0x1_ffff_ff80 + UInt64(i))) }
            for i in 0..<4096 { addresses.append(IPAddress(high: 0x2002_0101_0100_0000 + UInt64(i) << 28, low: 0)) }
            var found = 0
            for address in addresses {
                let record = tree.record(of: address)
                #expect((record == 0 ? nil : positions[record - 1]) == oracle.position(of: address), "\(address)")
                if record != 0 { found += 1 }
            }
            #expect(found > 20)
        }

        @Test func `the metadata is the file's`() throws {
            let database = try GeoDatabase(path: TestFiles.maxMind("GeoIP2-City-Test.mmdb"))
            #expect(database.kind == .city)
            #expect(database.type == "GeoIP2-City")
            #expect(database.ipVersion == 6)
            #expect(database.buildEpoch > Timestamp(seconds: 1_500_000_000))
        }

        @Test func `IPv4-mapped, IPv4-compatible and 6to4 addresses are found as the IPv4 address`() throws {
            let database = try GeoDatabase(path: TestFiles.maxMind("GeoIP2-City-Test.mmdb"))
            let place = database.place(of: IPAddress(v4: 0x5102_45a0))
            #expect(place.country.description == "GB")
            for text in ["::ffff:81.2.69.160", "::81.2.69.160", "2002:5102:45a0::"] {
                #expect(database.place(of: try #require(IPAddress(text))) == place, "\(text)")
            }
        }

        @Test func `a file that is overwritten in place changes nothing for the database that was opened`() throws {
            let content = try Data(contentsOf: URL(filePath: TestFiles.maxMind("GeoIP2-City-Test.mmdb")))
            try TestFiles.with(content) { path in
                let database = try GeoDatabase(path: path)
                #expect(truncate(path, 0) == 0)
                #expect(database.place(of: IPAddress(v4: 0x5102_45a0)).country.description == "GB")
            }
        }

        @Test(arguments: ["GeoIP2-City-Test", "GeoLite2-ASN-Test"])
        func `a file that is cut anywhere is refused`(name: String) throws {
            let content = try Data(contentsOf: URL(filePath: TestFiles.maxMind(name + ".mmdb")))
            for count in Array(stride(from: 0, to: content.count, by: 61)) + Array(content.count - 150..<content.count)
            {
                try TestFiles.with(content.prefix(count)) { path in
                    #expect(throws: DatabaseError.self) { try GeoDatabase(path: path) }
                }
            }
        }

        @Test(arguments: ["GeoIP2-City-Test", "GeoLite2-ASN-Test", "GeoIP2-Anonymous-IP-Test"])
        func `a file with a piece missing is refused or harmless`(name: String) throws {
            let content = try Data(contentsOf: URL(filePath: TestFiles.maxMind(name + ".mmdb")))
            var generator = SeededGenerator(seed: 7)
            var refused = 0
            for _ in 0..<40 {
                let start = Int.random(in: 0..<content.count - 300, using: &generator)
                let end = min(content.count - 300, start + Int.random(in: 1...4_000, using: &generator))
                if try refuses(content[..<start] + content[end...]) { refused += 1 }
            }
            #expect(refused > 10)
        }

        @Test(arguments: ["GeoIP2-City-Test", "GeoLite2-ASN-Test", "GeoIP2-Anonymous-IP-Test"])
        func `a file with flipped bits is refused or harmless`(name: String) throws {
            let content = try Data(contentsOf: URL(filePath: TestFiles.maxMind(name + ".mmdb")))
            var generator = SeededGenerator(seed: 11)
            var refused = 0
            for round in 0..<60 {
                var copy = content
                for _ in 0..<Int.random(in: 1...20, using: &generator) {
                    // Every third copy is damaged in its metadata.
                    let from = round % 3 == 0 ? content.count - 300 : 0
                    copy[Int.random(in: from..<content.count, using: &generator)] ^=
                        1 << UInt8.random(in: 0..<8, using: &generator)
                }
                if try refuses(copy) { refused += 1 }
            }
            #expect(refused > 10)
        }

        @Test func `a file of another format version is refused as such`() throws {
            var content = try Data(contentsOf: URL(filePath: TestFiles.maxMind("GeoLite2-ASN-Test.mmdb")))
            let key = try #require(content.range(of: Data("binary_format_major_version".utf8), options: .backwards))
            #expect(content[key.upperBound + 1] == 2)
            content[key.upperBound + 1] = 3
            try TestFiles.with(content) { path in
                #expect(throws: DatabaseError.unsupportedFormat(path: path)) { try GeoDatabase(path: path) }
            }
        }

        @Test func `a search tree that points behind the file is refused`() throws {
            var content = try Data(contentsOf: URL(filePath: TestFiles.maxMind("GeoLite2-ASN-Test.mmdb")))
            content[0] = 0xff
            try TestFiles.with(content) { path in
                let expected = DatabaseError.malformed(path: path, detail: "its search tree points outside the data")
                #expect(throws: expected) { try GeoDatabase(path: path) }
            }
        }

        @Test func `a database of a type that says nothing we know is refused, and the types that we know are named`()
            throws
        {
            let path = try TestFiles.maxMind("MaxMind-DB-test-mixed-24.mmdb")
            let error = #expect(throws: DatabaseError.self) { try GeoDatabase(path: path) }
            #expect(error == .unknownType(path: path, type: "Test"))
            #expect(error?.description.contains("Anonymous-IP") == true)
        }

        /// Opens a damaged file and asks it for addresses; whether it was refused.
        private func refuses(_ content: Data) throws -> Bool {
            try TestFiles.with(content) { path in
                do throws(DatabaseError) {
                    let database = try GeoDatabase(path: path)
                    var generator = SeededGenerator(seed: 3)
                    for _ in 0..<200 {
                        _ = database.place(of: IPAddress(v4: UInt32(truncatingIfNeeded: generator.next())))
                        _ = database.place(of: IPAddress(high: generator.next(), low: generator.next()))
                    }
                    return false
                } catch {
                    return true
                }
            }
        }

        /// The ends of every network in the sources, and addresses at random.
        private func probes() throws -> [IPAddress] {
            var addresses: [IPAddress] = []
            for name in ["GeoIP2-City-Test", "GeoLite2-ASN-Test", "GeoIP2-Anonymous-IP-Test"] {
                for (network, _) in try JSONSource(path: TestFiles.maxMind(name + ".json")).networks {
                    addresses += network.address.forms + network.last.forms
                }
            }
            var generator = SeededGenerator(seed: 5)
            for _ in 0..<500 {
                addresses.append(IPAddress(v4: UInt32(truncatingIfNeeded: generator.next())))
                addresses.append(IPAddress(high: 0x2000 << 48 | generator.next() >> 3, low: generator.next()))
            }
            return addresses
        }
    }

    @Test(.enabled(if: TestFiles.geoLite2 != nil, "set BANRISK_GEOLITE2 to the path of a City database"))
    func `a real City database gives the places that libmaxminddb gives`() throws {
        let path = try #require(TestFiles.geoLite2)
        let database = try GeoDatabase(path: path)
        let oracle = try Oracle(path: path)
        var generator = SeededGenerator(seed: 17)
        var found = 0
        for _ in 0..<20_000 {
            let high = [0x2001, 0x2400, 0x2600, 0x2a00][Int(generator.next() % 4)] << 48 | generator.next() >> 24
            for address in [
                IPAddress(v4: UInt32(truncatingIfNeeded: generator.next())),
                IPAddress(high: high, low: generator.next()),
            ] {
                let place = database.place(of: address)
                #expect(place == oracle.place(of: address, kind: .city), "\(address)")
                if place != Place() { found += 1 }
            }
        }
        #expect(found > 10_000)
    }

    @Test func `an IPv4-only database knows IPv4 addresses and nothing of IPv6`() throws {
        let record: [UInt8] = [0xe1, 0x4f] + "connection_type".utf8 + [0x49] + "Satellite".utf8
        try TestFiles.with(TinyDatabase.file(record: record, ipVersion: 4)) { path in
            let database = try GeoDatabase(path: path)
            let oracle = try Oracle(path: path)
            #expect(database.ipVersion == 4)
            #expect(database.buildEpoch == Timestamp(seconds: 1_767_225_600))
            for bits in [0, 1, 0x7fff_ffff, 0x8000_0000, 0xcb00_7101, 0xffff_ffff] as [UInt32] {
                let address = IPAddress(v4: bits)
                #expect(database.place(of: address).flags == (bits >> 31 == 1 ? .satellite : []), "\(address)")
                #expect(database.place(of: address) == oracle.place(of: address, kind: .connectionType), "\(address)")
            }
            #expect(database.place(of: IPAddress(high: .max, low: .max)) == Place())
        }
    }

    @Test(
        arguments: [
            ("a pointer to a pointer", [0x20, 0x00]),
            ("a value of unknown type", [0xe1, 0x41, 0x61, 0x00, 0x20]),
            ("a map's key that is no text", [0xe1, 0xc0, 0x40]),
            ("a value beyond its end", [0xe1, 0x41, 0x61, 0x5f, 0xff, 0xff, 0xff]),
            ("a value beyond its end", [0xe1, 0x38, 0xff, 0xff, 0xff, 0xff]),
            ("values nested too deep", [0xe1, 0x41, 0x61] + (0..<40).flatMap { _ in [0x01, 0x04] as [UInt8] }),
            (
                "a record without end",
                [0xe1, 0x41, 0x61, 0x1e, 0x04, 0x22, 0x0b] + [UInt8](repeating: 0x40, count: 9_000)
            ),
            ("a number's size", [0xe1, 0x41, 0x61, 0x67] + [UInt8](repeating: 0, count: 7)),
        ] as [(String, [UInt8])])
    func `a record that cannot be read is refused when the database is opened`(detail: String, record: [UInt8]) throws {
        try TestFiles.with(TinyDatabase.file(record: record, ipVersion: 4)) { path in
            #expect(throws: DatabaseError.malformed(path: path, detail: detail)) { try GeoDatabase(path: path) }
        }
    }

    @Test(arguments: [0, 28, 29, 284, 285, 65_820, 65_821, 70_000])
    func `a field behind a text of any length is found`(length: Int) throws {
        let size: [UInt8] =
            switch length {
            case ..<29: [0x40 | UInt8(length)]
            case ..<285: [0x5d, UInt8(length - 29)]
            case ..<65_821: [0x5e, UInt8((length - 285) >> 8), UInt8((length - 285) & 255)]
            default: [0x5f, 0, UInt8((length - 65_821) >> 8), UInt8((length - 65_821) & 255)]
            }
        let text = size + [UInt8](repeating: 0x61, count: length)
        let record = [0xe2, 0x41, 0x78] + text + [0x4f] + "connection_type".utf8 + [0x48] + "Cellular".utf8
        try TestFiles.with(TinyDatabase.file(record: record, ipVersion: 4)) { path in
            let address = IPAddress(v4: .max)
            let oracle = try Oracle(path: path)
            let database = try GeoDatabase(path: path)
            #expect(oracle.place(of: address, kind: .connectionType).flags == .cellular)
            #expect(database.place(of: address).flags == .cellular)
        }
    }

    @Test(
        arguments: [
            (28, [0, 0, 0x20, 0x10, 0, 0, 0x30]), (28, [0, 0, 0x30, 0x01, 0, 0, 0x20]),
            (32, [1, 0, 0, 0x20, 0, 0, 0, 0x30]), (32, [0, 0, 0, 0x30, 1, 0, 0, 0x20]),
        ] as [(Int, [UInt8])])
    func `records of more than 24 bits are read whole`(bits: Int, node: [UInt8]) throws {
        let (_, positions) = try SearchTree.read(
            node.span, nodeCount: 1, recordBits: bits, ipVersion: 4, dataBytes: 0x100_0100)
        #expect(positions == [0x30 - 17, 0x100_0020 - 17])
    }

    /// The search tree of 2³² − 1 nodes of 28 bits has 2³² − 7 bytes, and with the separator 9 more than 2³².
    @Test(
        arguments: [
            (1, 24, 4, nil), (0, 24, 4, "metadata out of range"), (1, 24, 5, "metadata out of range"),
            (1, 24, 0, "metadata out of range"), (40, 24, 4, "its search tree is longer than the file"),
            (.max, 24, 4, "its search tree is longer than the file"),
            (.max, 28, 6, "its search tree is longer than the file"),
        ] as [(UInt32, UInt8, UInt8, String?)])
    func `metadata that the file cannot bear out are refused`(
        nodes: UInt32, bits: UInt8, ipVersion: UInt8, detail: String?
    ) throws {
        var content = [UInt8](TinyDatabase.file(record: [0xe0], ipVersion: 4))
        func set(_ key: String, _ value: [UInt8]) throws {
            let place = try #require(content.firstRange(of: Array(key.utf8)))
            content.replaceSubrange(place.upperBound + 1..<place.upperBound + 1 + value.count, with: value)
        }
        try set("node_count", withUnsafeBytes(of: nodes.bigEndian, Array.init))
        try set("record_size", [bits])
        try set("ip_version", [ipVersion])
        if let detail {
            let expected = DatabaseError.malformed(path: "x", detail: detail)
            #expect(throws: expected) { try DatabaseImage(content, path: "x") }
        } else {
            let image = try DatabaseImage(content, path: "x")
            #expect(image.nodeCount == 1)
        }
    }

    @Test(arguments: ["node_count", "record_size", "ip_version", "build_epoch", "database_type"])
    func `metadata without one of the fields are refused`(key: String) throws {
        var content = [UInt8](TinyDatabase.file(record: [0xe0], ipVersion: 4))
        let place = try #require(content.firstRange(of: Array(key.utf8)))
        content[place.lowerBound] = UInt8(ascii: "X")
        let expected = DatabaseError.malformed(path: "x", detail: "no \(key) in its metadata")
        #expect(throws: expected) { try DatabaseImage(content, path: "x") }
    }

    @Test func `a type that could drive a terminal is quoted, and an endless one is refused`() throws {
        func image(_ type: String) throws -> GeoDatabase {
            let content = [UInt8](
                TinyDatabase.file(type: type, built: 1, nodes: [(.none, .none)], records: [], ipVersion: 4))
            return try GeoDatabase(image: DatabaseImage(content, path: "x"), path: "x")
        }
        let error = #expect(throws: DatabaseError.unknownType(path: "x", type: "\u{1b}[2J")) { try image("\u{1b}[2J") }
        #expect(error?.description.contains("\\u001b[2J") == true)
        let long = String(repeating: "City ", count: 100)
        #expect(throws: DatabaseError.malformed(path: "x", detail: "metadata out of range")) { try image(long) }
    }

    @Test func `a missing file, a folder, an empty file and a text are told apart`() throws {
        try TestFiles.with(Data()) { path in
            #expect(throws: DatabaseError.missing(path: path + "x")) { try GeoDatabase(path: path + "x") }
            let folder = String(path.dropLast("/test.mmdb".count))
            #expect(throws: DatabaseError.notAFile(path: folder)) { try GeoDatabase(path: folder) }
            #expect(throws: DatabaseError.malformed(path: path, detail: "the file is empty")) {
                try GeoDatabase(path: path)
            }
        }
        try TestFiles.with(Data("country,ip\n".utf8)) { path in
            let error = #expect(throws: DatabaseError.self) { try GeoDatabase(path: path) }
            #expect(error?.description.contains("no metadata at its end") == true)
        }
    }
}

/// A test database's source: networks with their records, the narrowest of which holds for an address.
private struct JSONSource {
    var networks: [(network: IPPrefix, record: [String: Any])] = []

    init(path: String) throws {
        let content = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
        for object in try #require(content as? [[String: [String: Any]]]) {
            for (text, record) in object {
                let network = try #require(IPPrefix(text), "\(text)")
                // IPv4 networks stand as ::a.b.c.d or as a.b.c.d: one form for both.
                let compatible =
                    network.address.isV4
                    ? IPPrefix(IPAddress(high: 0, low: UInt64(network.address.v4Bits)), length: network.length)
                    : network
                networks.append((compatible, record))
            }
        }
    }

    private func record(of address: IPAddress) -> [String: Any] {
        networks.filter { $0.network.contains(address) }.max { $0.network.length < $1.network.length }?.record ?? [:]
    }

    func owner(of address: IPAddress) -> String {
        record(of: address)["autonomous_system_organization"] as? String ?? ""
    }

    func place(of address: IPAddress, kind: DatabaseKind) -> Place {
        let record = record(of: address)
        var place = Place()
        switch kind {
        case .city:
            let country = (record["country"] ?? record["registered_country"]) as? [String: Any]
            place.country = (country?["iso_code"] as? String).flatMap { CountryCode($0) } ?? .unknown
            let subdivisions = record["subdivisions"] as? [[String: Any]]
            place.subdivision =
                (subdivisions?.first?["iso_code"] as? String).flatMap { SubdivisionCode($0) } ?? .unknown
            let location = record["location"] as? [String: Any]
            if let latitude = location?["latitude"] as? Double, let longitude = location?["longitude"] as? Double {
                place.latitude = Float(latitude)
                place.longitude = Float(longitude)
                place.hasLocation = true
            }
            place.accuracyRadiusKilometres = location?["accuracy_radius"] as? UInt16 ?? 0
            let traits = record["traits"] as? [String: Any] ?? [:]
            if traits["is_anycast"] as? Bool == true { place.flags.insert(.anycast) }
            if traits["is_satellite_provider"] as? Bool == true { place.flags.insert(.satellite) }
            if traits["is_anonymous_proxy"] as? Bool == true { place.flags.insert(.anonymous) }
        case .asn:
            place.asn = record["autonomous_system_number"] as? UInt32 ?? 0
        default:
            let keys: [(String, NetworkFlags)] = [
                ("is_anonymous", .anonymous), ("is_anonymous_vpn", .vpn), ("is_hosting_provider", .hosting),
                ("is_public_proxy", .publicProxy), ("is_tor_exit_node", .tor),
                ("is_residential_proxy", .residentialProxy),
            ]
            for (key, flag) in keys where record[key] as? Bool == true { place.flags.insert(flag) }
        }
        return place
    }
}

extension IPPrefix {
    fileprivate var last: IPAddress {
        IPAddress(
            high: length >= 64 ? address.high : address.high | UInt64.max >> UInt64(length),
            low: length <= 64 ? .max : length == 128 ? address.low : address.low | UInt64.max >> UInt64(length - 64))
    }
}

extension IPAddress {
    /// The address, and where it is an IPv4 address in IPv6 form (::a.b.c.d), that one too.
    fileprivate var forms: [IPAddress] {
        high == 0 && low >> 32 == 0 ? [self, IPAddress(v4: UInt32(low))] : [self]
    }
}
