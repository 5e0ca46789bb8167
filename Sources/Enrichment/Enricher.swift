package import RiskModel

/// Fills in where events came from and which lists name them.
///
/// What it fills in depends on the event and the sources alone. There is no cache before the databases: their tables
/// answer faster than a cache by address does.
package struct Enricher: Sendable {
    /// City, or Country.
    private let location: GeoDatabase?
    private let asn: GeoDatabase?
    private let anonymity: GeoDatabase?
    private let connection: GeoDatabase?
    private let matcher: ListMatcher
    /// The bits of the lists of hosting networks.
    private let hosting: UInt64

    /// The list whose networks have the flag ``NetworkFlags/hosting`` too: what no Anonymous-IP database has to tell.
    static let hostingList = "hosting_asns"

    package init(sources: EnrichmentSources) {
        location = sources.database(.city) ?? sources.database(.country)
        asn = sources.database(.asn)
        anonymity = sources.database(.anonymousIP)
        connection = sources.database(.connectionType)
        matcher = sources.matcher
        hosting = sources.listIndex(named: Self.hostingList).map { 1 << UInt64($0) } ?? 0
    }

    /// Fills ``Event/place`` and ``Event/listed`` of the events with these indices, and the texts that follow from others:
    /// ``Event/mailbox`` and ``Event/nameTemplate``.
    package func enrich(_ batch: inout EventBatch, events indices: Range<Int>) {
        for i in indices
        where !batch.events[i].email.isEmpty || !batch.events[i].phone.isEmpty || batch.events[i].type == .registration
        {
            batch.derive(i)
        }
        let arena = batch.text
        let text = arena.span
        var events = batch.events.mutableSpan
        for i in indices {
            var place = place(of: events[i].address)
            var listed: UInt64 = 0
            if events[i].hasAddress {
                listed = matcher.networks.bits(of: events[i].address) | matcher.asns.bits(of: UInt64(place.asn))
                listed |= matcher.countries.bits(of: place.country, at: events[i].time)
            }
            if !matcher.phones.isEmpty, !events[i].phone.isEmpty {
                listed |= matcher.phones.bits(of: text.extracting(events[i].phone.range))
            }
            if !matcher.domains.isEmpty, !events[i].email.isEmpty {
                listed |= matcher.domains.bits(of: text.extracting(events[i].email.range))
            }
            if !matcher.bins.isEmpty, !events[i].cardBin.isEmpty {
                listed |= matcher.bins.bits(of: text.extracting(events[i].cardBin.range))
            }
            if listed & hosting != 0 { place.flags.insert(.hosting) }
            events[i].place = place
            events[i].listed = listed
        }
    }

    /// What the databases say of `address`; all unknown for ``IPAddress/none``.
    @inline(__always)
    package func place(of address: IPAddress) -> Place {
        if address == .none { return Place() }
        var place = location?.place(of: address) ?? Place()
        if let asn {
            let network = asn.place(of: address)
            place.asn = network.asn
            place.owner = network.owner
        }
        if let anonymity { place.flags.formUnion(anonymity.place(of: address).flags) }
        if let connection { place.flags.formUnion(connection.place(of: address).flags) }
        return place
    }
}
