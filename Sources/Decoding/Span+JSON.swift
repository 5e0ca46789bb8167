import RiskModel

// The grammar of JSON (RFC 8259) over the bytes of one line. Each function takes the offset at which its construct
// begins and moves it behind the construct's end, or throws a fault with the offset of the first byte that is wrong.
// Nothing is recursive and nothing is allocated.

extension Span where Element == UInt8 {
    /// Eight bytes from `offset`, the first in the lowest bits.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        // SAFETY: the load is bounds-checked, and every pattern of 64 bits is a UInt64.
        UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The fault of a byte that the grammar does not allow here, or of the line's end where more must follow.
    func unexpected(at i: Int) -> Fault {
        let isBroken = i < count && self[i] >= 0x80 && utf8Length(at: i) == nil
        return Fault(isBroken ? .invalidUTF8 : .invalidJSON, at: i)
    }

    @inline(__always)
    func skipWhitespace(_ i: inout Int) {
        while i < count, self[i] <= 0x20 {
            switch self[i] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): i += 1
            default: return
            }
        }
    }

    @inline(__always)
    func expect(_ byte: UInt8, _ i: inout Int) throws(Fault) {
        guard i < count, self[i] == byte else { throw unexpected(at: i) }
        i += 1
    }

    // MARK: Strings

    /// Skips a string. Returns whether it has escapes.
    @inline(__always)
    func skipString(_ i: inout Int) throws(Fault) -> Bool {
        try expect(UInt8(ascii: "\""), &i)
        skipPlain(&i)
        if i < count, self[i] == UInt8(ascii: "\"") {
            i &+= 1
            return false
        }
        return try skipRest(&i)
    }

    /// Skips plain ASCII, eight bytes at a time; up to seven bytes of it may be left before the line's end.
    @inline(__always)
    private func skipPlain(_ i: inout Int) {
        while i &+ 8 <= count {
            let stops = Self.stops(in: word(at: i))
            if stops != 0 {
                i &+= stops.trailingZeroBitCount &>> 3
                return
            }
            i &+= 8
        }
    }

    /// Skips what follows the first plain part of a string. Returns whether it has escapes.
    @inline(never)
    private func skipRest(_ i: inout Int) throws(Fault) -> Bool {
        var hasEscapes = false
        while true {
            guard i < count else { throw Fault(.invalidJSON, at: count) }
            switch self[i] {
            case UInt8(ascii: "\""):
                i += 1
                return hasEscapes
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape(&i)
            case 0x20..<0x80: i += 1
            case 0x80...:
                guard let length = utf8Length(at: i) else { throw Fault(.invalidUTF8, at: i) }
                i += length
            default: throw Fault(.invalidJSON, at: i)
            }
            skipPlain(&i)
        }
    }

    /// The high bit of each byte that ends plain ASCII: a quote, a backslash, a control character, or above 0x7f.
    ///
    /// A borrow can set wrong bits, but only above the lowest one, which is all that counts.
    @inline(__always)
    private static func stops(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5c)
        let low = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word
        return (low | word) & (ones &* 0x80)
    }

    private func skipEscape(_ i: inout Int) throws(Fault) {
        let start = i
        i += 1
        guard i < count else { throw Fault(.invalidJSON, at: count) }
        switch self[i] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            i += 1
        case UInt8(ascii: "u"):
            let unit = try skipCodeUnit(&i)
            if unit & 0xf800 == 0xd800 {
                guard unit < 0xdc00, i + 1 < count, self[i] == UInt8(ascii: "\\"), self[i + 1] == UInt8(ascii: "u")
                else {
                    throw Fault(.invalidJSON, at: start)
                }
                i += 1
                guard try skipCodeUnit(&i) & 0xfc00 == 0xdc00 else { throw Fault(.invalidJSON, at: start) }
            }
        default: throw unexpected(at: i)
        }
    }

    /// Skips the `uXXXX` of an escape and returns its UTF-16 code unit.
    private func skipCodeUnit(_ i: inout Int) throws(Fault) -> UInt32 {
        i += 1
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard i < count, let digit = Self.hexDigit(self[i]) else { throw unexpected(at: i) }
            unit = unit << 4 | digit
            i += 1
        }
        return unit
    }

    /// The value of a hexadecimal digit of either case.
    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// The length of the multi-byte UTF-8 sequence that begins at `i` (RFC 3629 §4); `nil` where it is none.
    private func utf8Length(at i: Int) -> Int? {
        let lead = self[i]
        let length: Int
        // Overlong forms, surrogates and values above U+10FFFF show in the second byte.
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0xc2...0xdf: length = 2
        case 0xe0...0xef:
            length = 3
            if lead == 0xe0 { second = 0xa0...0xbf }
            if lead == 0xed { second = 0x80...0x9f }
        case 0xf0...0xf4:
            length = 4
            if lead == 0xf0 { second = 0x90...0xbf }
            if lead == 0xf4 { second = 0x80...0x8f }
        default: return nil
        }
        guard i + length <= count, second.contains(self[i + 1]) else { return nil }
        for k in 2..<max(2, length) where self[i + k] & 0xc0 != 0x80 { return nil }
        return length
    }

    // MARK: Numbers and literals

    /// Skips a number. Returns whether it is an integer: no fraction, no exponent.
    @inline(__always)
    func skipNumber(_ i: inout Int) throws(Fault) -> Bool {
        if i < count, self[i] == UInt8(ascii: "-") { i += 1 }
        if i < count, self[i] == UInt8(ascii: "0") {
            i += 1
        } else {
            try skipDigits(&i)
        }
        var isInteger = true
        if i < count, self[i] == UInt8(ascii: ".") {
            isInteger = false
            i += 1
            try skipDigits(&i)
        }
        if i < count, self[i] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            i += 1
            if i < count, self[i] == UInt8(ascii: "+") || self[i] == UInt8(ascii: "-") { i += 1 }
            try skipDigits(&i)
        }
        return isInteger
    }

    @inline(__always)
    private func skipDigits(_ i: inout Int) throws(Fault) {
        guard i < count, isDigit(i) else { throw unexpected(at: i) }
        repeat { i += 1 } while i < count && isDigit(i)
    }

    @inline(__always)
    func isDigit(_ i: Int) -> Bool { self[i] &- UInt8(ascii: "0") < 10 }

    /// Skips `true`, `false` or `null`, of which the first letter stands at `i`.
    func skipLiteral(_ i: inout Int) throws(Fault) {
        switch self[i] {
        case UInt8(ascii: "t"): try skipLetters(0x65_7572_74, 4, &i)
        case UInt8(ascii: "f"): try skipLetters(0x65_736c_6166, 5, &i)
        case UInt8(ascii: "n"): try skipLetters(0x6c_6c75_6e, 4, &i)
        default: throw unexpected(at: i)
        }
    }

    /// Skips `length` letters, of which the first stands in the lowest bits.
    private func skipLetters(_ letters: UInt64, _ length: Int, _ i: inout Int) throws(Fault) {
        for k in 0..<length { try expect(UInt8(truncatingIfNeeded: letters >> UInt64(8 * k)), &i) }
    }

    // MARK: Values

    /// The deepest nesting of objects and arrays; the event itself is level 1.
    static var maximumDepth: Int { 64 }

    /// Skips a value of any kind that stands inside `depth` objects and arrays.
    func skipValue(_ i: inout Int, depth base: Int) throws(Fault) {
        var depth = base
        // Bit d is set where level d + 1 is an object.
        var objects: UInt64 = 0
        while true {
            guard i < count else { throw Fault(.invalidJSON, at: count) }
            switch self[i] {
            case UInt8(ascii: "\""): _ = try skipString(&i)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try skipNumber(&i)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < Self.maximumDepth else { throw Fault(.nestedTooDeep, at: i) }
                let isObject = self[i] == UInt8(ascii: "{")
                objects = objects & ~(1 << UInt64(depth)) | (isObject ? 1 << UInt64(depth) : 0)
                depth += 1
                i += 1
                skipWhitespace(&i)
                if i < count, self[i] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    i += 1
                    depth -= 1
                    break
                }
                if isObject { try skipKey(&i) }
                continue
            default: try skipLiteral(&i)
            }
            // Behind a value: close what ends here, or go on to the next value.
            while true {
                if depth == base { return }
                let isObject = objects >> UInt64(depth - 1) & 1 == 1
                skipWhitespace(&i)
                guard i < count else { throw Fault(.invalidJSON, at: count) }
                if self[i] == UInt8(ascii: ",") {
                    i += 1
                    skipWhitespace(&i)
                    if isObject { try skipKey(&i) }
                    break
                }
                try expect(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), &i)
                depth -= 1
            }
        }
    }

    /// Skips a key, its colon and the space to the value.
    private func skipKey(_ i: inout Int) throws(Fault) {
        _ = try skipString(&i)
        try skipColon(&i)
    }

    /// Skips a colon and the space on both its sides.
    @inline(__always)
    func skipColon(_ i: inout Int) throws(Fault) {
        skipWhitespace(&i)
        try expect(UInt8(ascii: ":"), &i)
        skipWhitespace(&i)
    }
}
