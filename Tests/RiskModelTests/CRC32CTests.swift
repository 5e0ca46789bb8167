@testable import RiskModel
import TestSupport
import Testing

struct CRC32CTests {
    @Test
    func `the examples of RFC 3720 hold`() {
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(checksum(Array(0..<32)) == 0x46dd_794e)
        #expect(checksum(Array("123456789".utf8)) == 0xe306_9283)
    }

    @Test(arguments: 0...70)
    func `any length agrees with one bit at a time, and with any cut`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(checksum(bytes) == bitwise(bytes))
        #expect(CRC32C.checksumByTables(bytes.span.bytes, seed: 0) == bitwise(bytes))
        for cut in 0...count {
            let head = bytes.span.extracting(..<cut).bytes
            let tail = bytes.span.extracting(cut...).bytes
            #expect(CRC32C.checksum(tail, seed: CRC32C.checksum(head)) == bitwise(bytes))
            let seed = CRC32C.checksumByTables(head, seed: 0)
            #expect(CRC32C.checksumByTables(tail, seed: seed) == bitwise(bytes))
        }
    }

    private func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        CRC32C.checksum(bytes.span.bytes, seed: seed)
    }

    private func bitwise(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0x82f6_3b78 ^ (crc >> 1) : crc >> 1 }
        }
        return ~crc
    }
}
