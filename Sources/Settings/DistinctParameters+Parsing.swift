import RiskModel

extension DistinctParameters {
    static func read(_ reader: ParameterReader) -> DistinctParameters? {
        let section = reader.section
        let key = reader.key()
        let member = reader.member(of: key)
        let weightCursor = section["established_weight"]
        let weight = weightCursor?.number(in: 0...1)
        let newForCursor = section["new_for"]
        let newFor = newForCursor?.interval(in: Interval(seconds: 1)...Rule.longestWindow)
        let baselineCursor = section["baseline"]
        let baseline = baselineCursor.flatMap(Baseline.read)
        if let member, member != .account {
            for cursor in [weightCursor, newForCursor] {
                cursor?.note("\(cursor?.label ?? "") needs \"member: account\": only accounts are new; leave it out")
            }
            baselineCursor?.note("\"baseline\" needs \"member: account\": it is learned from accounts; leave it out")
        }
        let networksCursor = section["networks"]
        let networks = networksCursor?.section { Ramp.read($0, upTo: ParameterReader.maximumMembers) }
        if key == .account || key == .asn {
            networksCursor?.note("\"networks\" needs a \"key\" that accounts share, such as device; leave it out")
        }
        let ramp = reader.ramp()
        guard let key, let member, let window = reader.window, let ramp else { return nil }
        return DistinctParameters(
            key: key, member: member, window: window, ramp: ramp, establishedWeight: weight ?? 1,
            newFor: newFor ?? Rule.newFor, baseline: baseline, networks: networks)
    }
}

extension Baseline {
    /// `true` for the defaults, `false` for none, or a mapping in which each key has a default.
    fileprivate static func read(_ cursor: Cursor) -> Baseline? {
        guard cursor.isMapping else {
            let isWanted = cursor.flag(or: "a mapping of share, half_life_days, unknown_cap and warm_up")
            return isWanted == true ? Baseline() : nil
        }
        return cursor.section { section in
            var baseline = Baseline()
            if let share = section["share"]?.number(in: 0...10) { baseline.share = share }
            if let days = section["half_life_days"]?.number(in: 0.5...365) { baseline.halfLifeDays = days }
            if let cap = section["unknown_cap"]?.number(in: 0...1) { baseline.unknownCap = cap }
            if let span = section["warm_up"]?.interval(in: .zero...Rule.longestWindow) { baseline.warmUp = span }
            return baseline
        }
    }
}
