/// Bytes that others have made.
enum Fixture {
    /// Two gzip files by Python's gzip, one behind the other, each with an entry of the Forward protocol by Python's msgpack.
    static let compressedEntries = bytes(
        """
        1f8b08000000000002039b749d21fdd0b703ecc5b1ea4d4b4a2a0b5297e6e4a767e62d4f4c4ece2fcd2b599a9893999c0a00
        6e4f225e250000001f8b08000000000002039b742efdd0b7834d4b4a2a0b5297e6e4a767e62d4f4c4ece2fcd2b599c949f04
        0048de0a691e000000
        """)

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.filter { !$0.isNewline })
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0..<$0 + 2]), radix: 16) }
    }
}
