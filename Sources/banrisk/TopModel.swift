internal import Assembly
internal import RiskModel
internal import Store

/// The latest sample and what changed since some seconds before it.
struct TopModel {
    /// Rates are taken over so many samples.
    static let window = 6

    private var samples: [TopSample] = []

    var latest: TopSample? { samples.last }

    mutating func add(_ sample: TopSample) {
        // Counts that fell are another daemon's, or another database's.
        if let before = samples.last, Self.began(sample, after: before) { samples.removeAll() }
        samples.append(sample)
        if samples.count > Self.window { samples.removeFirst() }
    }

    private static func began(_ sample: TopSample, after before: TopSample) -> Bool {
        sample.daemon?.pid != before.daemon?.pid || sample.store?.appliedSeq ?? 0 < before.store?.appliedSeq ?? 0
            || (sample.store == nil) != (before.store == nil)
    }

    /// How fast a count grows, a second; `nil` with one sample.
    func rate(_ count: (TopSample) -> Int?) -> Double? {
        guard let first = samples.first, let last = samples.last, samples.count > 1, let from = count(first),
            let to = count(last)
        else { return nil }
        let (seconds, attoseconds) = (last.time - first.time).components
        let span = Double(seconds) + Double(attoseconds) / 1e18
        return span > 0 ? max(0, Double(to - from)) / span : nil
    }

    var events: Double? { rate { $0.daemon.map { $0.pipeline.events } ?? $0.store?.appliedSeq } }
    var frames: Double? { rate { $0.daemon?.intake.frames } }
    var signals: Double? { rate { $0.daemon?.pipeline.signals } }
    var alerts: Double? { rate { $0.store?.alerts } }

    /// Frames received and not on disk, on disk and not processed, processed and not in the database.
    var queues: (disk: Int, pipeline: Int, store: Int)? {
        guard let sequence = latest?.daemon?.sequence else { return nil }
        func distance(_ a: UInt64, _ b: UInt64) -> Int { a > b ? Int(clamping: a - b) : 0 }
        return (
            distance(sequence.received, sequence.durable), distance(sequence.durable, sequence.processed),
            distance(sequence.processed, sequence.applied)
        )
    }

    var watermark: String? { latest?.daemon?.watermark ?? latest?.store?.watermark }

    /// How far the watermark is behind the clock, in seconds; negative where events are ahead of it.
    var lag: Double? {
        guard let text = watermark, case .at(let time) = SinceArgument(argument: text), let wall = latest?.wall else {
            return nil
        }
        return wall - Double(time.microseconds) / 1e6
    }

    /// The rules with their signals a second.
    var rules: [(row: RuleRow, rate: Double?)] {
        guard let last = samples.last?.store, let first = samples.first?.store else { return [] }
        let before = Dictionary(first.rules.map { ($0.rule, $0.signals) }, uniquingKeysWith: { $1 })
        let (seconds, attoseconds) = ((samples.last?.time ?? .now) - (samples.first?.time ?? .now)).components
        let span = Double(seconds) + Double(attoseconds) / 1e18
        return last.rules.map { row in
            (row, span > 0 ? max(0, Double(row.signals - (before[row.rule] ?? row.signals))) / span : nil)
        }
    }
}
