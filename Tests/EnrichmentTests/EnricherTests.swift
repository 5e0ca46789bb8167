import Enrichment
import Foundation
import RiskModel
import TestSupport
import Testing

@Suite struct EnricherTests {
    private static func demo() throws -> [GeoDatabase] {
        try ["city", "asn", "anonymous-ip", "connection-type"].map { try GeoDatabase(path: TestFiles.demo($0)) }
    }

    private static func list(_ name: String, _ text: String) throws -> OperatorList {
        try OperatorList.parse(name: name, file: name, text: text)
    }

    /// The bits of one event with these fields.
    private func listed(
        _ sources: EnrichmentSources, address: String? = nil, phone: String = "", email: String = "", bin: String = "",
        day: String? = nil
    ) throws -> UInt64 {
        var batch = EventBatch()
        var event = Event()
        if let address { event.address = try #require(IPAddress(address)) }
        if let day { event.time = try time(day) }
        batch.text = Array("padding".utf8)
        event.phone = TextSlice(offset: UInt32(batch.text.count), count: UInt32(phone.utf8.count))
        batch.text += phone.utf8
        event.email = TextSlice(offset: UInt32(batch.text.count), count: UInt32(email.utf8.count))
        batch.text += email.utf8
        event.cardBin = TextSlice(offset: UInt32(batch.text.count), count: UInt32(bin.utf8.count))
        batch.text += bin.utf8
        batch.events = [event]
        Enricher(sources: sources).enrich(&batch, events: 0..<1)
        return batch.events[0].listed
    }

    private func time(_ text: String) throws -> Timestamp {
        let date = try #require(try? Date(text, strategy: .iso8601))
        return Timestamp(seconds: Int64(date.timeIntervalSince1970))
    }

    @Test(
        arguments: [
            ("203.0.113.1", "DE", "BE", 52.52, 13.405, 20, 64496, "Example Home Broadband", []),
            ("198.51.100.255", "NL", "NH", 52.3676, 4.9041, 20, 64497, "Example Hosting", .hosting),
            ("192.0.2.77", "DE", "BE", 52.52, 13.405, 200, 64498, "Example Mobile", .cellular),
            ("198.18.15.255", "US", "NY", 40.7128, -74.006, 20, 64499, "Example Cable New York", []),
            ("198.18.79.1", "BR", "SP", -23.5505, -46.6333, 50, 64503, "Example Telecom Brasil", []),
            ("198.19.15.1", "SE", "AB", 59.3293, 18.0686, 20, 64510, "Example VPN", [.anonymous, .vpn]),
            ("198.19.16.1", "IR", "23", 35.6892, 51.389, 50, 64511, "Example Telecom Iran", []),
            ("198.19.47.255", "GB", "ENG", 53.4808, -2.2426, 20, 65536, "Example Office Ltd", []),
            ("2001:db8:1::1", "DE", "BE", 52.52, 13.405, 20, 64496, "Example Home Broadband", []),
            ("2001:db8:2:ffff::1", "NL", "NH", 52.3676, 4.9041, 20, 64497, "Example Hosting", .hosting),
        ] as [(String, String, String, Double, Double, UInt16, UInt32, String, NetworkFlags)])
    func `the demo databases together say where an address is, whose it is and what hides behind it`(
        text: String, country: String, subdivision: String, latitude: Double, longitude: Double, radius: UInt16,
        asn: UInt32, owner: String, flags: NetworkFlags
    ) throws {
        let sources = try EnrichmentSources(databases: Self.demo(), lists: [])
        let place = Enricher(sources: sources).place(of: try #require(IPAddress(text)))
        #expect(place.country.description == country)
        #expect(place.subdivision.description == subdivision)
        #expect(place.hasLocation)
        #expect(place.latitude == Float(latitude))
        #expect(place.longitude == Float(longitude))
        #expect(place.accuracyRadiusKilometres == radius)
        #expect(place.asn == asn)
        #expect(sources.ownerName(place.owner) == owner)
        #expect(place.flags == flags)
    }

    @Test(arguments: ["198.51.101.0", "8.8.8.8", "198.18.160.0", "2001:db8:4::", "::", "fe80::1"])
    func `of other addresses nothing is known`(text: String) throws {
        let sources = try EnrichmentSources(databases: Self.demo(), lists: [])
        #expect(Enricher(sources: sources).place(of: try #require(IPAddress(text))) == Place())
        #expect(sources.ownerName(0) == "")
        #expect(sources.ownerName(.max) == "")
    }

    @Test func `the events of the range are filled in and the others left alone`() throws {
        let sources = try EnrichmentSources(
            databases: Self.demo(), lists: [Self.list("mine", "type: cidr\n203.0.113.0/24")])
        var batch = EventBatch()
        var event = Event()
        event.address = try #require(IPAddress("203.0.113.9"))
        batch.events = Array(repeating: event, count: 3)
        Enricher(sources: sources).enrich(&batch, events: 1..<2)
        #expect(batch.events.map(\.place.asn) == [0, 64496, 0])
        #expect(batch.events.map(\.listed) == [0, 1, 0])
    }

    @Test func `issuers match by every list that holds their beginning`() throws {
        let sources = try EnrichmentSources(
            databases: [],
            lists: [
                Self.list("short", "type: bin\n4111\n0055"), Self.list("long", "type: bin\n411122\n41112233"),
                Self.list("full", "type: bin\n41112299\n4111"),
            ])
        let expected: [(String, UInt64)] = [
            ("411122", 0b111), ("41112233", 0b111), ("41112299", 0b111), ("411199", 0b101), ("411222", 0),
            ("005599", 0b001), ("555599", 0), ("", 0),
        ]
        for (bin, bits) in expected { #expect(try listed(sources, bin: bin) == bits, "\(bin)") }
    }

    @Test func `networks match by every list that holds the address`() throws {
        var generator = SeededGenerator(seed: 1)
        var lists: [OperatorList] = []
        for i in 0..<5 {
            var prefixes: [IPPrefix] = []
            for _ in 0..<40 {
                // A small space, so that networks nest, touch and meet across lists.
                let v4 = IPAddress(v4: 0xc612_0000 | UInt32(generator.next() % 1024))
                prefixes.append(IPPrefix(v4, length: 128 - Int(generator.next() % 6)))
                let v6 = IPAddress(high: 0x2001_0db8_0000_0000 | generator.next() % 64, low: 0)
                prefixes.append(IPPrefix(v6, length: 64 - Int(generator.next() % 5)))
            }
            lists.append(OperatorList(name: "l\(i)", entries: .cidr(prefixes)))
        }
        let end = try #require(IPPrefix("ffff:ffff:ffff:ffff::/64"))
        lists.append(OperatorList(name: "end", entries: .cidr([end])))
        let sources = try EnrichmentSources(databases: [], lists: lists)
        var batch = EventBatch()
        var addresses = (0..<1100).map { IPAddress(v4: 0xc612_0000 - 30 + UInt32($0)) }
        addresses += (0..<80).map { IPAddress(high: 0x2001_0db8_0000_0000 - 8 + UInt64($0), low: generator.next()) }
        addresses += [IPAddress(high: .max, low: .max), IPAddress(high: 1, low: 0)]
        for address in addresses {
            var event = Event()
            event.address = address
            batch.events.append(event)
        }
        Enricher(sources: sources).enrich(&batch, events: batch.events.indices)
        for event in batch.events {
            var expected: UInt64 = 0
            for (i, list) in lists.enumerated() {
                guard case .cidr(let prefixes) = list.entries else { continue }
                if prefixes.contains(where: { $0.contains(event.address) }) { expected |= 1 << UInt64(i) }
            }
            #expect(event.listed == expected, "\(event.address)")
        }
    }

    @Test func `all of IPv4, and all there is, can be listed, but never the absence of an address`() throws {
        let sources = try EnrichmentSources(
            databases: [],
            lists: [
                Self.list("v4", "type: cidr\n0.0.0.0/0\n203.0.113.0/24"),
                Self.list("all", "type: cidr\n::/0\n10.0.0.0/8"),
            ])
        #expect(try listed(sources, address: "255.255.255.255") == 3)
        #expect(try listed(sources, address: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") == 2)
        #expect(try listed(sources) == 0)
    }

    @Test func `network numbers match by the ASN database`() throws {
        let sources = try EnrichmentSources(
            databases: Self.demo(),
            lists: [Self.list("a", "type: asn\n64497\n1"), Self.list("b", "type: asn\n64496\n64497")])
        #expect(try listed(sources, address: "198.51.100.1") == 0b11)
        #expect(try listed(sources, address: "203.0.113.1") == 0b10)
        #expect(try listed(sources, address: "192.0.2.1") == 0)
        #expect(try listed(sources, address: "8.8.8.8") == 0)
    }

    @Test(
        arguments: [
            ("2023-02-28T23:59:59Z", 0b010), ("2023-03-01T00:00:00Z", 0b011), ("2023-12-31T23:59:59Z", 0b011),
            ("2024-01-01T00:00:00Z", 0b010), ("2025-06-01T00:00:00Z", 0b011),
        ] as [(String, UInt64)])
    func `a dated country matches by the event's own time`(day: String, bits: UInt64) throws {
        let sources = try EnrichmentSources(
            databases: Self.demo(),
            lists: [
                Self.list("dated", "type: country\nIR 2023-03-01 2024-01-01\nIR 2025-01-01"),
                Self.list("always", "type: country\nIR\nSE"), Self.list("other", "type: country\nDE"),
            ])
        #expect(try listed(sources, address: "198.19.16.5", day: day) == bits)
    }

    @Test(
        arguments: [
            ("+447911123456", 0b11), ("+44 (79) 11-12.34", 0b11), ("00447911123456", 0b11), ("+4480", 0b10),
            ("447911123456", 0), ("07911123456", 0), ("+44", 0b10), ("+4", 0), ("", 0), ("+", 0), ("+1x4479", 0),
            ("+44x79", 0b10), ("0044x79", 0b10), ("+999999999999999999999", 0), ("0000447911", 0),
        ] as [(String, UInt64)])
    func `telephone prefixes match numbers in international form`(phone: String, bits: UInt64) throws {
        let sources = try EnrichmentSources(
            databases: [], lists: [Self.list("a", "type: prefix\n+4479\n+39"), Self.list("b", "type: prefix\n+44")])
        #expect(try listed(sources, phone: phone) == bits)
    }

    @Test(
        arguments: [
            ("a@mail.example", 0b01), ("a@MAIL.Example", 0b01), ("a@x.y.mail.example", 0b01), ("a@hotmail.example", 0),
            ("a@mail.example.org", 0), ("mail.example", 0), ("a@mail.example@other.example", 0), ("a@example", 0),
            ("a@deep.mail.test", 0b11), ("a@mail.test", 0b10), ("a@mail.example.", 0b01), ("@mail.example", 0b01),
            ("@", 0),
            ("a@.mail.example", 0b01), ("a@.", 0),
        ] as [(String, UInt64)])
    func `domains match themselves and their subdomains`(email: String, bits: UInt64) throws {
        let sources = try EnrichmentSources(
            databases: [],
            lists: [
                Self.list("a", "type: domain\nmail.example\ndeep.mail.test"), Self.list("b", "type: domain\nmail.test"),
            ])
        #expect(try listed(sources, email: email) == bits)
    }

    @Test func `each domain of a long list is found`() throws {
        let names = (0..<3_000).map { "d\($0 * 7919 % 100_003).example" }
        let sources = try EnrichmentSources(databases: [], lists: [OperatorList(name: "long", entries: .domain(names))])
        for name in names { #expect(try listed(sources, email: "a@" + name) == 1, "\(name)") }
        #expect(try listed(sources, email: "a@d.example") == 0)
    }

    @Test func `the list with the highest index has the highest bit, and one more is refused`() throws {
        let lists = try (0..<65).map { try Self.list("l\($0)", "type: prefix\n+\($0 + 100)") }
        let sources = try EnrichmentSources(databases: [], lists: Array(lists.prefix(64)))
        #expect(sources.listIndex(named: "l63") == 63)
        #expect(sources.listIndex(named: "l64") == nil)
        #expect(try listed(sources, phone: "+1639") == 1 << 63)
        #expect(throws: SourcesError.tooManyLists(65)) { try EnrichmentSources(databases: [], lists: lists) }
    }

    @Test func `two of the same are refused by name`() throws {
        let city = try GeoDatabase(path: TestFiles.demo("city"))
        #expect(throws: SourcesError.sameKind(.city, paths: [city.path, city.path])) {
            try EnrichmentSources(databases: [city, city], lists: [])
        }
        let list = try Self.list("twice", "type: asn")
        #expect(throws: SourcesError.sameListName("twice")) {
            try EnrichmentSources(databases: [], lists: [list, list])
        }
    }

    @Test(.enabled(if: TestFiles.hasMaxMind, "MaxMind's test databases are absent: set BANRISK_MAXMIND_TEST_DATA"))
    func `a City database makes a Country database superfluous`() throws {
        let country = try GeoDatabase(path: TestFiles.maxMind("GeoIP2-Country-Test.mmdb"))
        let city = try GeoDatabase(path: TestFiles.demo("city"))
        let both = try EnrichmentSources(databases: [country, city], lists: [])
        #expect(both.databases.map(\.kind) == [.city])
        let address = IPAddress(v4: 0x5102_45a0)
        #expect(Enricher(sources: both).place(of: address) == Place())
        let alone = try EnrichmentSources(databases: [country], lists: [])
        #expect(Enricher(sources: alone).place(of: address).country.description == "GB")
        #expect(!alone.provide(.location) && alone.provide(.country))
    }

    @Test func `the sources know what they can provide`() throws {
        let sources = try EnrichmentSources(databases: Self.demo(), lists: [Self.list("mine", "type: asn")])
        for requirement in [.location, .country, .asn, .flags(.vpn), .flags(.cellular), .list("mine")]
            as [DataRequirement]
        {
            #expect(sources.provide(requirement))
        }
        #expect(!sources.provide(.list("other")))
        let none = try EnrichmentSources(databases: [], lists: [])
        for requirement in [.location, .country, .asn, .flags(.vpn), .flags(.cellular)] as [DataRequirement] {
            #expect(!none.provide(requirement))
        }
    }
}
