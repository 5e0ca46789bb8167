import RiskModel

extension Array where Element == UInt8 {
    /// Appends what a JSON string stands for. `raw` is what stands between its quotes, and known to be valid.
    ///
    /// - Returns: whether a U+0000 was among it.
    mutating func append(unescaping raw: Span<UInt8>) -> Bool {
        var hasNull = false
        var i = 0
        while i < raw.count {
            var plain = i
            while plain < raw.count, raw[plain] != UInt8(ascii: "\\") { plain += 1 }
            append(copying: raw.extracting(i..<plain))
            guard plain < raw.count else { break }
            let letter = raw[plain + 1]
            i = plain + 2
            switch letter {
            case UInt8(ascii: "b"): append(0x08)
            case UInt8(ascii: "f"): append(0x0c)
            case UInt8(ascii: "n"): append(0x0a)
            case UInt8(ascii: "r"): append(0x0d)
            case UInt8(ascii: "t"): append(0x09)
            case UInt8(ascii: "u"):
                var scalar = Self.codeUnit(raw, &i)
                if scalar & 0xfc00 == 0xd800 {
                    i += 2
                    scalar = 0x10000 + (scalar & 0x3ff) << 10 + Self.codeUnit(raw, &i) & 0x3ff
                }
                hasNull = hasNull || scalar == 0
                append(utf8: scalar)
            default: append(letter)
            }
        }
        return hasNull
    }

    /// Reads four hexadecimal digits.
    private static func codeUnit(_ raw: Span<UInt8>, _ i: inout Int) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            unit = unit << 4 | (Span<UInt8>.hexDigit(raw[i]) ?? 0)
            i += 1
        }
        return unit
    }

    /// Appends a scalar value in UTF-8 (RFC 3629 §3).
    private mutating func append(utf8 scalar: UInt32) {
        func trail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | scalar >> shift & 0x3f) }
        switch scalar {
        case ..<0x80: append(UInt8(scalar))
        case ..<0x800:
            append(UInt8(0xc0 | scalar >> 6))
            append(trail(0))
        case ..<0x10000:
            append(UInt8(0xe0 | scalar >> 12))
            append(trail(6))
            append(trail(0))
        default:
            append(UInt8(0xf0 | scalar >> 18))
            append(trail(12))
            append(trail(6))
            append(trail(0))
        }
    }
}
