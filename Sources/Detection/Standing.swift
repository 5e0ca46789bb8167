package import RiskModel

/// What the profile knows of the account behind an event.
package struct Standing: Sendable {
    /// ``AccountRef/none`` where the event names no account.
    package var account: AccountRef
    /// When the account was registered; ``Timestamp/epoch`` where its registration was not seen.
    package var registeredAt: Timestamp
    /// The account's first event.
    package var firstSeen: Timestamp
    /// What of the event is new to an account that was known before.
    package var firsts: Sights
    var life = Life()
    /// Whether nothing was known of the account before this event.
    var isFirstSight: Bool
    /// Whether the account had told a device before this event.
    var hadDevice = false

    static let unknown = Standing(
        account: .none, registeredAt: .epoch, firstSeen: .epoch, firsts: [], isFirstSight: true)

    /// Whether the account is new at `time`: its registration was seen, and is not longer ago than `span`.
    @inline(__always)
    func isFresh(at time: Timestamp, for span: Interval) -> Bool {
        registeredAt != .epoch && time - registeredAt <= span
    }
}

/// The few devices, networks and countries that an account used last, as 16 bits each of their hashes: enough to say that
/// something is new, wrong once in some ten thousand times, and then in the account's favour.
struct Familiarity: Sendable {
    private var devices = InlineArray<3, UInt16>(repeating: 0)
    private var networks = InlineArray<3, UInt16>(repeating: 0)
    private var countries = InlineArray<2, UInt16>(repeating: 0)

    /// Whether any device is known.
    var hasDevice: Bool { devices[0] != 0 }

    /// What of the event is none of the known; nothing where nothing is known. What the event succeeded with is known then.
    ///
    /// - Parameter device: The device's ``mark(_:)``; 0 where the event has none.
    @inline(__always)
    mutating func observe(_ event: borrowing Event, device: UInt16, hash: KeyHash) -> Sights {
        var firsts: Sights = []
        let counts = event.outcome != .failure
        if device != 0, Self.isFirst(device, &devices, keeping: counts) { firsts.insert(.device) }
        guard event.hasAddress else { return firsts }
        if Self.isFirst(mark(event.provider(hash)), &networks, keeping: counts) { firsts.insert(.network) }
        if event.place.country != .unknown, countries[0] != 0, countries[0] != event.place.country.rawValue {
            firsts.insert(.switched)
        }
        if event.place.country != .unknown,
            Self.isFirst(event.place.country.rawValue, &countries, keeping: counts)
        {
            firsts.insert(.country)
        }
        return firsts
    }

    /// Whether something is known and this is not; what is kept stands first.
    private static func isFirst<let n: Int>(
        _ mark: UInt16, _ known: inout InlineArray<n, UInt16>, keeping: Bool
    ) -> Bool {
        var place = known.count - 1
        var isKnown = false
        for i in known.indices where known[i] == mark {
            place = i
            isKnown = true
            break
        }
        let isFirst = !isKnown && known[0] != 0
        guard keeping else { return isFirst }
        while place > 0 {
            known[place] = known[place - 1]
            place -= 1
        }
        known[0] = mark
        return isFirst
    }

    /// Where networks have other names than before, each would be a first: what was known of them is nothing then.
    mutating func forgetNetworks() { networks = InlineArray(repeating: 0) }

    func encode(into writer: inout StateWriter) {
        for i in devices.indices { writer.write(devices[i]) }
        for i in networks.indices { writer.write(networks[i]) }
        for i in countries.indices { writer.write(countries[i]) }
    }

    init() {}

    init(from reader: inout StateReader) throws(StateFault) {
        for i in devices.indices { devices[i] = try reader.read() }
        for i in networks.indices { networks[i] = try reader.read() }
        for i in countries.indices { countries[i] = try reader.read() }
    }
}

/// Where an account has lived since it was first seen, which is most often its registration.
///
/// People who sign up together in a class, an office or a conference go home; the accounts of a farm have no other home. An
/// account counts as settled when it has come back on ``returns`` later days.
struct Life: Sendable {
    /// So many days on which an account came back make it settled.
    static let returns = 2

    /// 16 bits of the hash of the network that it was first seen in.
    private var home: UInt16 = 0
    private var device: UInt16 = 0
    /// Days of coming back, at most 15; above it whether it was seen elsewhere, and on another device.
    private var days: UInt8 = 0
    private var isAway = false
    private var hasOtherDevice = false
    private var lastDay: UInt16 = 0

    /// Whether this is the first that is seen of the account.
    var isUnknown: Bool { home == 0 }
    /// Came back, and was seen nowhere else.
    var isCaptive: Bool { home != 0 && days >= Self.returns && !isAway }
    /// Came back, and was seen on no other device.
    var hasOneDevice: Bool { hasNoOtherDevice && days >= Self.returns }

    /// Was seen on a device, and on no other.
    var hasNoOtherDevice: Bool { device != 0 && !hasOtherDevice }

    /// - Parameter used: The device's ``mark(_:)``; 0 where the event has none.
    @inline(__always)
    mutating func observe(_ event: borrowing Event, device used: UInt16, hash: KeyHash) {
        guard event.outcome != .failure, event.hasAddress, event.type != .verdict else { return }
        // IPv4 /24, IPv6 /48: within them a subscriber's addresses change.
        let network = event.address.masked(to: event.address.isV4 ? 120 : 48)
        let place = mark(hash.hash(network.high, network.low))
        let day = UInt16(truncatingIfNeeded: event.time.microseconds / 86_400_000_000)
        if home == 0 {
            home = place
            device = used
            lastDay = day
            return
        }
        if device == 0 { device = used }
        if place != home { isAway = true }
        if used != 0, used != device { hasOtherDevice = true }
        if day > lastDay {
            lastDay = day
            days = min(15, days + 1)
        }
    }

    init() {}

    func encode(into writer: inout StateWriter) {
        writer.write(home)
        writer.write(device)
        writer.write(days)
        writer.write(isAway)
        writer.write(hasOtherDevice)
        writer.write(lastDay)
    }

    init(from reader: inout StateReader) throws(StateFault) {
        home = try reader.read()
        device = try reader.read()
        days = try reader.read()
        isAway = try reader.readBool()
        hasOtherDevice = try reader.readBool()
        lastDay = try reader.read()
        guard days <= 15 else { throw .invalid("the days of an account") }
    }
}

/// 16 bits of a hash, never 0, which is nothing.
func mark(_ hash: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: hash >> 48) | 1 }

extension Event {
    /// A hash of whose network the address is of: the autonomous system; where that is unknown, the IPv4 /16 or IPv6 /32.
    @inline(__always)
    func provider(_ hash: KeyHash) -> UInt64 {
        if place.asn != 0 { return hash.hash(0, UInt64(place.asn)) }
        let block = address.masked(to: address.isV4 ? 112 : 32)
        return hash.hash(block.high, block.low)
    }
}
