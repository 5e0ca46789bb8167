import RiskModel

/// From where a mail domain's accounts were registered, in decaying counts.
///
/// A school's or a company's people register from its own line, some of them from home; the customers of a mail provider, and
/// a farm behind proxies, from everywhere.
struct DomainUse: Sendable {
    /// 0 where there is none.
    private var providers = InlineArray<3, UInt32>(repeating: 0)
    /// Less what others took away (Misra and Gries): whoever has more than a quarter of all is among them.
    private var counts = InlineArray<3, Float>(repeating: 0)
    private var total: Float = 0
    /// Whether there were more providers than have a place.
    private var hasManyProviders = false
    /// 0 where there is none.
    private var countries = InlineArray<4, UInt16>(repeating: 0)
    /// Whether there were more countries than have a place.
    private var hasManyCountries = false

    /// Whether the domain belongs to a school or a company: three providers at most; or four countries, and at least half of
    /// all from one provider.
    var isOrganisation: Bool {
        if !hasManyProviders { return true }
        if hasManyCountries { return false }
        return counts.indices.contains { counts[$0] * 2 >= total }
    }

    mutating func observe(provider: UInt32, country: UInt16) {
        note(country)
        total += 1
        if let place = providers.indices.first(where: { providers[$0] == provider })
            ?? providers.indices.first(where: { providers[$0] == 0 })
        {
            providers[place] = provider
            counts[place] += 1
            return
        }
        hasManyProviders = true
        for i in counts.indices {
            counts[i] = max(0, counts[i] - 1)
            if counts[i] == 0 { providers[i] = 0 }
        }
    }

    private mutating func note(_ country: UInt16) {
        if country == 0 { return }
        for i in countries.indices where countries[i] == country || countries[i] == 0 {
            countries[i] = country
            return
        }
        hasManyCountries = true
    }

    func faded(by factor: Float) -> Self {
        var faded = self
        faded.total *= factor
        for i in counts.indices { faded.counts[i] *= factor }
        return faded
    }

    func encode(into writer: inout StateWriter) {
        for i in providers.indices {
            writer.write(providers[i])
            writer.write(counts[i])
        }
        writer.write(total)
        writer.write(hasManyProviders)
        for i in countries.indices { writer.write(countries[i]) }
        writer.write(hasManyCountries)
    }

    init() {}

    init(from reader: inout StateReader) throws(StateFault) {
        for i in providers.indices {
            providers[i] = try reader.read()
            counts[i] = try reader.readFloat()
            guard counts[i] >= 0, counts[i].isFinite else { throw .invalid("the count of a provider") }
        }
        total = try reader.readFloat()
        guard total >= 0, total.isFinite else { throw .invalid("the registrations of a domain") }
        hasManyProviders = try reader.readBool()
        for i in countries.indices { countries[i] = try reader.read() }
        hasManyCountries = try reader.readBool()
    }
}
