import RiskModel

extension RiskRecord {
    /// The least that a record can have, in bytes.
    static let encodedBytes = 79

    /// Writes the record; rules by their index in the partition's list of rules.
    func encode(into writer: inout StateWriter) {
        writer.write(account.account)
        writer.write(account.firstSeen)
        writer.write(level.rawValue)
        writer.write(time)
        writer.write(seq)
        writer.write(order)
        writer.write(due)
        writer.write(count: timers.count)
        for timer in timers { writer.write(timer) }
        for i in alerted.indices {
            writer.write(alerted[i] != nil)
            writer.write(alerted[i] ?? .epoch)
        }
        writer.write(peak.level.rawValue)
        writer.write(UInt16(peak.points))
        writer.write(peak.time)
        writer.write(verdict?.packed ?? "")
        writer.write(count: cleared.count)
        for rule in cleared { writer.write(UInt16(rule)) }
        writer.write(count: entries.count)
        for entry in entries {
            writer.write(UInt16(entry.rule))
            writer.write(entry.strength)
            writer.write(entry.since)
            writer.write(entry.updated)
            entry.evidence.encode(into: &writer)
        }
    }

    /// Reads a record.
    ///
    /// - Parameter indices: For each rule in the partition's list its index now; `nil` where the rule is gone, and its
    ///   evidence with it.
    init(from reader: inout StateReader, rules indices: [Int?]) throws(StateFault) {
        let account = try reader.readName()
        self.init(NewAccount(account: account, firstSeen: try reader.readTimestamp()))
        guard let level = Level(rawValue: try reader.read()) else { throw .invalid("a level") }
        self.level = level
        time = try reader.readTimestamp()
        seq = try reader.read()
        order = try reader.read()
        due = try reader.readTimestamp()
        for _ in 0..<(try reader.readCount(bytesEach: 8)) {
            let timer = try reader.readTimestamp()
            if let last = timers.last, timer >= last { throw .invalid("timers") }
            timers.append(timer)
        }
        // A level whose fall no timer announces would be held for ever.
        guard due == .latest || timers.last.map({ $0 <= due }) == true else { throw .invalid("timers") }
        for i in alerted.indices {
            let isSet = try reader.readBool()
            let last = try reader.readTimestamp()
            alerted[i] = isSet ? last : nil
        }
        try readPeakAndVerdict(from: &reader, rules: indices)
        for _ in 0..<(try reader.readCount(bytesEach: 26)) {
            let number = Int(try reader.read(UInt16.self))
            let strength = try reader.readDouble()
            guard number < indices.count, strength > 0, strength <= 1 else { throw .invalid("evidence") }
            let since = try reader.readTimestamp()
            let updated = try reader.readTimestamp()
            let evidence = try Evidence(from: &reader)
            guard let rule = indices[number] else { continue }
            guard !entries.contains(where: { $0.rule == rule }) else { throw .invalid("evidence") }
            let entry = Entry(rule: rule, strength: strength, since: since, updated: updated, evidence: evidence)
            entries.insert(entry, at: entries.firstIndex { $0.rule > rule } ?? entries.endIndex)
        }
    }

    private mutating func readPeakAndVerdict(
        from reader: inout StateReader, rules indices: [Int?]
    ) throws(StateFault) {
        guard let highest = Level(rawValue: try reader.read()) else { throw .invalid("a level") }
        let points = Int(try reader.read(UInt16.self))
        guard points <= 10_000 else { throw .invalid("a score") }
        peak = Score.Peak(level: highest, points: points, time: try reader.readTimestamp())
        let packed = try reader.readVerdict()
        verdict = Verdict(packed: packed)
        guard packed.isEmpty || verdict != nil else { throw .invalid("a verdict") }
        for _ in 0..<(try reader.readCount(bytesEach: 2)) {
            let number = Int(try reader.read(UInt16.self))
            guard number < indices.count else { throw .invalid("a verdict") }
            if let rule = indices[number] { cleared.append(rule) }
        }
    }
}
