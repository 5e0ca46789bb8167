import RiskModel

extension SourceCounts {
    /// Counts frames and what became of them, by source.
    static func count(_ frames: [Frame], _ batch: EventBatch) -> [Source: SourceCounts] {
        var counts: [Source: SourceCounts] = [:]
        for source in Source.allCases where source != .pause {
            var sum = SourceCounts()
            for frame in frames where frame.source == source {
                sum.frames += 1
                sum.bytes += frame.count
            }
            guard sum.frames > 0 else { continue }
            for event in batch.events where event.source == source {
                sum.events += 1
                sum.lastEvent = max(sum.lastEvent, event.time)
            }
            for rejection in batch.rejections where rejection.source == source { sum.rejected += 1 }
            counts[source] = sum
        }
        return counts
    }
}
