/// A MessagePack value, and what it is as bytes: the tests' own encoder, written from the specification.
indirect enum Packed {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case float(Float)
    case double(Double)
    case text(String)
    case binary([UInt8])
    case array([Packed])
    case map([(Packed, Packed)])
    case ext(Int8, [UInt8])
    /// Bytes that are a value already.
    case raw([UInt8])

    /// EventTime of the Forward protocol.
    static func eventTime(_ seconds: UInt32, _ nanoseconds: UInt32) -> Packed {
        .ext(0, seconds.bytes + nanoseconds.bytes)
    }

    static func record(_ fields: KeyValuePairs<String, Packed>) -> Packed {
        .map(fields.map { (.text($0.key), $0.value) })
    }

    /// - Parameter isWide: whether lengths and numbers take as many bytes as there are formats for, and not as few.
    func bytes(isWide: Bool = false) -> [UInt8] {
        switch self {
        case .null: [0xc0]
        case .bool(let value): [value ? 0xc3 : 0xc2]
        case .int(let value) where value >= 0: Packed.uint(UInt64(value)).bytes(isWide: isWide)
        case .int(let value):
            if isWide {
                [0xd3] + value.bytes
            } else if value >= -32 {
                [UInt8(bitPattern: Int8(value))]
            } else if let value = Int8(exactly: value) {
                [0xd0] + value.bytes
            } else if let value = Int16(exactly: value) {
                [0xd1] + value.bytes
            } else if let value = Int32(exactly: value) {
                [0xd2] + value.bytes
            } else {
                [0xd3] + value.bytes
            }
        case .uint(let value):
            if isWide {
                [0xcf] + value.bytes
            } else if value < 128 {
                [UInt8(value)]
            } else if let value = UInt8(exactly: value) {
                [0xcc] + value.bytes
            } else if let value = UInt16(exactly: value) {
                [0xcd] + value.bytes
            } else if let value = UInt32(exactly: value) {
                [0xce] + value.bytes
            } else {
                [0xcf] + value.bytes
            }
        case .float(let value): [0xca] + value.bitPattern.bytes
        case .double(let value): [0xcb] + value.bitPattern.bytes
        case .text(let text):
            Self.counted(text.utf8.count, fixed: (0xa0, 32), [0xd9, 0xda, 0xdb], isWide) + text.utf8
        case .binary(let bytes): Self.counted(bytes.count, fixed: nil, [0xc4, 0xc5, 0xc6], isWide) + bytes
        case .array(let values):
            Self.counted(values.count, fixed: (0x90, 16), [nil, 0xdc, 0xdd], isWide)
                + values.flatMap { $0.bytes(isWide: isWide) }
        case .map(let pairs):
            Self.counted(pairs.count, fixed: (0x80, 16), [nil, 0xde, 0xdf], isWide)
                + pairs.flatMap { $0.bytes(isWide: isWide) + $1.bytes(isWide: isWide) }
        case .ext(let type, let bytes):
            if !isWide, let fixed = [1, 2, 4, 8, 16].firstIndex(of: bytes.count) {
                [0xd4 + UInt8(fixed)] + type.bytes + bytes
            } else {
                Self.counted(bytes.count, fixed: nil, [0xc7, 0xc8, 0xc9], isWide) + type.bytes + bytes
            }
        case .raw(let bytes): bytes
        }
    }

    private static func counted(
        _ count: Int, fixed: (base: UInt8, below: Int)?, _ formats: [UInt8?], _ isWide: Bool
    ) -> [UInt8] {
        if !isWide, let fixed, count < fixed.below { return [fixed.base + UInt8(count)] }
        if !isWide, let format = formats[0], let count = UInt8(exactly: count) { return [format, count] }
        if !isWide, let format = formats[1], let count = UInt16(exactly: count) { return [format] + count.bytes }
        return [formats[2] ?? 0] + UInt32(count).bytes
    }
}

extension FixedWidthInteger {
    /// Big-endian.
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
