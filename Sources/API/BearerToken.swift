/// The secret that clients over TCP show (RFC 6750).
package struct BearerToken: Sendable {
    /// Shorter ones could be guessed.
    package static let minimumBytes = 16

    private let bytes: [UInt8]

    /// White space at the ends is left out; `nil` where the rest is too short or has other than visible ASCII.
    package init?(_ text: String) {
        let bytes = Array(text.utf8.drop(while: Self.isSpace).reversed().drop(while: Self.isSpace).reversed())
        guard bytes.count >= Self.minimumBytes, bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        self.bytes = bytes
    }

    /// Whether the value of an Authorization header shows the token. Takes the same time wherever they differ.
    func admits(_ authorization: String?) -> Bool {
        let shown = Array((authorization ?? "").utf8)
        let scheme = Array("bearer ".utf8)
        guard shown.count > scheme.count, zip(shown, scheme).allSatisfy({ $0 | 0x20 == $1 }) else { return false }
        let given = shown[scheme.count...].drop { $0 == UInt8(ascii: " ") }
        var difference = given.count ^ bytes.count
        for (index, byte) in given.enumerated() { difference |= Int(byte ^ bytes[index % bytes.count]) }
        return difference == 0
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
