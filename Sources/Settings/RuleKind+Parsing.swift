import RiskModel

extension RuleKind {
    /// The kinds as rules name them.
    enum Name: String, CaseIterable {
        case distinct, rate, travel, overlap, resale, match, rhythm, likeness, takeover, ladder, association, modifier

        static let words = allCases.map(\.rawValue)
    }

    static func read(_ name: Name, _ reader: ParameterReader) -> RuleKind? {
        switch name {
        case .distinct: DistinctParameters.read(reader).map(distinct)
        case .rate: RateParameters.read(reader).map(rate)
        case .travel: TravelParameters.read(reader).map(travel)
        case .overlap: OverlapParameters.read(reader).map(overlap)
        case .resale: ResaleParameters.read(reader).map(resale)
        case .match: MatchParameters.read(reader).map(match)
        case .rhythm: RhythmParameters.read(reader).map(rhythm)
        case .likeness: LikenessParameters.read(reader).map(likeness)
        case .takeover: TakeoverParameters.read(reader).map(takeover)
        case .ladder: LadderParameters.read(reader).map(ladder)
        case .association: AssociationParameters.read(reader).map(association)
        case .modifier: ModifierParameters.read(reader).map(modifier)
        }
    }
}

extension RateParameters {
    fileprivate static func read(_ reader: ParameterReader) -> RateParameters? {
        let key = reader.key()
        let ramp = reader.ramp(upTo: ParameterReader.maximumEvents)
        guard let key, let window = reader.window, let ramp else { return nil }
        return RateParameters(key: key, window: window, ramp: ramp)
    }
}

extension TravelParameters {
    fileprivate static func read(_ reader: ParameterReader) -> TravelParameters? {
        let speed = reader.section.required("maximum_speed", "kilometres per hour, such as 1000")?
            .number(in: 10...100_000)
        let distance = reader.section.required("minimum_distance", "kilometres, such as 500")?.number(in: 0...20_000)
        let ramp = reader.ramp()
        guard let speed, let distance, let window = reader.window, let ramp else { return nil }
        return TravelParameters(maximumSpeed: speed, minimumDistance: distance, window: window, ramp: ramp)
    }
}

extension OverlapParameters {
    fileprivate static func read(_ reader: ParameterReader) -> OverlapParameters? {
        let key = reader.key()
        let member = reader.member(of: key)
        let concurrent = reader.section.required("concurrent", "how many at once are too many, such as 2")?
            .quantity(.counts, in: 2...16)
        let slot = reader.part("slot", "within which they are at once, such as 10m", from: Interval(seconds: 1))
        let ramp = reader.ramp()
        guard let key, let member, let concurrent, let slot, let window = reader.window, let ramp else { return nil }
        return OverlapParameters(
            key: key, member: member, concurrent: concurrent, slot: slot, window: window, ramp: ramp)
    }
}

extension ResaleParameters {
    fileprivate static func read(_ reader: ParameterReader) -> ResaleParameters? {
        let keys: [Field] = [.account, .apiKey]
        let key = reader.section.required("key", "account or api_key")?.choice(keys.map { ($0.name, $0) })
        let form = "{allow: …, saturate: …}"
        let networks = reader.ramp("networks", form, upTo: ParameterReader.maximumMembers)
        let devices = reader.ramp("devices", form, upTo: ParameterReader.maximumMembers)
        let hours = reader.ramp("hours", form, upTo: 24)
        guard let key, let window = reader.window, let networks, let devices, let hours else { return nil }
        return ResaleParameters(key: key, window: window, networks: networks, devices: devices, hours: hours)
    }
}

extension RhythmParameters {
    fileprivate static func read(_ reader: ParameterReader) -> RhythmParameters? {
        let key = reader.entityKey(.rhythm)
        let variation = reader.section.required("maximum_variation", "a share from 0 to 1, such as 0.1")?
            .number(in: 0...1)
        let intervalCursor = reader.section.required("minimum_interval", "a duration such as 3s")
        let interval = intervalCursor?.interval(in: .zero...Interval(seconds: 86_400))
        if variation == 0, interval == .zero {
            intervalCursor?.note(
                "\"minimum_interval\" and \"maximum_variation\" are both 0: nothing would be too fast or too regular")
        }
        let ramp = reader.ramp(upTo: ParameterReader.maximumBeats)
        guard let key, let window = reader.window, let variation, let interval, let ramp else { return nil }
        return RhythmParameters(
            key: key, window: window, ramp: ramp, maximumVariation: variation, minimumInterval: interval)
    }
}

extension LikenessParameters {
    fileprivate static func read(_ reader: ParameterReader) -> LikenessParameters? {
        let key = reader.entityKey(.likeness)
        let bits = reader.section.required("minimum_bits", "bits of shared rarity, such as 20")?.number(in: 1...100)
        let ramp = reader.ramp(upTo: ParameterReader.maximumAlike)
        let across = reader.section["across_networks"].map { $0.flag() } ?? false
        guard let key, let window = reader.window, let bits, let ramp, let across else { return nil }
        return LikenessParameters(
            key: key, window: window, minimumBits: bits, ramp: ramp, acrossNetworks: across)
    }
}

extension TakeoverParameters {
    fileprivate static func read(_ reader: ParameterReader) -> TakeoverParameters? {
        let key = reader.key()
        let share = reader.section.required("minimum_share", "a share from 0 to 1, such as 0.5")?.number(in: 0...1)
        let ramp = reader.ramp()
        guard let key, let window = reader.window, let share, let ramp else { return nil }
        return TakeoverParameters(key: key, window: window, ramp: ramp, minimumShare: share)
    }
}

extension LadderParameters {
    /// In the order of the severities.
    private static let severities = ["unstated", "low", "medium", "high", "critical"]

    fileprivate static func read(_ reader: ParameterReader) -> LadderParameters? {
        let form = "what a strike is worth by severity: {" + severities.map { $0 + ": …" }.joined(separator: ", ") + "}"
        let worth = reader.section.required("worth", form)?.section { section in
            severities.map { section.required($0, "what such a strike is worth, such as 1")?.number(in: 0...1000) }
        }
        let ramp = reader.ramp(upTo: ParameterReader.maximumEvents)
        guard let worth = worth?.compactMap(\.self), worth.count == severities.count, let window = reader.window,
            let ramp
        else { return nil }
        return LadderParameters(window: window, ramp: ramp, worth: worth)
    }
}

extension AssociationParameters {
    fileprivate static func read(_ reader: ParameterReader) -> AssociationParameters? {
        let strong = Field.named.filter(\.isStrongTie)
        let form = "what ties, such as [device, card]"
        let ties = reader.section.required("through", form)?.choices(strong.map { ($0.name, $0) })
        let ramp = reader.ramp(upTo: ParameterReader.maximumTies)
        guard let ties, let window = reader.window, let ramp else { return nil }
        return AssociationParameters(ties: ties, window: window, ramp: ramp)
    }
}

extension ModifierParameters {
    fileprivate static func read(_ reader: ParameterReader) -> ModifierParameters? {
        let fields = Field.named.filter(\.hasNamedValues)
        let field = reader.section.required("field", "whose values count, such as language")?
            .field(reader.mentions, among: fields)
        let valuesCursor = reader.section.required("values", "a list of the values that count")
        let values = field.flatMap { field in valuesCursor.map(field.values) }
        let ramp = reader.ramp(upTo: ParameterReader.maximumEvents)
        guard let field, let values, let window = reader.window, let ramp else { return nil }
        return ModifierParameters(field: field, values: values, window: window, ramp: ramp)
    }
}
