import RiskModel

/// The first line of a connection that wants acknowledgements: docs/specs/wire.md.
struct StreamRequest: Equatable {
    /// Not 0.
    var session: UInt64

    init(session: UInt64) { self.session = session }

    /// What stands at the beginning of every request, of any version, and of no JSON.
    private static let mark = Array("banrisk/".utf8)
    private static let head = Array("banrisk/1 acks session=".utf8)

    /// With its newline.
    var line: String {
        let digits = String(session, radix: 16)
        return String(decoding: Self.head, as: UTF8.self) + String(repeating: "0", count: 16 - digits.count) + digits
            + "\n"
    }

    /// Why a request is refused. The description is what the client is told.
    enum Fault: Error, Equatable, CustomStringConvertible {
        case version
        case malformed
        case takenOver

        var description: String {
            switch self {
            case .version: "unknown version; this daemon knows banrisk/1"
            case .malformed: "the request must be: banrisk/1 acks session=<16 hexadecimal digits, not all of them 0>"
            case .takenOver: "another connection has taken over this session; give each sender a session of its own"
            }
        }
    }

    /// Reads a connection's first line, without its newline.
    ///
    /// - Returns: `nil` if it is no request, but an event.
    init?(_ line: Span<UInt8>) throws(Fault) {
        guard line.begins(with: Self.mark) else { return nil }
        guard line.begins(with: Array("banrisk/1 ".utf8)) else { throw .version }
        guard line.begins(with: Self.head), line.count == Self.head.count + 16 else { throw .malformed }
        session = 0
        for i in Self.head.count..<line.count {
            guard let digit = Self.digit(line[i]) else { throw .malformed }
            session = session << 4 | digit
        }
        guard session != 0 else { throw .malformed }
    }

    /// Whether a line that broke off may be the beginning of a request.
    static func mayBegin(with line: Span<UInt8>) -> Bool {
        line.begins(with: Array(mark.prefix(line.count)))
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
        default: nil
        }
    }
}

extension Span<UInt8> {
    fileprivate func begins(with bytes: [UInt8]) -> Bool {
        guard count >= bytes.count else { return false }
        for i in bytes.indices where self[i] != bytes[i] { return false }
        return true
    }
}
