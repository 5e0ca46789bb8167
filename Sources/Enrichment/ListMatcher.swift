internal import RiskModel

/// Everything that all lists name, in one table for each kind of entry. A look-up gives the bits of all lists at once.
struct ListMatcher: Sendable {
    let networks: NetworkTable
    let asns: KeyTable
    let countries: CountryTable
    let phones: PhoneTable
    let domains: DomainTable
    let bins: BinTable

    init(_ lists: [OperatorList]) {
        var ranges: [(prefixes: [IPPrefix], bit: UInt64)] = []
        var asns: [UInt64: UInt64] = [:]
        var countries: [(entry: CountryEntry, bit: UInt64)] = []
        var phones: [PhonePrefix: UInt64] = [:]
        var domains: [String: UInt64] = [:]
        var bins: [String: UInt64] = [:]
        for (index, list) in lists.enumerated() {
            let bit: UInt64 = 1 << UInt64(index)
            switch list.entries {
            case .cidr(let entries): ranges.append((entries, bit))
            case .asn(let entries): for entry in entries { asns[UInt64(entry), default: 0] |= bit }
            case .country(let entries): countries += entries.map { ($0, bit) }
            case .prefix(let entries): for entry in entries { phones[entry, default: 0] |= bit }
            case .domain(let entries): for entry in entries { domains[entry, default: 0] |= bit }
            case .bin(let entries): for entry in entries { bins[entry, default: 0] |= bit }
            }
        }
        networks = NetworkTable(ranges)
        self.asns = KeyTable(asns)
        self.countries = CountryTable(countries)
        self.phones = PhoneTable(phones)
        self.domains = DomainTable(domains)
        self.bins = BinTable(bins)
    }
}

/// The first digits of cards.
struct BinTable: Sendable {
    private let bins: KeyTable

    init(_ bins: [String: UInt64]) {
        self.bins = KeyTable(Dictionary(uniqueKeysWithValues: bins.map { (Self.key($0.key.utf8), $0.value) }))
        isEmpty = bins.isEmpty
    }

    let isEmpty: Bool

    /// The bits of an issuer's number of up to eight digits, and of the shorter ones that it begins with.
    func bits(of digits: Span<UInt8>) -> UInt64 {
        var bits: UInt64 = 0
        var key: UInt64 = 1
        for i in digits.indices {
            key = key * 10 + UInt64(digits[i] & 0xf)
            if i >= 3 { bits |= bins.bits(of: key) }
        }
        return bits
    }

    /// The digits behind a one, so that zeros in front count.
    private static func key(_ digits: some Sequence<UInt8>) -> UInt64 {
        digits.reduce(1) { $0 * 10 + UInt64($1 & 0xf) }
    }
}

/// Bits by number, in order of the numbers: faster than a dictionary for as many as people keep in lists.
struct KeyTable: Sendable {
    private let keys: [UInt64]
    private let bits: [UInt64]

    init(_ table: [UInt64: UInt64]) {
        let sorted = table.sorted { $0.key < $1.key }
        keys = sorted.map(\.key)
        bits = sorted.map(\.value)
    }

    func bits(of key: UInt64) -> UInt64 {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key ? bits[low] : 0
    }
}

/// Address space cut where the set of lists changes: `bits[i]` holds from `starts[i]` up to `starts[i + 1]`.
struct NetworkTable: Sendable {
    private var starts: [UInt128] = []
    private var bits: [UInt64] = []

    init(_ lists: [(prefixes: [IPPrefix], bit: UInt64)]) {
        var edges: [(at: UInt128, bit: UInt64)] = []
        for (prefixes, bit) in lists {
            // Networks that overlap or touch become one, so that each edge flips the list's bit.
            var end: UInt128? = nil
            for prefix in prefixes.sorted(by: { Self.number($0.address) < Self.number($1.address) }) {
                let first = Self.number(prefix.address)
                let last = first | (prefix.length == 0 ? .max : (UInt128(1) << UInt128(128 - prefix.length)) - 1)
                if let reached = end {
                    if last <= reached { continue }
                    if first <= reached || first == reached + 1 {
                        edges.removeLast()
                    } else {
                        edges.append((first, bit))
                    }
                } else {
                    edges.append((first, bit))
                }
                end = last
                // The edge behind the last address of all wraps to zero, and is taken away below.
                edges.append((last &+ 1, bit))
            }
            if end == .max { edges.removeLast() }
        }
        edges.sort { $0.at < $1.at }
        var mask: UInt64 = 0
        for edge in edges {
            mask ^= edge.bit
            if starts.last == edge.at {
                bits[bits.count - 1] = mask
            } else {
                starts.append(edge.at)
                bits.append(mask)
            }
        }
    }

    func bits(of address: IPAddress) -> UInt64 {
        let key = Self.number(address)
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= key { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : bits[low - 1]
    }

    private static func number(_ address: IPAddress) -> UInt128 {
        UInt128(address.high) << 64 | UInt128(address.low)
    }
}

/// Dated entries by country: those of the country with number *i* stand from `starts[i]` up to `starts[i + 1]`.
struct CountryTable: Sendable {
    private var starts: [Int] = []
    private var entries: [(from: Timestamp, until: Timestamp, bit: UInt64)] = []

    init(_ list: [(entry: CountryEntry, bit: UInt64)]) {
        guard !list.isEmpty else { return }
        var byCountry = Array(repeating: [(from: Timestamp, until: Timestamp, bit: UInt64)](), count: 26 * 26)
        for (entry, bit) in list { byCountry[Self.number(entry.country)].append((entry.from, entry.until, bit)) }
        for country in byCountry {
            starts.append(entries.count)
            entries += country
        }
        starts.append(entries.count)
    }

    func bits(of country: CountryCode, at time: Timestamp) -> UInt64 {
        guard country != .unknown, !starts.isEmpty else { return 0 }
        let number = Self.number(country)
        var bits: UInt64 = 0
        for entry in entries[starts[number]..<starts[number + 1]] where entry.from <= time && time < entry.until {
            bits |= entry.bit
        }
        return bits
    }

    /// 0 to 675 for the two letters of a known country.
    private static func number(_ country: CountryCode) -> Int {
        Int(country.rawValue >> 8 - 65) * 26 + Int(country.rawValue & 0xff - 65)
    }
}

/// Telephone prefixes by their digits; one look-up for each length that occurs.
struct PhoneTable: Sendable {
    private let prefixes: KeyTable
    /// Bit *i* is set where a prefix has *i* digits.
    private let lengths: UInt32

    init(_ prefixes: [PhonePrefix: UInt64]) {
        self.prefixes = KeyTable(
            Dictionary(uniqueKeysWithValues: prefixes.map { (Self.key($0.key.digits, $0.key.count), $0.value) }))
        lengths = prefixes.keys.reduce(0) { $0 | 1 << UInt32($1.count) }
    }

    var isEmpty: Bool { lengths == 0 }

    /// The bits of a number in international form: `+` or `00`, then digits; space, hyphen, dot and brackets are
    /// skipped.
    ///
    /// A number without `+` or `00` is national: which country's, nobody knows, so nothing matches.
    func bits(of phone: Span<UInt8>) -> UInt64 {
        var bits: UInt64 = 0
        var digits: UInt64 = 0
        var count = 0
        var plus = false
        var zeros = 0
        for i in phone.indices {
            switch phone[i] {
            case UInt8(ascii: "+") where !plus && zeros == 0: plus = true
            case UInt8(ascii: "0") where !plus && zeros < 2: zeros += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard plus || zeros == 2, count < PhonePrefix.maximumDigits else { return bits }
                digits = digits * 10 + UInt64(phone[i] - UInt8(ascii: "0"))
                count += 1
                if lengths >> UInt32(count) & 1 != 0 { bits |= prefixes.bits(of: Self.key(digits, count)) }
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"): continue
            default: return bits
            }
        }
        return bits
    }

    /// Fifteen digits need 50 bits.
    private static func key(_ digits: UInt64, _ count: Int) -> UInt64 { UInt64(count) << 56 | digits }
}

/// Domains in an open-addressed table, by a hash of their bytes from the last to the first: so one pass over a name
/// meets all its parents.
///
/// The hash (FNV-1a, 64 bits) decides where to look; names are compared whole. Only the operator's names are stored, so
/// nobody outside can lengthen a search by more than the operator's own collisions.
struct DomainTable: Sendable {
    private struct Entry: Sendable {
        var hash: UInt64
        var start: Int
        var count: Int
        var bits: UInt64
    }

    private var names: [UInt8] = []
    private var entries: [Entry] = []
    /// Index of an entry plus one, or 0; a power of two of them, at most half full.
    private var slots: [UInt32]

    init(_ domains: [String: UInt64]) {
        slots = [0, 0]
        while slots.count < domains.count * 2 { slots = Array(repeating: 0, count: slots.count * 2) }
        for (domain, bits) in domains.sorted(by: { $0.key < $1.key }) {
            let start = names.count
            names.append(contentsOf: domain.utf8)
            let hash = names[start...].reversed().reduce(Self.basis, Self.step)
            entries.append(Entry(hash: hash, start: start, count: names.count - start, bits: bits))
            var slot = Self.mixed(hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(entries.count)
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// The bits of what stands behind the last @; nothing where there is no @. A dot at the end is not looked at.
    func bits(of email: Span<UInt8>) -> UInt64 {
        var end = email.count
        if end > 0, email[end - 1] == UInt8(ascii: ".") { end -= 1 }
        var bits: UInt64 = 0
        var hash = Self.basis
        var i = end - 1
        while i >= 0, email[i] != UInt8(ascii: "@") {
            hash = Self.step(hash, Self.lowercase(email[i]))
            if i > 0, email[i - 1] == UInt8(ascii: ".") || email[i - 1] == UInt8(ascii: "@") {
                bits |= find(email.extracting(i..<end), hash)
            }
            i -= 1
        }
        return i < 0 ? 0 : bits
    }

    private func find(_ name: Span<UInt8>, _ hash: UInt64) -> UInt64 {
        var slot = Self.mixed(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.hash == hash, equals(entry, name) { return entry.bits }
            slot = (slot + 1) & (slots.count - 1)
        }
        return 0
    }

    private func equals(_ entry: Entry, _ name: Span<UInt8>) -> Bool {
        guard entry.count == name.count else { return false }
        for i in name.indices where names[entry.start + i] != Self.lowercase(name[i]) { return false }
        return true
    }

    private static let basis: UInt64 = 0xcbf2_9ce4_8422_2325

    private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    /// FNV's lower bits depend on the lower bits of the bytes alone.
    private static func mixed(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash ^ hash >> 32) }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
