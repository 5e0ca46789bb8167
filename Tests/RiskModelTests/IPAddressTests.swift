import Glibc
import RiskModel
import TestSupport
import Testing

/// The C library's reading of an address, as 16 bytes in the form of IPv6.
private func glibcBytes(_ text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
        return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] + withUnsafeBytes(of: four) { Array($0) }
    }
    var six = in6_addr()
    return inet_pton(AF_INET6, text, &six) == 1 ? withUnsafeBytes(of: six) { Array($0) } : nil
}

private func glibcText(_ bytes: [UInt8]) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    let isV4 = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
    let result =
        isV4
        ? inet_ntop(AF_INET, Array(bytes[12...]), &buffer, 64) : inet_ntop(AF_INET6, bytes, &buffer, 64)
    precondition(result != nil)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func address(_ bytes: [UInt8]) -> IPAddress {
    IPAddress(
        high: bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) }, low: bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
}

/// Random bytes in which runs of zeros, which are what is hard about IPv6, are frequent.
private func randomBytes(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
    for group in 0..<8 where Int.random(in: 0..<3, using: &random) > 0 {
        bytes[2 * group] = 0
        if Bool.random(using: &random) { bytes[2 * group + 1] = 0 }
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
        bytes.replaceSubrange(0..<12, with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
    }
    return bytes
}

@Suite struct IPAddressTests {
    @Test(arguments: [
        "", ".", ":", "::", ":::", "::::", "0", "00", "1.2.3.4", "01.2.3.4", "1.2.3.04", "0.0.0.0", "255.255.255.255",
        "256.1.1.1", "1.2.3", "1.2.3.", "1.2.3.4.", ".1.2.3.4", "1..2.3", "1.2.3.4.5", "1.2.3.4 ", " 1.2.3.4",
        "1.2.3.4/8",
        "0001.2.3.4", "1.2.3.999", "1.2.3.-4", "+1.2.3.4", "0x1.2.3.4", "1.2.3.4\u{0}x", "::1", "1::", "1::1", "::1::",
        "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:",
        ":1:2:3:4:5:6:7",
        "12345::", "::g", "::0000", "::00000", "::ffff:1.2.3.4", "::FFFF:1.2.3.4", "::1.2.3.4", "::1.2.3",
        "::1.2.3.4:5",
        "::01.2.3.4", "::1.2.3.256", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4",
        "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "::1:2:3:4:5:6:1.2.3.4", "1.2.3.4::", "1:1.2.3.4::",
        "::abc.1.1.1",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "fe80::1%eth0", "[::1]", "::1 ", "::1/64", "2001:DB8::A",
        "0:0:0:0:0:0:0:0", "0:0:0:0:0:0:0:00001", "::ffff:0:0", "64:ff9b::192.0.2.33", "é::", "1:２::", "1.2.3.٤",
    ])
    func `edge and hostile texts read as the C library reads them`(text: String) {
        // C ends a text at a zero byte; an address with one is no address.
        let expected = text.utf8.contains(0) ? nil : glibcBytes(text).map(address)
        #expect(IPAddress(text) == expected)
    }

    @Test func `texts made of an address's own characters read as the C library reads them`() {
        var random = SeededGenerator(seed: 1)
        let alphabet: [String] = [
            "0", "1", "9", "a", "F", "g", ":", "::", ".", "255", "ffff", "1.2.3.4", "00", "25", "%",
        ]
        var valid = 0
        for _ in 0..<8_000 {
            let length = Int.random(in: 1...12, using: &random)
            let text = (0..<length).map { _ in alphabet.randomElement(using: &random)! }.joined()
            let expected = glibcBytes(text).map(address)
            if expected != nil { valid += 1 }
            #expect(IPAddress(text) == expected, "\(text)")
        }
        #expect(valid > 200)
    }

    @Test func `a valid text with one change reads as the C library reads it`() {
        var random = SeededGenerator(seed: 2)
        let insertions = Array(":.0f1%/ -xG".utf8)
        for _ in 0..<10_000 {
            var text = Array(glibcText(randomBytes(&random)).utf8)
            let at = Int.random(in: 0..<text.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: text.remove(at: at)
            case 1: text.insert(insertions.randomElement(using: &random)!, at: at)
            default: text[at] = insertions.randomElement(using: &random)!
            }
            let string = String(decoding: text, as: UTF8.self)
            #expect(IPAddress(string) == glibcBytes(string).map(address), "\(string)")
        }
    }

    @Test func `texts are written as the C library writes them and read back`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<8_000 {
            let bytes = randomBytes(&random)
            let value = address(bytes)
            #expect(IPAddress(value.description) == value)
            // RFC 5952 §5 leaves dotted quads to well-known prefixes; the C library writes them in all of ::/96.
            guard value.isV4 || bytes[0..<12].contains(where: { $0 != 0 }) else { continue }
            #expect(value.description == glibcText(bytes))
        }
    }

    @Test(arguments: [
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0DB8:0:0:0:0:2:1", "2001:db8::2:1"), ("0:0:0:0:0:0:0:1", "::1"), ("0:0:0:0:0:0:0:0", "::"),
        ("1:0:0:0:0:0:0:0", "1::"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("::FFFF:192.0.2.1", "192.0.2.1"),
        ("::1.2.3.4", "::102:304"), ("0:0:1::", "0:0:1::"),
    ])
    func `the canonical form is that of RFC 5952`(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test func `masking keeps the leading bits and clears the rest`() {
        var random = SeededGenerator(seed: 4)
        for length in 0...128 {
            let bytes = randomBytes(&random).map { $0 | 0x81 }
            var expected = bytes
            for bit in length..<128 { expected[bit / 8] &= ~(0x80 >> UInt8(bit % 8)) }
            #expect(address(bytes).masked(to: length) == address(expected))
            #expect(IPPrefix(address(bytes), length: length).contains(address(bytes)))
            guard length > 0 else { continue }
            var other = bytes
            other[(length - 1) / 8] ^= 0x80 >> UInt8((length - 1) % 8)
            #expect(!IPPrefix(address(bytes), length: length).contains(address(other)))
        }
    }

    @Test(arguments: [
        "10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "::/0", "2001:db8::/32", "2001:db8::1/128", "::ffff:0:0/95",
    ])
    func `networks are written as they are read`(text: String) {
        // The last one reaches beyond IPv4: its network is not an IPv4 network.
        #expect(IPPrefix(text)?.description == (text == "::ffff:0:0/95" ? nil : text))
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/+8",
        "10.0.0.0/ 8", "2001:db8::/129", "2001:db8::1/64", "10.0.0.0/٨", "10.0.0.0/8x", "10.0.0/8",
        "10.0.0.0/99999999999999999999",
    ])
    func `what is no network is refused`(text: String) { #expect(IPPrefix(text) == nil) }

    @Test func `an IPv4 network is the same in both forms`() {
        #expect(IPPrefix("192.0.2.0/24") == IPPrefix("::ffff:192.0.2.0/120"))
        #expect(IPPrefix("192.0.2.7") == IPPrefix("192.0.2.7/32"))
    }
}
