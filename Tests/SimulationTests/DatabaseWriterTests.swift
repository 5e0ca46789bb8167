import Enrichment
import Foundation
import RiskModel
import Testing

@testable import Simulation

@Suite struct DatabaseWriterTests {
    /// Networks within networks, looked up by comparing bits.
    @Test(arguments: [24, 28, 32]) func `The product's reader finds the innermost network`(recordBits: Int) throws {
        var random = Random(seed: UInt64(recordBits))
        var networks: [(address: Address, length: Int, number: UInt32)] = []
        for number in 1...400 as ClosedRange<UInt32> {
            // Few different first bits, so that networks lie within each other.
            if random.chance(0.5) {
                let length = random.int(4...32)
                let bits = UInt32(truncatingIfNeeded: random.next()) & 0x8f0f_ffff
                networks.append((.v4(bits & ~((UInt32.max >> UInt32(length - 1)) >> 1)), length, number))
            } else {
                let length = random.int(3...64)
                let high = 0x2a00 << 48 | random.next() & 0x0f_ffff_ffff
                networks.append((.v6(high & ~((UInt64.max >> UInt64(length - 1)) >> 1), 0), length, number))
            }
        }
        networks.sort { ($0.length, $0.number) < ($1.length, $1.number) }
        var writer = DatabaseWriter(type: "GeoLite2-ASN", recordBits: recordBits)
        for network in networks {
            let record = writer.add(
                .map([
                    ("autonomous_system_number", .number32(network.number)),
                    ("autonomous_system_organization", .text(String(repeating: "o", count: Int(network.number)))),
                ]))
            writer.insert(network.address, length: network.length, record: record)
        }
        let path = FileManager.default.temporaryDirectory.appending(path: "writer-\(UUID()).mmdb").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(writer.finish(built: 1_700_000_000)).write(to: URL(filePath: path))
        let database = try GeoDatabase(path: path)
        #expect(database.buildEpoch == Timestamp(seconds: 1_700_000_000))

        for _ in 0..<4000 {
            let isV4 = random.chance(0.5)
            let near = random.pick(networks.filter { $0.address.isV4 == isV4 })
            let address: Address =
                isV4
                ? .v4(UInt32(truncatingIfNeeded: near.address.low ^ random.next() >> UInt64(random.int(32...63))))
                : .v6(near.address.high ^ random.next() >> UInt64(random.below(64)), random.next())
            // 6to4 leads to IPv4, asked for below.
            if !isV4, address.high >> 48 == 0x2002 { continue }
            let inner = networks.last { contains($0, address) }?.number ?? 0
            let asked =
                isV4
                ? IPAddress(v4: UInt32(truncatingIfNeeded: address.low))
                : IPAddress(high: address.high, low: address.low)
            #expect(database.place(of: asked).asn == inner)
            if isV4 {
                let inside = IPAddress(high: 0x2002 << 48 | address.low << 16, low: 1)
                #expect(database.place(of: inside).asn == inner, "6to4")
            }
        }
    }

    private func contains(_ network: (address: Address, length: Int, number: UInt32), _ address: Address) -> Bool {
        guard network.address.isV4 == address.isV4 else { return false }
        if address.isV4 { return (network.address.low ^ address.low) >> UInt64(32 - network.length) == 0 }
        return (network.address.high ^ address.high) >> UInt64(64 - network.length) == 0
    }
}
