import Glibc
import RiskModel

/// `travel`: journeys that no person can make.
///
/// The distance between two places is the great circle's less both accuracy radii (haversine on a sphere of 6,371 km).
/// Addresses of VPNs, relays, hosting, satellites and anycast say where a machine stands, not a person: they are passed
/// over, and never become the anchor from which the next journey is judged. Neither is a new place within the same network
/// a journey: the database moved, or the carrier's gateway. A place without coordinates cannot be judged. Going from A to B
/// and back is one fact however often it happens: what counts is the number of different pairs of places in the window.
struct TravelState: Sendable {
    /// The latest place at which the account's person may have been.
    fileprivate struct Anchor: Sendable {
        var time: Timestamp
        var address: IPAddress
        var latitude: Float
        var longitude: Float
        var asn: UInt32
        var radius: UInt16
        var country: CountryCode
    }

    private var anchor: Anchor?
    private var pairs = MemberWindow()

    struct Finding {
        var strength: Double
        /// Different pairs of places in the window.
        var count: Int
        var from: Waypoint
        var distanceKilometres: Double
    }

    /// Observes an event with an address; `nil` where nothing is to be said.
    @inline(__always)
    mutating func observe(_ event: borrowing Event, parameters: TravelParameters) -> Finding? {
        let place = event.place
        guard place.hasLocation, place.flags.isDisjoint(with: .elsewhere) else { return nil }
        guard let from = anchor else {
            anchor = Anchor(event)
            return nil
        }
        if event.time >= from.time { anchor = Anchor(event) }
        if from.latitude == place.latitude && from.longitude == place.longitude { return nil }
        if from.isSameNetwork(as: event) { return nil }
        return judge(event, from: from, parameters: parameters)
    }

    private mutating func judge(
        _ event: borrowing Event, from: Anchor, parameters: TravelParameters
    ) -> Finding? {
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
        let sighting = pairs.observe(
            pairID(from, event), at: max(time, from.time), isFresh: false, window: parameters.window)
        let strength = parameters.ramp.strength(Double(pairs.count))
        guard strength > 0, !sighting.isTooOld,
            sighting.previous.map({ $0.isStale(at: time, window: parameters.window) }) ?? true
        else { return nil }
        return Finding(
            strength: strength, count: pairs.count,
            from: Waypoint(time: from.time, address: from.address, country: from.country),
            distanceKilometres: distance)
    }

    /// A number for two places in either order: that of a pair in the window whose places are the same or next to these,
    /// for the addresses of one town are located a little apart; else a new one.
    private func pairID(_ from: Anchor, _ event: borrowing Event) -> UInt64 {
        let a = Cell(latitude: from.latitude, longitude: from.longitude)
        let b = Cell(latitude: event.place.latitude, longitude: event.place.longitude)
        let known = pairs.members.first { pair in
            let (c, d) = (Cell(number: pair.id >> 32), Cell(number: pair.id & 0xffff_ffff))
            return a.isNear(c) && b.isNear(d) || a.isNear(d) && b.isNear(c)
        }
        return known?.id ?? min(a.number, b.number) << 32 | max(a.number, b.number)
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

    /// The same cell or one that touches it.
    func isNear(_ other: Cell) -> Bool {
        let apart = abs(column - other.column)
        return abs(row - other.row) <= 1 && min(apart, 360 - apart) <= 1
    }
}

extension TravelState.Anchor {
    fileprivate init(_ event: borrowing Event) {
        time = event.time
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
