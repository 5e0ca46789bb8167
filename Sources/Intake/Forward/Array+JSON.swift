import CMessagePack
import RiskModel

extension [UInt8] {
    /// Appends a value as JSON (RFC 8259).
    mutating func append(json value: mp_value) {
        switch unsafe value.kind {
        case MP_BOOLEAN.rawValue: unsafe append(ascii: value.boolean ? "true" : "false")
        case MP_POSITIVE_INTEGER.rawValue: unsafe append(contentsOf: String(value.unsigned_integer).utf8)
        case MP_NEGATIVE_INTEGER.rawValue: unsafe append(contentsOf: String(value.signed_integer).utf8)
        case MP_FLOAT64.rawValue: append(json: unsafe value.number)
        case MP_FLOAT32.rawValue: append(json: unsafe Float(value.number))
        case MP_STRING.rawValue, MP_BINARY.rawValue:
            // SAFETY: here and below, the kind says which member counts, and the library made it of so many values.
            let text = unsafe UnsafeBufferPointer(start: value.text.bytes, count: Int(value.text.count))
            append(json: unsafe text.span)
        case MP_ARRAY.rawValue:
            append(UInt8(ascii: "["))
            for i in unsafe 0..<Int(value.array.count) {
                if i > 0 { append(UInt8(ascii: ",")) }
                unsafe append(json: value.array.values[i])
            }
            append(UInt8(ascii: "]"))
        case MP_MAP.rawValue:
            append(UInt8(ascii: "{"))
            for i in unsafe 0..<Int(value.map.count) {
                if i > 0 { append(UInt8(ascii: ",")) }
                unsafe append(json: value.map.pairs[i])
            }
            append(UInt8(ascii: "}"))
        default:
            if let time = unsafe value.kind == MP_EXTENSION.rawValue ? unsafe Timestamp(value) : nil {
                append(json: time)
            } else {
                append(ascii: "null")
            }
        }
    }

    /// Appends a member of an object. A key that is no text is a text of its JSON; one that holds further values is "null", or
    /// keys in keys would be escaped over and over.
    mutating func append(json pair: mp_pair) {
        switch unsafe pair.key.kind {
        case MP_STRING.rawValue, MP_BINARY.rawValue: unsafe append(json: pair.key)
        case MP_ARRAY.rawValue, MP_MAP.rawValue, MP_EXTENSION.rawValue: append(ascii: "\"null\"")
        default:
            append(UInt8(ascii: "\""))
            unsafe append(json: pair.key)
            append(UInt8(ascii: "\""))
        }
        append(UInt8(ascii: ":"))
        unsafe append(json: pair.value)
    }

    private mutating func append<Number: BinaryFloatingPoint & CustomStringConvertible>(json number: Number) {
        append(contentsOf: number.isFinite ? number.description.utf8 : "null".utf8)
    }

    /// Appends a text. What is no UTF-8 is replaced by U+FFFD.
    mutating func append(json text: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        if (try? UTF8Span(validating: text)) != nil {
            append(escaping: text)
        } else {
            // SAFETY: the buffer is read only inside the closure.
            let mended = unsafe text.withUnsafeBufferPointer {
                unsafe [UInt8](String(decoding: $0, as: UTF8.self).utf8)
            }
            append(escaping: mended.span)
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends a time as text: RFC 3339 in UTC with microseconds.
    mutating func append(json time: Timestamp) {
        append(UInt8(ascii: "\""))
        append(contentsOf: time.description.utf8)
        append(UInt8(ascii: "\""))
    }

    /// Appends UTF-8 with the escapes that JSON asks for.
    private mutating func append(escaping text: Span<UInt8>) {
        var start = 0
        for i in text.indices {
            let byte = text[i]
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
            append(copying: text.extracting(start..<i))
            start = i + 1
            switch byte {
            case UInt8(ascii: "\""): append(ascii: "\\\"")
            case UInt8(ascii: "\\"): append(ascii: "\\\\")
            case UInt8(ascii: "\n"): append(ascii: "\\n")
            case UInt8(ascii: "\r"): append(ascii: "\\r")
            case UInt8(ascii: "\t"): append(ascii: "\\t")
            default:
                append(ascii: "\\u00")
                for digit in [byte >> 4, byte & 15] {
                    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                }
            }
        }
        append(copying: text.extracting(start...))
    }

    mutating func append(ascii text: StaticString) {
        // SAFETY: a static string's bytes are there for good, and are counted.
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
