import RiskModel

extension StateWriter {
    /// Writes an event with its texts, but for those that the enrichment makes of others.
    mutating func write(_ event: Event, textsIn arena: Span<UInt8>) {
        write(event.seq)
        write(event.time)
        write(event.watermark)
        write(event.address)
        write(event.place)
        write(event.listed)
        write(event.cardCountry.rawValue)
        write(event.type.rawValue)
        write(event.outcome.rawValue)
        write(event.severity)
        write(event.source.rawValue)
        var slices = InlineArray<23, TextSlice>(repeating: .empty)
        var count = 0
        var event = event
        event.mapTexts { slice in
            if count < slices.count { slices[count] = slice }
            count += 1
            return slice
        }
        for i in slices.indices { write(arena.extracting(slices[i].range)) }
    }

    private mutating func write(_ place: Place) {
        write(place.latitude)
        write(place.longitude)
        write(place.asn)
        write(place.owner)
        write(place.subdivision.rawValue)
        write(place.country.rawValue)
        write(place.accuracyRadiusKilometres)
        write(place.flags.rawValue)
        write(place.hasLocation)
    }
}

extension StateReader {
    /// The least that an event is written in: one without texts.
    static let leastEventBytes = 173

    /// Reads an event, and appends it with its texts to `batch`. Its `order` is 0: its turn has not come. Texts that the
    /// enrichment makes of others are empty.
    mutating func readEvent(into batch: inout EventBatch) throws(StateFault) {
        var event = Event()
        event.seq = try read()
        event.time = try readTimestamp()
        event.watermark = try readTimestamp()
        event.address = try readAddress()
        event.place = try readPlace()
        event.listed = try read()
        event.cardCountry = CountryCode(rawValue: try read())
        guard let type = EventType(rawValue: try read()), let outcome = Outcome(rawValue: try read()) else {
            throw .invalid("an event")
        }
        event.type = type
        event.outcome = outcome
        event.severity = try read()
        guard event.severity <= 4, let source = Source(rawValue: try read()) else { throw .invalid("an event") }
        event.source = source
        var slices = InlineArray<23, TextSlice>(repeating: .empty)
        for i in slices.indices {
            // In the order of ``Event/mapTexts(_:)``: the account, whose name stays though another be a word of it, and the verdict.
            let text = i == 1 ? try readName() : i == slices.count - 1 ? try readVerdict() : try readText()
            guard !text.isEmpty else { continue }
            guard batch.text.count + text.utf8.count <= UInt32.max else { throw .invalid("a text") }
            slices[i] = TextSlice(offset: UInt32(batch.text.count), count: UInt32(text.utf8.count))
            batch.text.append(contentsOf: text.utf8)
        }
        var count = 0
        event.mapTexts { _ in
            defer { count += 1 }
            return count < slices.count ? slices[count] : .empty
        }
        batch.events.append(event)
    }

    private mutating func readPlace() throws(StateFault) -> Place {
        var place = Place()
        place.latitude = try readFloat()
        place.longitude = try readFloat()
        guard abs(place.latitude) <= 90, abs(place.longitude) <= 180 else { throw .invalid("a place") }
        place.asn = try read()
        place.owner = try read()
        place.subdivision = SubdivisionCode(rawValue: try read())
        place.country = CountryCode(rawValue: try read())
        place.accuracyRadiusKilometres = try read()
        place.flags = NetworkFlags(rawValue: try read())
        place.hasLocation = try readBool()
        return place
    }
}
