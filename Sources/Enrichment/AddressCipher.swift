internal import Crypto
internal import RiskModel
import Synchronization

/// Keyed pseudonyms of addresses that keep networks: a cipher from addresses to addresses of the same family.
///
/// Bit *i* is flipped by a pseudorandom function of the *i* bits before it, as in Crypto-PAn (Xu, Fan, Ammar and Moon,
/// "Prefix-Preserving IP Address Anonymization", ICNP 2002). So two addresses have exactly as many leading bits in common as
/// before, whatever length of network is asked for; different addresses stay different; and with the key there is a way back.
///
/// - The function is HMAC-SHA-256 of the whole bytes before the bit. Its 256 bits are enough for a byte's eight levels: they
///   form a tree with 1 + 2 + … + 128 = 255 nodes, numbered as a binary heap from 1, and node *n* takes bit *n* of the code.
///   That is 4 codes for an IPv4 address, 16 for one of IPv6.
/// - Its key is made of the pseudonyms' by HKDF (RFC 5869), so no text that somebody sends ever yields a part of it.
/// - The prefixes of `::` and of `::ffff:0:0/96` flip nothing. So IPv4 stays IPv4, IPv6 stays IPv6, no address becomes `::`, which
///   is none, and of global unicast (`2000::/3`) exactly the first three bits stay, which all of it has.
struct AddressCipher: Sendable {
    private let hmac: HMAC<SHA256>

    /// - Parameter secret: that of a key of pseudonyms.
    init(secret: [UInt8]) {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Array("banrisk addresses".utf8), outputByteCount: 32)
        hmac = HMAC(key: key)
    }

    /// The address in place of another; ``RiskModel/IPAddress/none`` stays.
    func encrypted(_ address: IPAddress) -> IPAddress { passed(address, isPlain: true) }

    /// The address that another stands for.
    func decrypted(_ address: IPAddress) -> IPAddress { passed(address, isPlain: false) }

    private func passed(_ address: IPAddress, isPlain: Bool) -> IPAddress {
        let bits = UInt128(address)
        // The same on both sides, since these bits stay.
        let kept = Self.keptBits(of: address)
        var passed: UInt128 = 0
        var plain: [UInt8] = []
        plain.reserveCapacity(16)
        for index in 0..<16 {
            let byte = UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * index))
            let stay = min(8, max(0, kept - 8 * index))
            let other = stay == 8 ? byte : self.passed(byte, after: plain.span, keeping: stay, isPlain: isPlain)
            plain.append(isPlain ? byte : other)
            passed = passed << 8 | UInt128(other)
        }
        return IPAddress(passed)
    }

    /// Takes a byte down its tree, whose nodes follow from the plain bits.
    private func passed(_ byte: UInt8, after plain: Span<UInt8>, keeping kept: Int, isPlain: Bool) -> UInt8 {
        var hmac = hmac
        // SAFETY: here and below, the bytes are read inside the closure only.
        unsafe plain.withUnsafeBytes { unsafe hmac.update(data: $0) }
        return unsafe hmac.finalize().withUnsafeBytes { code in
            var node = 1
            var passed: UInt8 = 0
            for depth in 0..<8 {
                let bit = byte >> UInt8(7 - depth) & 1
                let flip = unsafe depth < kept ? 0 : code[node >> 3] >> UInt8(node & 7) & 1
                passed = passed << 1 | (bit ^ flip)
                node = node << 1 | Int(isPlain ? bit : bit ^ flip)
            }
            return passed
        }
    }

    /// How many leading bits stay: those up to the first by which the address differs from `::` and from `::ffff:0:0/96`.
    private static func keptBits(of address: IPAddress) -> Int {
        if address.isV4 { return 96 }
        let bits = UInt128(address)
        let shared = max(bits.leadingZeroBitCount, (bits ^ UInt128(IPAddress(v4: 0))).leadingZeroBitCount)
        return min(128, shared + 1)
    }
}

/// A cipher that remembers what it answered last, so that an address that comes often costs a look.
final class AddressPseudonyms: Sendable {
    /// Where an address stands follows from a hash; a later one of the same place takes it. 2 MiB.
    private static let slotBits: UInt64 = 16

    private struct Slot {
        var plain = IPAddress.none
        var encrypted = IPAddress.none
    }

    private let cipher: AddressCipher
    private let slots = Mutex([Slot](repeating: Slot(), count: 1 << slotBits))

    init(_ cipher: AddressCipher) { self.cipher = cipher }

    /// Replaces the addresses of these events.
    func apply(to batch: inout EventBatch) {
        slots.withLock { slots in
            for i in batch.events.indices where batch.events[i].hasAddress {
                let plain = batch.events[i].address
                // Knuth's multiplicative hash: the upper bits depend on all below.
                let mixed = (plain.high ^ plain.low &* 0x9e37_79b9_7f4a_7c15) &* 0x9e37_79b9_7f4a_7c15
                let place = Int(mixed >> (64 - Self.slotBits))
                if slots[place].plain != plain {
                    slots[place] = Slot(plain: plain, encrypted: cipher.encrypted(plain))
                }
                batch.events[i].address = slots[place].encrypted
            }
        }
    }
}

extension UInt128 {
    fileprivate init(_ address: IPAddress) { self = UInt128(address.high) << 64 | UInt128(address.low) }
}

extension IPAddress {
    fileprivate init(_ bits: UInt128) {
        self.init(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }
}
