package import RiskModel

/// What the risk fold makes of a batch's signals.
package struct RiskOutput: Sendable {
    /// One for each account whose score changed, as of the end of the batch.
    package var scores: [Score] = []
    /// In order of (`seq`, account).
    package var alerts: [Alert] = []
    /// The signals that counted, in order of (`seq`, account, rule).
    package var signals: [RecordedSignal] = []
    /// Signals for accounts that have given way.
    package var orphans = 0
}

/// The third fold, keyed by account: weighs the signals, moves scores and levels, raises alerts.
package final class RiskFold: Sendable {
    private let rules: RuleSet
    private let partitions: Partitioned<RiskPartition>

    package init(rules: RuleSet) {
        self.rules = rules
        partitions = Partitioned { _ in RiskPartition() }
    }

    /// Takes all signals of a batch, in any order, and lets levels fall that are due by its end.
    ///
    /// - Parameters:
    ///   - watermark: The highest event time up to the end of the batch.
    ///   - account: Finds an account's name and first event.
    package func run(
        _ signals: [Signal], watermark: Timestamp, shards: Int,
        account: @Sendable (AccountRef) -> NewAccount?
    ) -> RiskOutput {
        var routes = [[Signal]](repeating: [], count: Partition.count)
        for signal in signals { routes[signal.account.partition].append(signal) }
        let routed = routes
        let rules = rules
        let results = partitions.map(shards: shards) { partition, state in
            state.process(routed[partition], watermark: watermark, rules: rules, account: account)
        }
        var output = RiskOutput()
        for result in results {
            output.scores.append(contentsOf: result.scores)
            output.alerts.append(contentsOf: result.alerts)
            output.signals.append(contentsOf: result.signals)
            output.orphans += result.orphans
        }
        output.alerts.sort {
            ($0.score.seq, ExactText($0.score.account)) < ($1.score.seq, ExactText($1.score.account))
        }
        output.signals.sort {
            ($0.signal.seq, ExactText($0.account), $0.signal.rule)
                < ($1.signal.seq, ExactText($1.account), $1.signal.rule)
        }
        return output
    }

    /// Forgets accounts whose evidence has decayed to nothing, and returns their last scores. Call only between batches, at
    /// places that follow from `seq`.
    package func maintain(turn: Int, watermark: Timestamp) -> [Score] {
        let rules = rules
        return partitions.with(turn % Partition.count) { $0.forgetSpent(at: watermark, rules: rules) }
    }

    /// Whether an account has a record.
    package func holds(_ account: AccountRef) -> Bool {
        partitions.with(account.partition) { $0.holds(account) }
    }

    /// Accounts that some rule has spoken of.
    package var recordCount: Int { (0..<Partition.count).reduce(0) { $0 + partitions.with($1) { $0.count } } }
}

/// The records of one partition.
struct RiskPartition: Sendable {
    private var records: [AccountRef: RiskRecord] = [:]
    private var timers = TimerHeap()

    var count: Int { records.count }

    func holds(_ account: AccountRef) -> Bool { records[account] != nil }

    mutating func process(
        _ signals: [Signal], watermark: Timestamp, rules: RuleSet, account: (AccountRef) -> NewAccount?
    ) -> RiskOutput {
        var output = RiskOutput()
        var changed: Set<AccountRef> = []
        let ordered = signals.sorted {
            ($0.seq, $0.account.rawValue, $0.rule) < ($1.seq, $1.account.rawValue, $1.rule)
        }
        var next = 0
        while next < ordered.count {
            let first = ordered[next]
            var end = next
            while end < ordered.count, ordered[end].seq == first.seq, ordered[end].account == first.account { end += 1 }
            defer { next = end }
            let known = records.removeValue(forKey: first.account)
            guard var record = known ?? account(first.account).map(RiskRecord.init) else {
                output.orphans += end - next
                continue
            }
            if record.fall(through: first.watermark, rules: rules) { changed.insert(first.account) }
            var counted = false
            for signal in ordered[next..<end] where record.add(signal, rules: rules) {
                counted = true
                output.signals.append(RecordedSignal(account: record.account.account, signal: signal))
            }
            if counted {
                if let alert = record.settle(at: first.watermark, rules: rules) { output.alerts.append(alert) }
                changed.insert(first.account)
                setTimer(for: &record, of: first.account)
            }
            if counted || known != nil { records[first.account] = record }
        }
        while let timer = timers.removeFirst(through: watermark) {
            // A record that was forgotten leaves its timers behind.
            guard var record = records[timer.account], record.timers.last == timer.due else { continue }
            record.timers.removeLast()
            if record.fall(through: watermark, rules: rules) { changed.insert(timer.account) }
            setTimer(for: &record, of: timer.account)
            records[timer.account] = record
        }
        output.scores = changed.compactMap { records[$0]?.score(rules: rules) }
        return output
    }

    /// Sees to it that a timer rings when the record's level is due to fall, or before.
    private mutating func setTimer(for record: inout RiskRecord, of account: AccountRef) {
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
        return last.sorted { ExactText($0.account) < ExactText($1.account) }
    }
}

/// Accounts by the time at which their level is due to fall: a binary heap, earliest first.
struct TimerHeap: Sendable {
    struct Timer: Sendable {
        var due: Timestamp
        var account: AccountRef
    }

    private var heap: [Timer] = []

    mutating func insert(_ due: Timestamp, _ account: AccountRef) {
        heap.append(Timer(due: due, account: account))
        var i = heap.count - 1
        while i > 0, heap[i].due < heap[(i - 1) / 2].due {
            heap.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    /// Removes the earliest timer if it is due by `now`.
    mutating func removeFirst(through now: Timestamp) -> Timer? {
        guard let first = heap.first, first.due <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var i = 0
        while true {
            let left = 2 * i + 1
            guard left < heap.count else { break }
            let child = left + 1 < heap.count && heap[left + 1].due < heap[left].due ? left + 1 : left
            guard heap[child].due < heap[i].due else { break }
            heap.swapAt(i, child)
            i = child
        }
        return first
    }
}
