/// Text as bytes. None of it needs escapes in JSON: all texts of the simulation are ASCII without quotes.
extension [UInt8] {
    mutating func add(_ text: StaticString) {
        // SAFETY: a static string is valid for ever, and its bytes are copied.
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @_disfavoredOverload
    mutating func add(_ text: String) { append(contentsOf: text.utf8) }

    /// `,"key":"value"`; nothing where the value is empty.
    mutating func add(_ key: StaticString, _ value: String) {
        if value.isEmpty { return }
        add(",\"")
        add(key)
        add("\":\"")
        append(contentsOf: value.utf8)
        add("\"")
    }

    mutating func add(decimal value: UInt64) {
        if value >= 10 { add(decimal: value / 10) }
        append(48 + UInt8(value % 10))
    }

    mutating func add(padded value: Int, _ digits: Int) {
        var unit = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            append(48 + UInt8(value / unit % 10))
            unit /= 10
        }
    }

    mutating func add(hexadecimal value: UInt64, digits: Int = 16) {
        for digit in stride(from: digits - 1, through: 0, by: -1) {
            let nibble = UInt8(value >> UInt64(digit * 4) & 15)
            append(nibble < 10 ? 48 + nibble : 87 + nibble)
        }
    }

    /// A random UUID (RFC 9562, version 4).
    mutating func add(uuid high: UInt64, _ low: UInt64) {
        add(hexadecimal: high >> 32, digits: 8)
        add("-")
        add(hexadecimal: high >> 16, digits: 4)
        add("-4")
        add(hexadecimal: high, digits: 3)
        add("-")
        add(hexadecimal: low >> 62 | 8, digits: 1)
        add(hexadecimal: low >> 48, digits: 3)
        add("-")
        add(hexadecimal: low, digits: 12)
    }

    /// The address in full; IPv6 without the shortening by `::`.
    mutating func add(_ address: Address) {
        if address.isV4 {
            for shift in [24, 16, 8, 0] as [UInt64] {
                add(decimal: address.low >> shift & 255)
                if shift > 0 { add(".") }
            }
            return
        }
        for half in [address.high, address.low] {
            for shift in [48, 32, 16, 0] as [UInt64] {
                let group = half >> shift & 0xffff
                add(hexadecimal: group, digits: group < 16 ? 1 : group < 256 ? 2 : group < 4096 ? 3 : 4)
                add(":")
            }
        }
        removeLast()
    }
}
