import RiskModel
import Testing

@testable import Ordering

@Suite struct IDHashTests {
    /// Of the bytes 0, 1, 2 …, with the key 00 01 … 0f, by OpenSSL 3: `openssl mac -macopt size:16 … SIPHASH`.
    @Test(arguments: [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (7, "a1f1ebbed8dbc153c0b84aa61ff08239"), (8, "3b62a9ba6258f5610f83e264f31497b4"),
        (9, "264499060ad9baabc47f8b02bb6d71ed"), (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
        (16, "6ee2a4ca67b054bbfd3315bf85230577"), (36, "3dc47d1f29c448461e9e76ed904f6711"),
        (63, "5150d1772f50834a503e069a973fbd7c"),
    ])
    func `digests are those of SipHash-2-4-128`(count: Int, expected: String) {
        let hash = IDHash(k0: 0x0706_0504_0302_0100, k1: 0x0f0e_0d0c_0b0a_0908)
        let input = [UInt8](0..<UInt8(count))
        let digest = hash.digest(of: input.span)
        var writer = StateWriter()
        writer.write(digest.low)
        writer.write(digest.high)
        let hex = writer.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(hex == expected)
    }

    @Test func `another seed gives other digests`() {
        let id = Array("pay-90211".utf8)
        #expect(IDHash(seed: 1).digest(of: id.span) == IDHash(seed: 1).digest(of: id.span))
        #expect(IDHash(seed: 1).digest(of: id.span) != IDHash(seed: 2).digest(of: id.span))
    }
}
