/// Path and query of a request, cut apart; each part is decoded once, strictly.
struct Target: Sendable {
    /// Between the slashes, as they came.
    let segments: [Substring]
    private let query: Substring?

    /// - Parameter text: `/v1/accounts/alice?limit=3`; any other form is refused.
    init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x23 })
        else {
            return nil
        }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        segments = parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        query = parts.count > 1 ? parts[1] : nil
    }

    /// The query's pairs in their order; `nil` where a text cannot be decoded.
    var pairs: [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for part in (query ?? "").split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(sides[0], isForm: true),
                let value = sides.count > 1 ? Self.decode(sides[1], isForm: true) : ""
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    /// Undoes percent-encoding; `nil` for a broken escape or what is not UTF-8.
    ///
    /// - Parameter isForm: whether `+` stands for a space, as HTML forms and most clients write queries.
    static func decode(_ text: Substring, isForm: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where isForm: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Writes text so that ``decode(_:isForm:)`` gives it back.
    static func encode(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
