import Foundation
import Synchronization
import Testing

@testable import API

@Suite struct MetricsTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Names of metrics that a text speaks of.
    private static func names(in text: String) -> Set<String> {
        Set(text.matches(of: /banrisk_[a-z0-9_]+/).map { String($0.0) })
    }

    /// The metrics of a daemon that has done a little of everything, each with its type and the names of its labels.
    private static func metrics(_ harness: Harness) throws -> (text: String, types: [String: String]) {
        let client = try RawClient(harness.socket)
        _ = try? RawClient(harness.socket).ask("GET", "no target")
        while true {
            let text = try client.ask("GET", "/metrics").text
            guard text.contains("banrisk_http_faults_total"), text.contains("banrisk_http_requests_total") else {
                continue
            }
            let types = text.matches(of: /# TYPE (\w+) (\w+)/).map { (String($0.1), String($0.2)) }
            return (text, Dictionary(types, uniquingKeysWith: { _, _ in "given twice" }))
        }
    }

    @Test func `each metric has a help and a type, a name by Prometheus' conventions, and no value twice`() async throws
    {
        try await serving { harness in
            let (text, types) = try Self.metrics(harness)
            #expect(types.count > 60)
            var seen: Set<String> = []
            var current = ""
            for line in text.split(separator: "\n") {
                if line.hasPrefix("# TYPE ") { current = String(line.split(separator: " ")[2]) }
                if line.hasPrefix("#") { continue }
                let series = try #require(
                    line.wholeMatch(of: /(banrisk_[a-z0-9_]+)(\{.*\})? (NaN|[-+]?[0-9.e+-]+)/)?.output)
                #expect(String(series.1) == current)
                #expect(seen.insert("\(series.1)\(series.2 ?? "")").inserted)
            }
            for (name, type) in types {
                #expect(name.hasSuffix("_total") == (type == "counter"), "\(name)")
                #expect(text.contains("# HELP \(name) "))
            }
            // A label's value is escaped.
            #expect(text.contains(#"type="Geo\"Lite2\\City""#))
        }
    }

    @Test func `no metric holds what an account is called`() async throws {
        try await serving { harness in
            let client = try RawClient(harness.socket)
            for name in Shelf.names { _ = try client.ask("GET", "/v1/accounts/" + Target.encode(name)) }
            let (text, _) = try Self.metrics(harness)
            for name in Shelf.names where name.count > 4 { #expect(!text.contains(name)) }
            #expect(!text.contains("/nowhere"))
        }
    }

    @Test
    func
        `what the documentation, the dashboard and the alert rules name is there, and all that is there is documented`()
        async throws
    {
        try await serving { harness in
            let (_, types) = try Self.metrics(harness)
            let documented = Self.names(
                in: try String(contentsOf: Self.root.appendingPathComponent("docs/metrics.md"), encoding: .utf8))
            #expect(Set(types.keys).subtracting(documented).isEmpty)
            for path in ["docs/metrics.md", "Config/prometheus/alerts.yml", "Config/grafana/banrisk.json"] {
                let named = Self.names(
                    in: try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8))
                #expect(named.subtracting(types.keys).isEmpty, "\(path)")
            }
        }
    }

    @Test func `while the database cannot be read, the rest is told all the same`() async throws {
        try await serving { harness in
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: harness.database + suffix)
            }
            let client = try RawClient(harness.socket)
            #expect(try client.ask("GET", "/v1/accounts").status == 503)
            let metrics = try client.ask("GET", "/metrics")
            #expect(metrics.status == 200)
            #expect(metrics.text.contains("banrisk_sequence{stage=\"applied\"} 7\n"))
            #expect(!metrics.text.contains("banrisk_quarantine_rows"))
        }
    }
}
