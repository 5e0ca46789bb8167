import RiskModel

/// The records of one partition.
struct RiskPartition: Sendable {
    private var records: [AccountRef: RiskRecord] = [:]
    private var timers = TimerHeap()

    var count: Int { records.count }
    var timerCount: Int { timers.count }

    /// What is at stake for an account: 0 without a record, else 1 more than its level.
    func rank(_ account: AccountRef) -> UInt8 { records[account].map { $0.level.rawValue + 1 } ?? 0 }

    func verdictEnd(_ account: AccountRef) -> Timestamp { records[account]?.verdict?.until ?? .epoch }

    mutating func process(
        _ signals: [Signal], watermark: Timestamp, rules: RuleSet, account: (AccountRef) -> NewAccount?
    ) -> RiskOutput {
        var output = RiskOutput()
        var changed: Set<AccountRef> = []
        let ordered = signals.sorted {
            ($0.order, $0.account.rawValue, $0.rule) < ($1.order, $1.account.rawValue, $1.rule)
        }
        var next = 0
        while next < ordered.count {
            let first = ordered[next]
            var end = next
            while end < ordered.count, ordered[end].order == first.order, ordered[end].account == first.account {
                end += 1
            }
            defer { next = end }
            let own = ordered[next..<end]
            if let known = records.index(forKey: first.account) {
                // Changed in its place: a record is large.
                let hasChanged = Self.weigh(own, on: &records.values[known], &timers, rules, &output)
                if hasChanged { changed.insert(first.account) }
            } else if var record = account(first.account).map(RiskRecord.init) {
                guard Self.weigh(own, on: &record, &timers, rules, &output) else { continue }
                records[first.account] = record
                changed.insert(first.account)
            } else {
                output.orphans += own.count
            }
        }
        while let timer = timers.removeFirst(through: watermark) {
            // A record that was forgotten leaves its timers behind.
            guard let place = records.index(forKey: timer.account),
                records.values[place].timers.last == timer.due
            else { continue }
            records.values[place].timers.removeLast()
            if records.values[place].fall(through: watermark, rules: rules) { changed.insert(timer.account) }
            Self.setTimer(for: &records.values[place], of: timer.account, in: &timers)
        }
        output.scores = changed.compactMap { records[$0]?.score(rules: rules) }
        return output
    }

    /// Takes in an account's signals of one event; whether its score has changed.
    private static func weigh(
        _ signals: ArraySlice<Signal>, on record: inout RiskRecord, _ timers: inout TimerHeap, _ rules: RuleSet,
        _ output: inout RiskOutput
    ) -> Bool {
        guard let first = signals.first else { return false }
        let fell = record.fall(through: first.watermark, rules: rules)
        var counted = false
        for signal in signals where record.add(signal, rules: rules) {
            counted = true
            output.signals.append(RecordedSignal(account: record.account.account, signal: signal))
        }
        guard counted else { return fell }
        if let alert = record.settle(at: first.watermark, rules: rules) { output.alerts.append(alert) }
        setTimer(for: &record, of: first.account, in: &timers)
        guard record.level >= .review else { return true }
        let ties = record.ties(rules: rules)
        if !ties.isEmpty {
            output.ties.append(Tie(account: first.account, ties: ties, score: record.score(rules: rules)))
        }
        return true
    }

    /// Takes in an analyst's word on an account; its score after that.
    mutating func decide(
        _ verdict: Verdict, on account: AccountRef, at time: Timestamp, seq: UInt64, order: UInt64, rules: RuleSet,
        find: (AccountRef) -> NewAccount?
    ) -> Score? {
        guard var record = records[account] ?? find(account).map(RiskRecord.init) else { return nil }
        _ = record.fall(through: time, rules: rules)
        record.decide(verdict, at: time, seq: seq, order: order, rules: rules)
        Self.setTimer(for: &record, of: account, in: &timers)
        records[account] = record
        return record.score(rules: rules)
    }

    /// Sees to it that a timer rings when the record's level is due to fall, or before.
    private static func setTimer(for record: inout RiskRecord, of account: AccountRef, in timers: inout TimerHeap) {
        guard record.due < record.timers.last ?? .latest else { return }
        record.timers.append(record.due)
        timers.insert(record.due, account)
    }

    mutating func forgetSpent(at now: Timestamp, rules: RuleSet) -> [Score] {
        var last: [Score] = []
        for (account, var record) in records where record.isSpent(at: now, rules: rules) {
            _ = record.settle(at: now, rules: rules)
            last.append(record.score(rules: rules))
            records[account] = nil
        }
        dropDeadTimers()
        return last.sorted { ExactText($0.account) < ExactText($1.account) }
    }

    /// Removes the records of accounts that gave way; how many there were.
    mutating func remove(_ accounts: [AccountRef]) -> Int {
        var count = 0
        for account in accounts where records.removeValue(forKey: account) != nil { count += 1 }
        dropDeadTimers()
        return count
    }

    /// Keeps the timers of records that were forgotten from outnumbering the others.
    private mutating func dropDeadTimers() {
        let live = records.values.reduce(0) { $0 + $1.timers.count }
        if timers.count > 2 * live + 64 { collectTimers() }
    }

    private mutating func collectTimers() {
        timers = TimerHeap(
            records.flatMap { account, record in record.timers.map { TimerHeap.Timer(due: $0, account: account) } })
    }

    /// Weighs every account anew.
    mutating func rescore(at watermark: Timestamp, rules: RuleSet) -> RiskOutput {
        var output = RiskOutput()
        for account in records.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard var record = records[account] else { continue }
            if let alert = record.settle(at: watermark, rules: rules) { output.alerts.append(alert) }
            Self.setTimer(for: &record, of: account, in: &timers)
            output.scores.append(record.score(rules: rules))
            records[account] = record
        }
        return output
    }

    // MARK: - State

    /// Writes the records in order of their accounts, behind the list of the rules that they name.
    func encode(rules: RuleSet, into writer: inout StateWriter) {
        writer.write(count: rules.rules.count)
        for rule in rules.rules {
            writer.write(rule.id)
            writer.write(rule.terms)
        }
        writer.write(count: records.count)
        for (account, record) in records.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writer.write(account.rawValue)
            record.encode(into: &writer)
        }
    }

    /// Reads what was written, perhaps under other rules: evidence of rules that are gone, or count something else
    /// now, is left out.
    init(partition: Int, rules: RuleSet, from reader: inout StateReader) throws(StateFault) {
        let indices = Dictionary(uniqueKeysWithValues: rules.rules.enumerated().map { ($1.id, $0) })
        var known: [Int?] = []
        for _ in 0..<(try reader.readCount(bytesEach: 12)) {
            let index = indices[try reader.readString()]
            let terms = try reader.read(UInt64.self)
            known.append(index.flatMap { rules.rules[$0].terms == terms ? $0 : nil })
        }
        guard Set(known.compactMap(\.self)).count == known.count(where: { $0 != nil }) else {
            throw .invalid("a list of rules")
        }
        let count = try reader.readCount(bytesEach: RiskRecord.encodedBytes)
        records.reserveCapacity(count)
        var last: UInt64?
        for _ in 0..<count {
            let account = AccountRef(rawValue: try reader.read())
            guard account.partition == partition, last.map({ $0 < account.rawValue }) ?? true else {
                throw .invalid("an account")
            }
            last = account.rawValue
            records[account] = try RiskRecord(from: &reader, rules: known)
        }
        collectTimers()
    }

    init() {}
}

extension Rule {
    /// Differs where the sentence that tells the rule's evidence would say something else: evidence is not told in the words of
    /// another rule.
    fileprivate var terms: UInt64 {
        let counted =
            switch kind {
            case .distinct(let parameters): "\(parameters.member) \(parameters.window)"
            case .overlap(let parameters): "\(parameters.member) \(parameters.concurrent) \(parameters.window)"
            case .match(let parameters): "\(parameters.test) \(parameters.window)"
            case .rate, .travel, .resale, .rhythm, .likeness, .takeover, .ladder, .association, .modifier:
                "\(kind.window)"
            }
        return KeyHash(seed: 0).hash(Array("\(kind.name) \(key) \(condition) \(counted)".utf8).span)
    }
}
