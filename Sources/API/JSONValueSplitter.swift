internal import RiskModel

/// Cuts a JSON array, or values behind each other, into frames, one for each value. Looks at quotes and brackets only:
/// what a value is worth, the decoder says.
///
/// Line breaks between the tokens of a value become spaces, for a frame is one line.
struct JSONValueSplitter: ~Copyable {
    /// How a body ends that is no array of values, or no sequence of them.
    enum Ending: Sendable { case whole, unterminated }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Emits the values in order. Of one longer than ``RiskModel/Frame/maximumBytes`` the beginning, as `.oversized`. What
    /// stands where none may stand is emitted as a value, up to the next that could be one.
    mutating func split(_ emit: (Span<UInt8>, FrameFlags) throws -> Void) rethrows -> Ending {
        skipSpace()
        let isArray = peek == UInt8(ascii: "[")
        if isArray { position += 1 }
        while true {
            skipSpace(commas: isArray)
            guard let byte = peek else { return isArray ? .unterminated : .whole }
            if isArray, byte == UInt8(ascii: "]") {
                position += 1
                skipSpace()
                // Behind the array nothing may stand; what does is a fault of its own.
                if position < bytes.count { try Self.emit(bytes.span.extracting(position...), emit) }
                return .whole
            }
            let start = position
            let isWhole = skipValue(isInArray: isArray)
            try Self.emit(bytes.span.extracting(start..<position), emit)
            if !isWhole { return .whole }
        }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace(commas: Bool = false) {
        while let byte = peek, Self.isSpace(byte) || (commas && byte == UInt8(ascii: ",")) { position += 1 }
    }

    /// Moves behind a value; `false` where the body ends in it.
    private mutating func skipValue(isInArray: Bool) -> Bool {
        var depth = 0
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                guard skipString() else { return false }
                if depth == 0 { return true }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // One that closes nothing: of the array's own, the value ends before it; else it is a value, and a fault.
                if depth == 0, isInArray, byte == UInt8(ascii: "]") { return true }
                depth -= 1
                if depth <= 0 {
                    position += 1
                    return true
                }
            default:
                if depth == 0, Self.isSpace(byte) || (isInArray && byte == UInt8(ascii: ",")) { return true }
            }
            position += 1
        }
        return depth == 0
    }

    private mutating func skipString() -> Bool {
        position += 1
        while let byte = peek {
            position += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") { position += 1 }
        }
        position = min(position, bytes.count)
        return false
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }

    private static func emit(_ value: Span<UInt8>, _ emit: (Span<UInt8>, FrameFlags) throws -> Void) rethrows {
        if value.count > Frame.maximumBytes {
            return try emit(value.extracting(first: Frame.keptOfOversized), .oversized)
        }
        var line: [UInt8] = []
        line.append(copying: value)
        for index in line.indices where line[index] == 0x0a || line[index] == 0x0d { line[index] = 0x20 }
        try emit(line.span, [])
    }
}
