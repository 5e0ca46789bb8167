internal import Crypto
package import RiskModel

/// Puts keyed pseudonyms in place of what names people: the folds, and all that comes behind them, see nothing else.
///
/// A pseudonym is `~k1:` with the id of its key, and 128 bits of HMAC-SHA-256 (RFC 2104, FIPS 180-4) as 32 hexadecimal digits.
/// Equal texts have equal pseudonyms, whatever field they stand in, so everything that rules count and compare stays as it
/// was. Two different texts among *n* have the same one with a probability of *n*²/2¹²⁹: with a thousand million texts
/// 1.5 · 10⁻²¹. Without the key nobody can make the pseudonym of a telephone number and look for it.
///
/// Rules must see the networks of addresses, so of these the pseudonyms are addresses too: see ``AddressCipher``.
package struct Pseudonymizer: Sendable {
    /// What can be replaced.
    package enum Subject: String, Sendable, CaseIterable {
        case phone
        /// The address and the mailbox.
        case email
        case card
        case username
        case account
        /// The address, and with it its networks.
        case ip

        /// The fields whose texts are replaced.
        package var fields: [Field] {
            switch self {
            case .phone: [.phone]
            case .email: [.email, .mailbox]
            case .card: [.card]
            case .username: [.username]
            case .account: [.account]
            case .ip: [.ip, .prefix, .prefix48]
            }
        }
    }

    /// What every pseudonym begins with.
    static let mark = UInt8(ascii: "~")
    /// Bytes of the authentication code that are shown.
    static let shownBytes = 16

    /// In order of ``Subject/allCases``.
    package let subjects: [Subject]
    /// The fields whose texts are pseudonyms.
    package let fields: Set<Field>
    /// Differs where the current key or the subjects differ: states under one mean nothing under the other.
    package let fingerprint: UInt64
    /// Differs where addresses have other pseudonyms, or none: networks that are remembered under one are not found again
    /// under the other. 0 where addresses stay as they are.
    package let networkFingerprint: UInt64
    private let keys: PseudonymKeys
    /// `nil` where addresses stay as they are.
    private let addresses: AddressPseudonyms?

    package init(keys: PseudonymKeys, subjects: Set<Subject>) {
        self.keys = keys
        self.subjects = Subject.allCases.filter(subjects.contains)
        fields = Set(subjects.flatMap(\.fields))
        addresses = subjects.contains(.ip) ? AddressPseudonyms(keys.keys[0].addresses) : nil
        let names = self.subjects.map(\.rawValue).joined(separator: ",")
        func number(_ text: String) -> UInt64 {
            Self.code(of: Array(text.utf8).span, keys.keys[0]).prefix(8).reduce(0) { $0 << 8 | UInt64($1) } | 1
        }
        fingerprint = number("fingerprint \(names)")
        networkFingerprint = subjects.contains(.ip) ? number("fingerprint networks") : 0
    }

    /// What is replaced, and under which key: `phone, email, card under key k1`.
    package var summary: String {
        subjects.map(\.rawValue).joined(separator: ", ") + " under key " + (keyIDs.first ?? "")
    }

    /// The ids of the keys, the current one first.
    package var keyIDs: [String] { keys.ids }

    /// The pseudonyms of a text under all keys, the current one first.
    package func pseudonyms(of text: String) -> [String] {
        keys.keys.map { key in
            var bytes: [UInt8] = []
            Self.append(Self.code(of: Array(text.utf8).span, key), key, to: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The addresses that stand for one under all keys, the current one first.
    package func pseudonyms(of address: IPAddress) -> [IPAddress] { keys.keys.map { $0.addresses.encrypted(address) } }

    /// The addresses that one may stand for, by the ids of the keys.
    package func plain(_ address: IPAddress) -> [(key: String, address: IPAddress)] {
        zip(keyIDs, keys.keys).map { ($0, $1.addresses.decrypted(address)) }
    }

    /// What the audit has of an account that was forgotten: no pseudonym of the account, and still its alone.
    package func receipt(of account: String) -> String { pseudonyms(of: "forgotten " + account)[0] }

    /// The name by which the folds and the database know an account.
    package func name(ofAccount account: String) -> String {
        guard fields.contains(.account), !isPseudonym(Array(account.utf8).span) else { return account }
        return pseudonyms(of: account)[0]
    }

    /// Replaces the texts of these events. Costs only what is there.
    ///
    /// A verdict may name its account by the pseudonym: whoever gives it has seen nothing else.
    package func apply(to batch: inout EventBatch) {
        let key = keys.keys[0]
        var text: [UInt8] = []
        swap(&text, &batch.text)
        func replace(_ slice: inout TextSlice) {
            guard !slice.isEmpty else { return }
            let start = text.count
            let code = Self.code(of: text.span.extracting(slice.range), key)
            Self.append(code, key, to: &text)
            slice = TextSlice(offset: UInt32(start), count: UInt32(text.count - start))
        }
        for i in batch.events.indices {
            for subject in subjects {
                switch subject {
                case .phone: replace(&batch.events[i].phone)
                case .email:
                    let isOne = batch.events[i].email == batch.events[i].mailbox
                    replace(&batch.events[i].email)
                    if isOne {
                        batch.events[i].mailbox = batch.events[i].email
                    } else {
                        replace(&batch.events[i].mailbox)
                    }
                case .card: replace(&batch.events[i].card)
                case .username: replace(&batch.events[i].username)
                case .account:
                    let account = batch.events[i].account
                    let isKnown =
                        batch.events[i].type == .verdict && isPseudonym(text.span.extracting(account.range))
                    if !isKnown { replace(&batch.events[i].account) }
                case .ip: break
                }
            }
        }
        swap(&text, &batch.text)
        addresses?.apply(to: &batch)
    }

    /// Whether a text has the form of a pseudonym under one of the keys.
    func isPseudonym(_ text: Span<UInt8>) -> Bool {
        keys.keys.contains { key in
            let head = key.id.count + 2
            guard text.count == head + 2 * Self.shownBytes, text[0] == Self.mark, text[head - 1] == UInt8(ascii: ":")
            else { return false }
            for i in key.id.indices where text[i + 1] != key.id[i] { return false }
            return true
        }
    }

    private static func append(_ code: HMAC<SHA256>.MAC, _ key: PseudonymKeys.Key, to bytes: inout [UInt8]) {
        bytes.append(mark)
        bytes.append(contentsOf: key.id)
        bytes.append(UInt8(ascii: ":"))
        // SAFETY: the bytes of the code are read inside the closure only.
        unsafe code.withUnsafeBytes { code in
            for i in 0..<shownBytes {
                let byte = unsafe code[i]
                bytes.append(digit(byte >> 4))
                bytes.append(digit(byte & 15))
            }
        }
    }

    @inline(__always)
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The key's two hash states after its padding are made once and copied: half of the work (RFC 2104, section 4).
    private static func code(of text: Span<UInt8>, _ key: PseudonymKeys.Key) -> HMAC<SHA256>.MAC {
        var hmac = key.hmac
        // SAFETY: the bytes are read inside the closure only.
        unsafe text.withUnsafeBytes { unsafe hmac.update(data: $0) }
        return hmac.finalize()
    }
}
