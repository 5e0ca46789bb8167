import Enrichment
import RiskModel
import TestSupport
import Testing

/// Pseudonyms of addresses: a cipher that keeps who shares a network with whom, and nothing else.
@Suite struct AddressCipherTests {
    private static let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    private static let other = String(key.reversed())

    private static func pseudonyms(_ keys: String = "k1:\(key)") throws -> Pseudonymizer {
        Pseudonymizer(keys: try PseudonymKeys(parsing: keys, file: "keys"), subjects: [.ip])
    }

    private static func bits(_ address: IPAddress) -> UInt128 { UInt128(address.high) << 64 | UInt128(address.low) }

    private static func sharedBits(_ a: IPAddress, _ b: IPAddress) -> Int { (bits(a) ^ bits(b)).leadingZeroBitCount }

    /// Addresses at every distance from each other, of one family.
    private static func addresses(isV4: Bool) -> [IPAddress] {
        var random = SeededGenerator(seed: 5)
        var addresses: [IPAddress] = []
        for _ in 0..<12 {
            let high = isV4 ? 0 : 0x2000_0000_0000_0000 | random.next() >> 3
            let low = isV4 ? 0xffff_0000_0000 | random.next() >> 32 : random.next()
            let first = IPAddress(high: high, low: low)
            addresses.append(first)
            for bit in isV4 ? 0..<32 : 0..<125 {
                // The same as far as this bit, then by chance.
                let noise = (UInt128(random.next()) << 64 | UInt128(random.next())) & (UInt128(1) << UInt128(bit) - 1)
                let mixed = bits(first) ^ UInt128(1) << UInt128(bit) ^ noise
                addresses.append(
                    IPAddress(
                        high: UInt64(truncatingIfNeeded: mixed >> 64), low: UInt64(truncatingIfNeeded: mixed)))
            }
        }
        return addresses
    }

    /// From another implementation, bit by bit, in Python (`hmac`, RFC 5869 by hand).
    @Test(arguments: [
        ("203.0.113.7", "179.163.160.191"), ("203.0.113.8", "179.163.160.180"), ("198.51.100.1", "186.54.193.238"),
        ("0.0.0.0", "89.96.201.224"), ("255.255.255.255", "135.201.241.203"),
        ("2001:db8::1", "27eb:f19a:9d57:d004:cf43:80d8:9808:6c02"),
        ("2001:db8:0:1::1", "27eb:f19a:9d57:d005:7eb1:2f68:bd7d:c57"),
        ("fe80::1", "d804:8847:d332:5a8b:45f8:791:96d0:f048"), ("::1", "::1"),
        ("::ffff:0:0:1", "::a027:e4ed:250d:8613"), ("64:ff9b::c000:201", "65:d201:ca5f:cb09:c6e6:3948:8dee:6030"),
    ])
    func `each bit is flipped by a code of the bits before it`(plain: String, encrypted: String) throws {
        let address = try #require(IPAddress(plain))
        let pseudonyms = try Self.pseudonyms()
        let found = pseudonyms.pseudonyms(of: address)
        #expect(found.map(\.description) == [encrypted])
        #expect(pseudonyms.plain(found[0]).map(\.address) == [address])
    }

    @Test(arguments: [true, false])
    func `two addresses share as many bits as before, of one family, and differ if they did`(isV4: Bool) throws {
        let pseudonyms = try Self.pseudonyms()
        let plain = Self.addresses(isV4: isV4)
        let encrypted = plain.map { pseudonyms.pseudonyms(of: $0)[0] }
        var wrong = 0
        for (a, x) in zip(plain, encrypted) {
            for (b, y) in zip(plain, encrypted) where Self.sharedBits(a, b) != Self.sharedBits(x, y) { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(Set(encrypted).count == Set(plain).count)
        #expect(encrypted.allSatisfy { $0.isV4 == isV4 && $0 != .none })
        // Nothing of an address shows but by chance: half of the bits are flipped.
        let flipped = zip(plain, encrypted).reduce(0) { $0 + (Self.bits($1.0) ^ Self.bits($1.1)).nonzeroBitCount }
        #expect((0.45...0.55).contains(Double(flipped) / Double(plain.count * (isV4 ? 32 : 125))))
    }

    @Test func `an IPv4-mapped address is the IPv4 one, its neighbours are IPv6, and none becomes no address`() throws {
        let pseudonyms = try Self.pseudonyms()
        let mapped = try #require(IPAddress("::ffff:203.0.113.7"))
        #expect(pseudonyms.pseudonyms(of: mapped)[0].description == "179.163.160.191")
        for text in ["::", "::1", "::fffe:203.0.113.7", "::1:ffff:cb00:7107", "8000::ffff:cb00:7107"] {
            let address = try #require(IPAddress(text))
            let other = pseudonyms.pseudonyms(of: address)[0]
            #expect(!other.isV4 && (other == .none) == (address == .none), "\(text)")
        }
    }

    @Test func `another key has other addresses, and each finds its own way back`() throws {
        let both = try Self.pseudonyms("k2:\(Self.other)\nk1:\(Self.key)")
        let address = try #require(IPAddress("2001:db8::77"))
        let found = both.pseudonyms(of: address)
        #expect(found.count == 2 && found[0] != found[1])
        #expect(found[1] == (try Self.pseudonyms().pseudonyms(of: address)[0]))
        #expect(both.plain(found[0])[0] == ("k2", address) && both.plain(found[1])[1] == ("k1", address))
        let names = try #require(both.names(of: .ip, "203.0.113.7"))
        #expect(names.map(\.field) == [.ip, .prefix, .ip, .prefix])
        #expect(names[2].name == "179.163.160.191" && names[3].name == "179.163.160.0/24")
        #expect(both.names(of: .ip, "not an address") == nil)
    }

    @Test func `events get them, whatever was asked before, and only where that is wanted`() throws {
        let plain = Self.addresses(isV4: true) + Self.addresses(isV4: false)
        var random = SeededGenerator(seed: 9)
        let pseudonyms = try Self.pseudonyms()
        for _ in 0..<3 {
            var batch = EventBatch()
            batch.events =
                plain.shuffled(using: &random).map { address in
                    var event = Event()
                    event.address = address
                    return event
                } + [Event()]
            let before = batch.events.map(\.address)
            pseudonyms.apply(to: &batch)
            #expect(batch.events.map(\.address) == before.map { pseudonyms.pseudonyms(of: $0)[0] })
            #expect(!batch.events[plain.count].hasAddress)
        }
        let keys = try PseudonymKeys(parsing: "k1:\(Self.key)", file: "keys")
        var batch = EventBatch()
        batch.events = [Event()]
        batch.events[0].address = plain[0]
        let without = Pseudonymizer(keys: keys, subjects: [.phone, .account])
        without.apply(to: &batch)
        #expect(batch.events[0].address == plain[0] && without.networkFingerprint == 0)
        #expect(pseudonyms.networkFingerprint != 0)
    }
}
