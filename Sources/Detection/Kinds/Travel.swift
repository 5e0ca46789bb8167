import Glibc
import RiskModel

/// `travel`: journeys that no person can make.
///
/// The distance between two places is the great circle's less both accuracy radii (haversine on a sphere of 6,371 km).
/// Addresses of VPNs, relays, hosting, satellites and anycast say where a machine stands, not a person, and a mobile
/// carrier's address where its gateway stands: they are passed over, and never become the anchor from which the next journey
/// is judged. Neither is a new place within the same network a journey: the database moved, or the carrier's gateway. A place
/// without coordinates cannot be judged. Going from A to B and back is one fact however often it happens: what counts is the
/// number of different pairs of places in the window.
struct TravelColumn: AccountColumn {
    struct Finding {
        var strength: Double
        /// Different pairs of places in the window.
        var count: Int
        var from: Waypoint
        var distanceKilometres: Double
    }

    /// The latest place at which the account's person may have been.
    fileprivate struct Anchor: Sendable {
        /// That of no event where there is no place yet.
        var time = KeyIndex.dead
        var address = IPAddress.none
        var latitude: Float = 0
        var longitude: Float = 0
        var asn: UInt32 = 0
        var radius: UInt16 = 0
        var country = CountryCode.unknown
        var subdivision = SubdivisionCode.unknown
        var device = ShortText()

        var isNone: Bool { time.microseconds < 0 }
    }

    let rule: Bound<TravelParameters>
    private var anchors = SlotArray<Anchor>()
    /// The pairs of places of the accounts that made an impossible journey: few do.
    private var pairs: [UInt32: MemberWindow] = [:]

    init(_ rule: Bound<TravelParameters>) { self.rule = rule }

    var shape: UInt64 { rule.shape }

    func warm(_ slots: [UInt32]) -> UInt64 { slots.reduce(0) { $0 &+ anchors[Int($1)].address.low } }

    mutating func grow(to count: Int) { anchors.grow(to: count, with: Anchor()) }

    mutating func clear(_ slot: Int) {
        anchors[slot] = Anchor()
        pairs[UInt32(slot)] = nil
    }

    var condition: BoundCondition { rule.condition }

    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal]) {
        let text = visit.batch.text.span
        for position in positions {
            let event = visit.event(position)
            let slot = visit.standing(position).account.slot
            guard let finding = observe(slot, visit.batch.events.span[event], text) else { continue }
            signals.append(
                visit.signal(
                    position, rule.index, finding.strength,
                    .journey(
                        from: finding.from, to: Waypoint(Anchor(visit.batch.events[event], text)),
                        distanceKilometres: finding.distanceKilometres, count: finding.count)))
        }
    }

    /// Observes an event with an address; `nil` where nothing is to be said.
    @inline(__always)
    mutating func observe(_ slot: Int, _ event: borrowing Event, _ text: Span<UInt8>) -> Finding? {
        let place = event.place
        guard place.hasLocation, place.flags.isDisjoint(with: .notAPlace) else { return nil }
        let from = anchors[slot]
        if event.time >= from.time { anchors[slot] = Anchor(event, text) }
        if from.isNone { return nil }
        if from.latitude == place.latitude && from.longitude == place.longitude { return nil }
        if from.isSameNetwork(as: event) { return nil }
        return judge(slot, event, from: from)
    }

    private mutating func judge(_ slot: Int, _ event: borrowing Event, from: Anchor) -> Finding? {
        let parameters = rule.parameters
        let place = event.place
        let time = event.time
        let radii = Double(from.radius) + Double(place.accuracyRadiusKilometres)
        let distance =
            greatCircleKilometres(
                from: (Double(from.latitude), Double(from.longitude)),
                to: (Double(place.latitude), Double(place.longitude))) - radii
        guard distance >= parameters.minimumDistance else { return nil }
        let hours = abs((time - from.time).hours)
        // A journey that takes no time at all is impossible at any speed.
        guard hours == 0 || distance / hours > parameters.maximumSpeed else { return nil }
        let pair = pairID(slot, from, event)
        let sighting = pairs[UInt32(slot), default: MemberWindow()].observe(
            pair, at: max(time, from.time), isFresh: false, window: parameters.window)
        let strength = parameters.ramp.strength(Double(sighting.count))
        guard strength > 0, !sighting.isTooOld,
            sighting.previous.map({ $0.isStale(at: time, window: parameters.window) }) ?? true
        else { return nil }
        return Finding(
            strength: strength, count: sighting.count,
            from: Waypoint(from),
            distanceKilometres: distance)
    }

    /// A number for two places in either order: that of a pair in the window whose places are the same or next to these,
    /// for the addresses of one town are located a little apart; else a new one.
    private func pairID(_ slot: Int, _ from: Anchor, _ event: borrowing Event) -> UInt64 {
        let a = Cell(latitude: from.latitude, longitude: from.longitude)
        let b = Cell(latitude: event.place.latitude, longitude: event.place.longitude)
        let known = pairs[UInt32(slot)]?.members.first { pair in
            let (c, d) = (Cell(number: pair.id >> 32), Cell(number: pair.id & 0xffff_ffff))
            return a.isNear(c) && b.isNear(d) || a.isNear(d) && b.isNear(c)
        }
        return known?.id ?? min(a.number, b.number) << 32 | max(a.number, b.number)
    }
}

// MARK: - State

// For each account its anchor; then the accounts with pairs of places, in order of their slots.
extension TravelColumn {
    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        for slot in index.liveSlots { anchors[slot].encode(into: &writer) }
        writer.write(count: pairs.count)
        for (slot, window) in pairs.sorted(by: { $0.key < $1.key }) {
            writer.write(slot)
            window.encode(into: &writer)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        for slot in index.liveSlots { anchors[slot] = try Anchor(from: &reader) }
        for _ in 0..<(try reader.readCount(bytesEach: 7)) {
            let slot = try reader.read(UInt32.self)
            guard index.isLive(Int(slot)), pairs[slot] == nil else { throw .invalid("an account with journeys") }
            let count = Int(try reader.read(UInt16.self))
            pairs[slot] = try MemberWindow(count: count, from: &reader, window: rule.parameters.window) {
                Cell.exists(number: $0 >> 32) && Cell.exists(number: $0 & 0xffff_ffff)
            }
        }
    }
}

extension TravelColumn.Anchor {
    fileprivate func encode(into writer: inout StateWriter) {
        writer.write(!isNone)
        if isNone { return }
        writer.write(time)
        writer.write(address)
        writer.write(latitude)
        writer.write(longitude)
        writer.write(asn)
        writer.write(radius)
        writer.write(country.rawValue)
        writer.write(subdivision.rawValue)
        writer.write(device.string)
    }

    fileprivate init(from reader: inout StateReader) throws(StateFault) {
        guard try reader.readBool() else { return }
        time = try reader.readTimestamp()
        address = try reader.readAddress()
        latitude = try reader.readFloat()
        longitude = try reader.readFloat()
        asn = try reader.read()
        radius = try reader.read()
        country = CountryCode(rawValue: try reader.read())
        subdivision = SubdivisionCode(rawValue: try reader.read())
        device = ShortText(Array(try reader.readText().utf8).span)
        // Neither holds for what is no number.
        guard abs(latitude) <= 90, abs(longitude) <= 180 else { throw .invalid("a place") }
    }
}

/// A place on the grid of whole degrees.
private struct Cell {
    /// From the south pole, 0 to 180.
    var row: Int
    /// From the date line eastward, 0 to 360; the last is the first.
    var column: Int

    init(latitude: Float, longitude: Float) {
        row = Int(latitude.rounded()) + 90
        column = Int(longitude.rounded()) + 180
    }

    init(number: UInt64) {
        row = Int(number / 512)
        column = Int(number % 512)
    }

    var number: UInt64 { UInt64(row) * 512 + UInt64(column) }

    static func exists(number: UInt64) -> Bool { number / 512 <= 180 && number % 512 <= 360 }

    /// The same cell or one that touches it.
    func isNear(_ other: Cell) -> Bool {
        let apart = abs(column - other.column)
        return abs(row - other.row) <= 1 && min(apart, 360 - apart) <= 1
    }
}

extension TravelColumn.Anchor {
    @inline(__always)
    fileprivate init(_ event: borrowing Event, _ text: Span<UInt8>) {
        time = event.time
        subdivision = event.place.subdivision
        device = ShortText(text.extracting(event.device.range))
        address = event.address
        latitude = event.place.latitude
        longitude = event.place.longitude
        asn = event.place.asn
        radius = event.place.accuracyRadiusKilometres
        country = event.place.country
    }

    /// The same autonomous system; where one is unknown, the same IPv4 /16 or IPv6 /32.
    fileprivate func isSameNetwork(as event: borrowing Event) -> Bool {
        if asn != 0, event.place.asn != 0 { return asn == event.place.asn }
        guard address.isV4 == event.address.isV4 else { return false }
        let length = address.isV4 ? 112 : 32
        return address.masked(to: length) == event.address.masked(to: length)
    }
}

extension Waypoint {
    fileprivate init(_ anchor: TravelColumn.Anchor) {
        self.init(
            time: anchor.time, address: anchor.address, country: anchor.country, subdivision: anchor.subdivision,
            device: anchor.device.string)
    }
}

extension NetworkFlags {
    /// Addresses whose place says nothing of where a person is.
    fileprivate static let notAPlace = NetworkFlags.elsewhere.union(.cellular)
}

/// Kilometres between two points in degrees, by the haversine formula on a sphere of 6,371 km.
func greatCircleKilometres(
    from a: (latitude: Double, longitude: Double), to b: (latitude: Double, longitude: Double)
) -> Double {
    let radians = Double.pi / 180
    let dLatitude = (b.latitude - a.latitude) * radians
    let dLongitude = (b.longitude - a.longitude) * radians
    let sinLatitude = sin(dLatitude / 2)
    let sinLongitude = sin(dLongitude / 2)
    let h =
        sinLatitude * sinLatitude
        + cos(a.latitude * radians) * cos(b.latitude * radians) * sinLongitude * sinLongitude
    return 2 * 6371 * asin(min(1, h.squareRoot()))
}
