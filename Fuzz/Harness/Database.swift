import RiskModel

@testable import Enrichment

/// A database file. What is accepted answers for every address, within bounds.
@Sendable func fuzzDatabase(_ bytes: [UInt8]) {
    guard let database = try? GeoDatabase(image: DatabaseImage(bytes, path: "input"), path: "input") else { return }
    var addresses = database.sample(limit: 64)
    check(addresses.count <= 64, "a sample of \(addresses.count)")
    // Further addresses, which the file itself chooses.
    for i in stride(from: 0, to: min(bytes.count, 256) - 16, by: 16) {
        let words = [0, 8].map { offset in
            bytes[i + offset..<i + offset + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        addresses += [IPAddress(high: words[0], low: words[1]), IPAddress(v4: UInt32(truncatingIfNeeded: words[0]))]
    }
    for address in addresses {
        let place = database.place(of: address)
        check(abs(place.latitude) <= 90 && abs(place.longitude) <= 180, "\(address) lies off the globe")
        check(place.country == .unknown || CountryCode("\(place.country)") == place.country, "a country of no letters")
        check(Int(place.owner) < database.owners.count, "an owner without a name")
    }
    if let sources = try? EnrichmentSources(databases: [database], lists: []) {
        _ = try? Canary.check(new: sources, old: sources)
    }
}
