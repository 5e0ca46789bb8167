import Enrichment
import Foundation
import RiskModel
import Simulation
import Testing

@Suite struct SimulationTests {
    @Test(arguments: Assumptions.all.map(\.name))
    func `Every line is an event for the product's decoder, and the order is that of time`(assumptions: String) throws {
        let fixture = try Fixture(assumptions: assumptions)
        let batch = try fixture.events()
        #expect(batch.rejections.isEmpty)
        #expect(batch.events.count == fixture.summary.events)
        for (earlier, later) in zip(batch.events, batch.events.dropFirst()) { #expect(earlier.time <= later.time) }
        let length = try #require(batch.events.last).time.microseconds - batch.events[0].time.microseconds
        #expect(length <= 10 * 86_400 * 1_000_000)
        #expect(length > 9 * 86_400 * 1_000_000)
    }

    @Test func `Labels name exactly the accounts that have events, each once`() throws {
        let fixture = try Fixture()
        let batch = try fixture.events()
        let seen = Set(batch.events.filter { !$0.account.isEmpty }.map { batch.string($0.account) })
        let labels = try fixture.labels()
        #expect(Set(labels.map(\.account)) == seen)
        #expect(labels.count == seen.count)
        #expect(labels.count == fixture.summary.accounts)
    }

    @Test func `Every class and every kind is there, and campaigns have names`() throws {
        let labels = try Fixture().labels()
        let classes = Set(labels.filter { $0.label == "innocent" }.compactMap(\.class))
        #expect(classes == Set(InnocentClass.allCases.map(\.rawValue)))
        let guilty = labels.filter { $0.label != "innocent" }
        #expect(Set(guilty.compactMap(\.kind)) == Set(AbuseKind.allCases.map(\.rawValue)))
        let attacks: Set<String?> = ["stuffing", "spraying", "slow_stuffing"]
        for label in guilty {
            #expect((label.label == "victim") == attacks.contains(label.kind))
            #expect(label.campaign?.hasPrefix("\(label.kind ?? "")-") == true)
        }
    }

    @Test func `The same settings give the same bytes, another seed gives others`() throws {
        let names = ["events.ndjson", "labels.ndjson", "verdicts.ndjson", "city.mmdb", "asn.mmdb", "anonymous-ip.mmdb"]
        let first = try Fixture()
        let again = try Fixture()
        let other = try Fixture(seed: 8)
        for name in names {
            #expect(try first.data(name) == again.data(name), "\(name)")
            #expect(try first.data(name) != other.data(name), "\(name)")
        }
    }

    @Test func `The product's reader knows a country and a network for every address`() throws {
        let fixture = try Fixture()
        func database(_ name: String) throws -> GeoDatabase {
            try GeoDatabase(path: fixture.folder.appending(path: name).path)
        }
        let city = try database("city.mmdb")
        let asn = try database("asn.mmdb")
        #expect(city.kind == .city)
        #expect(try database("anonymous-ip.mmdb").kind == .anonymousIP)
        let connection = try database("connection-type.mmdb")
        var cellular = 0
        for event in try fixture.events().events where event.hasAddress {
            let place = city.place(of: event.address)
            #expect(place.country != .unknown)
            #expect(place.hasLocation)
            #expect(place.accuracyRadiusKilometres > 0)
            #expect(asn.place(of: event.address).asn > 0)
            if connection.place(of: event.address).flags.contains(.cellular) { cellular += 1 }
        }
        #expect(cellular > 0)
    }

    @Test func `The lists are lists for the product`() throws {
        let fixture = try Fixture()
        let folder = fixture.folder.appending(path: "lists")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names.count == 4)
        try withExtendedLifetime(fixture) {
            for name in names { _ = try OperatorList.load(path: folder.appending(path: name).path) }
        }
    }

    @Test(arguments: [600, 2400]) func `The population has the size that was asked for`(accounts: Int) throws {
        let summary = try Fixture(accounts: accounts, kinds: [.batchSlow, .stuffing]).summary
        // Groups are whole, and some never come.
        #expect(abs(summary.accounts - accounts) < accounts / 10)
        #expect(summary.abusers.map(\.name) == ["batch_slow"])
        #expect(summary.victims.map(\.name) == ["stuffing"])
    }

    @Test func `Sparse clients name their device less often`() throws {
        func share(_ batch: EventBatch) -> Double {
            let logins = batch.events.filter { $0.type == .login }
            return Double(logins.count { !$0.device.isEmpty }) / Double(logins.count)
        }
        let usual = share(try Fixture().events())
        let sparse = share(try Fixture(assumptions: "sparse").events())
        #expect(usual > 0.8)
        #expect(sparse < 0.7)
    }

    @Test func `An account's name does not tell what it is`() throws {
        let labels = try Fixture().labels()
        let ordered = labels.sorted { (UInt64($0.account.dropFirst()) ?? 0) < (UInt64($1.account.dropFirst()) ?? 0) }
        let guilty = ordered.indices.filter { ordered[$0].label != "innocent" }
        let mean = Double(guilty.reduce(0, +)) / Double(guilty.count) / Double(ordered.count)
        // The mean of so many even ranks strays from a half by 0.02.
        #expect(abs(mean - 0.5) < 0.08)
    }

    @Test func `Verdicts are about accounts of ban evasion, in order of time`() throws {
        struct Line: Decodable {
            var ts: String
            var type: String
            var account: String
            var verdict: String
            var by: String
            var why: String
        }
        let fixture = try Fixture()
        let lines = try fixture.data("verdicts.ndjson").split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Line.self, from: $0)
        }
        let evaders = Set(try fixture.labels().filter { $0.kind == "ban_evasion" }.map(\.account))
        #expect(!lines.isEmpty)
        #expect(lines.map(\.ts) == lines.map(\.ts).sorted())
        #expect(Set(lines.map(\.account)).isSubset(of: evaders))
        #expect(Set(lines.map(\.account)).count < evaders.count)
        #expect(lines.allSatisfy { $0.type == "verdict" && $0.verdict == "banned" })
    }
}
