internal import Crypto

/// The secret keys of pseudonyms, the current one first.
///
/// A key file has one key a line, `ID:HEX`: an id of 1 to 8 letters and digits that every pseudonym shows, and 32 bytes as 64
/// hexadecimal digits. Empty lines and lines that begin with `#` are passed over. The keys appear in no message.
package struct PseudonymKeys: Sendable {
    /// One key; its secret cannot be read back.
    struct Key: Sendable {
        let id: [UInt8]
        let hmac: HMAC<SHA256>
        let addresses: AddressCipher
    }

    /// Bytes of a key: as many as HMAC-SHA-256 has bits of strength for (RFC 2104, section 3).
    package static let keyBytes = 32
    /// The longest id of a key.
    package static let longestID = 8
    /// More lines than this are a mistake.
    private static let mostKeys = 64

    let keys: [Key]

    /// The ids in order, the current one first.
    package var ids: [String] { keys.map { String(decoding: $0.id, as: UTF8.self) } }

    /// Reads the text of a key file.
    ///
    /// - Parameter file: the name for messages.
    /// - Throws: every fault, each with its line; never a key.
    package init(parsing text: String, file: String) throws(PseudonymKeyFaults) {
        var faults: [String] = []
        var keys: [Key] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.filter { $0 != " " && $0 != "\t" }
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let place = "\(file):\(number + 1)"
            do throws(LineFault) {
                let key = try Self.key(line)
                if keys.contains(where: { $0.id == key.id }) {
                    throw .init("a key of this id stands above; rename one")
                }
                keys.append(key)
            } catch {
                faults.append("\(place): \(error.message)")
            }
            if keys.count > Self.mostKeys {
                faults.append("\(place): more than \(Self.mostKeys) keys; remove those of which no row is left")
                break
            }
        }
        if keys.isEmpty, faults.isEmpty {
            faults.append("\(file): there is no key in it; make one with: banrisk pseudonym --new-key")
        }
        guard faults.isEmpty else { throw PseudonymKeyFaults(faults: faults) }
        self.keys = keys
    }

    private struct LineFault: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }

    private static func key(_ line: String) throws(LineFault) -> Key {
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw LineFault("a key is ID:HEX, such as banrisk pseudonym --new-key makes")
        }
        let id = String(parts[0])
        guard isID(id) else {
            throw LineFault("a key's id is 1 to \(longestID) of a to z and 0 to 9")
        }
        guard let secret = bytes(hex: parts[1]) else {
            throw LineFault("the key is not written in pairs of hexadecimal digits")
        }
        guard secret.count == keyBytes else {
            throw LineFault(
                "the key has \(secret.count) bytes and must have \(keyBytes): \(2 * keyBytes) hexadecimal digits")
        }
        guard Set(secret).count > 4 else { throw LineFault("the key is no random number; make another") }
        return Key(
            id: Array(id.utf8), hmac: HMAC<SHA256>(key: SymmetricKey(data: secret)),
            addresses: AddressCipher(secret: secret))
    }

    /// Whether a text can be the id of a key.
    package static func isID(_ text: String) -> Bool {
        (1...longestID).contains(text.utf8.count)
            && text.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) }
    }

    private static func bytes(hex: Substring) -> [UInt8]? {
        let digits = hex.compactMap(\.hexDigitValue)
        guard digits.count == hex.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// A line for a key file with a key that the system's generator of random numbers has made.
    package static func newLine(id: String) -> String {
        let key = SymmetricKey(size: .bits256)
        // SAFETY: the bytes are copied before the closure ends.
        let secret = unsafe key.withUnsafeBytes { unsafe Array($0) }
        return id + ":" + String(decoding: hexDigits(of: secret), as: UTF8.self)
    }

    static func hexDigits(of bytes: some Sequence<UInt8>) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}

/// Everything that is wrong with a key file. Never empty; holds no key.
package struct PseudonymKeyFaults: Error, Sendable, Hashable, CustomStringConvertible {
    package let faults: [String]

    package init(faults: [String]) { self.faults = faults }

    package var description: String { faults.joined(separator: "\n") }
}
