import Foundation
import RiskModel
import TestSupport
import Testing

@testable import Enrichment

@Suite struct CanaryTests {
    @Test func `the same databases again know everything, and nothing is said`() throws {
        let sources = try EnrichmentSources(
            databases: ["city", "asn", "anonymous-ip", "connection-type"].map {
                try GeoDatabase(path: TestFiles.demo($0))
            }, lists: [])
        let report = try Canary.check(new: sources, old: sources)
        #expect(report.comparisons.map(\.kind) == [.city, .asn, .anonymousIP, .connectionType])
        #expect(report.comparisons.allSatisfy { $0.share == 1 && $0.sampled > 0 })
        #expect(report.warnings == [])
    }

    @Test func `a database that names networks and says nothing of them is refused`() throws {
        let old = try sources([city()])
        let error = #expect(throws: CanaryError.self) {
            try Canary.check(new: sources([city(record: .map([]))]), old: old)
        }
        #expect(error == .saysNothing(.city, path: "test.mmdb", networks: 1))
        #expect(error?.description.contains("none of 1 networks") == true)
    }

    @Test func `a database without networks is refused`() throws {
        let empty = try city(nodes: [(.none, .none)])
        #expect(throws: CanaryError.saysNothing(.city, path: "test.mmdb", networks: 0)) {
            try Canary.check(new: sources([empty]), old: sources([]))
        }
    }

    @Test(arguments: [
        ("DE", 52.5, 13.4, false), ("DE", 90, -180, false), ("DE", 90.5, 13.4, true), ("DE", 13.4, 180.5, true),
        ("DE", .nan, 13.4, true), ("DE", 52_520_000, 13_405_000, true), ("D1", 52.5, 13.4, true),
        ("DEU", 52.5, 13.4, true), ("", 52.5, 13.4, true),
    ])
    func `a database of places that cannot be is refused`(
        country: String, latitude: Double, longitude: Double, isRefused: Bool
    ) throws {
        let new = try city(record: .place(country, latitude, longitude))
        if isRefused {
            // A record without any place says nothing, and is refused as such.
            let error = #expect(throws: CanaryError.self) {
                try Canary.check(new: sources([new]), old: sources([]))
            }
            #expect(error == .implausible(.city, path: "test.mmdb", records: 1, of: 1))
        } else {
            #expect(try Canary.check(new: sources([new]), old: sources([])).warnings == [])
        }
    }

    @Test func `one odd record in a hundred is let pass, two are not`() throws {
        func database(odd: Int) throws -> GeoDatabase {
            // A chain of nodes: on the 0 side the next one, on the 1 side a record of its own.
            let records = (0..<100).map { TinyDatabase.Value.place($0 < odd ? "D1" : "DE", 52.5, 13.4) }
            return try city(
                nodes: (0..<100).map { ($0 < 99 ? .node($0 + 1) : .none, .record($0)) }, records: records, ipVersion: 6)
        }
        #expect(try Canary.check(new: sources([database(odd: 1)]), old: sources([])).comparisons == [])
        #expect(throws: CanaryError.implausible(.city, path: "test.mmdb", records: 2, of: 100)) {
            try Canary.check(new: sources([database(odd: 2)]), old: sources([]))
        }
    }

    @Test func `a database that knows less than half of the old one's addresses brings a warning`() throws {
        // The old one names four networks, the new one some of them.
        let old = try city(nodes: [(.node(1), .node(2)), (.record(0), .record(0)), (.record(0), .record(0))])
        let half = try city(nodes: [(.none, .record(0))])
        let quarter = try city(nodes: [(.none, .node(1)), (.none, .record(0))])
        #expect(try Canary.check(new: sources([half]), old: sources([old])).warnings == [])
        let report = try Canary.check(new: sources([quarter]), old: sources([old]))
        #expect(report.comparisons.map(\.share) == [0.25])
        #expect(report.warnings.count == 1)
        #expect(report.warnings.first?.contains("1 of 4 addresses") == true)
    }

    @Test func `an older edition and a missing kind bring a warning, and Country may stand for City`() throws {
        let old = try city(built: 2_000)
        let older = try Canary.check(new: sources([city(built: 1_000)]), old: sources([old]))
        #expect(older.warnings.count == 1)
        #expect(older.warnings.first?.contains("1970-01-01T00:16:40Z") == true)
        let none = try Canary.check(new: sources([]), old: sources([old]))
        #expect(none.warnings == ["no database takes the place of the city database that was in force"])
        let country = try city(type: "tiny-Country", built: 2_000)
        #expect(try Canary.check(new: sources([country]), old: sources([old])).warnings == [])
    }

    private func sources(_ databases: [GeoDatabase]) throws -> EnrichmentSources {
        try EnrichmentSources(databases: databases, lists: [])
    }

    /// A database that says of the upper half of the IPv4 addresses that they are in Berlin, or what is given.
    private func city(
        type: String = "tiny-City", built: UInt32 = 1_000,
        nodes: [(TinyDatabase.Link, TinyDatabase.Link)] = [(.none, .record(0))],
        record: TinyDatabase.Value = .place("DE", 52.5, 13.4), records: [TinyDatabase.Value] = [],
        ipVersion: UInt8 = 4
    ) throws -> GeoDatabase {
        let content = TinyDatabase.file(
            type: type, built: built, nodes: nodes, records: records.isEmpty ? [record] : records, ipVersion: ipVersion)
        return try GeoDatabase(image: DatabaseImage([UInt8](content), path: "test.mmdb"), path: "test.mmdb")
    }
}
