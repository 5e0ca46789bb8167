/// What stands at the beginning of a MessagePack value, and how much of it follows (the MessagePack specification, "Formats").
struct MessageHeader: Equatable {
    enum Kind: Equatable {
        case null, boolean, integer, float, string, binary, array, map, `extension`
    }

    let kind: Kind
    /// The bytes of the value itself, with this header and without the values in it.
    let count: Int
    /// The bytes of the header, with an extension's type.
    let headerCount: Int
    /// How many values stand in it: an array's elements, keys and values of a map.
    let values: Int

    /// Reads the header of the value that begins at `place`; `nil` if it is not all there.
    init?(_ bytes: Span<UInt8>, at place: Int) throws(ForwardFault) {
        guard place < bytes.count else { return nil }
        let first = bytes[place]
        switch first {
        case 0x00...0x7f, 0xe0...0xff: self.init(.integer)
        case 0x80...0x8f: self.init(.map, values: 2 * Int(first & 0x0f))
        case 0x90...0x9f: self.init(.array, values: Int(first & 0x0f))
        case 0xa0...0xbf: self.init(.string, body: Int(first & 0x1f))
        case 0xc0: self.init(.null)
        case 0xc2, 0xc3: self.init(.boolean)
        case 0xca: self.init(.float, body: 4)
        case 0xcb: self.init(.float, body: 8)
        case 0xcc...0xcf: self.init(.integer, body: 1 << Int(first - 0xcc))
        case 0xd0...0xd3: self.init(.integer, body: 1 << Int(first - 0xd0))
        case 0xd4...0xd8: self.init(.extension, header: 2, body: 1 << Int(first - 0xd4))
        case 0xc1: throw .notMessagePack
        default:
            let (kind, width) = Self.counted(first)
            guard let number = Self.number(bytes, at: place + 1, width: width) else { return nil }
            switch kind {
            case .array: self.init(kind, header: 1 + width, values: number)
            case .map: self.init(kind, header: 1 + width, values: 2 * number)
            case .extension: self.init(kind, header: 2 + width, body: number)
            default: self.init(kind, header: 1 + width, body: number)
            }
        }
    }

    private init(_ kind: Kind, header: Int = 1, body: Int = 0, values: Int = 0) {
        self.kind = kind
        count = header + body
        headerCount = header
        self.values = values
    }

    /// The formats that have their number behind the first byte, and its width.
    private static func counted(_ first: UInt8) -> (Kind, width: Int) {
        switch first {
        case 0xc4...0xc6: (.binary, 1 << Int(first - 0xc4))
        case 0xc7...0xc9: (.extension, 1 << Int(first - 0xc7))
        case 0xd9...0xdb: (.string, 1 << Int(first - 0xd9))
        case 0xdc, 0xdd: (.array, 2 << Int(first - 0xdc))
        default: (.map, 2 << Int(first - 0xde))
        }
    }

    /// A big-endian number.
    private static func number(_ bytes: Span<UInt8>, at place: Int, width: Int) -> Int? {
        guard place + width <= bytes.count else { return nil }
        var number = 0
        for i in place..<place + width { number = number << 8 | Int(bytes[i]) }
        return number
    }
}
