import RiskModel

extension SourceCounts {
    /// Counts frames and what became of them, by source.
    static func count(_ frames: [Frame], _ batch: EventBatch) -> [Source: SourceCounts] {
        var counts = [SourceCounts](repeating: SourceCounts(), count: 1 + Source.allCases.count)
        for frame in frames {
            counts[Int(frame.source.rawValue)].frames += 1
            counts[Int(frame.source.rawValue)].bytes += frame.count
        }
        for event in batch.events {
            let source = Int(event.source.rawValue)
            counts[source].events += 1
            counts[source].lastEvent = max(counts[source].lastEvent, event.time)
        }
        for rejection in batch.rejections { counts[Int(rejection.source.rawValue)].rejected += 1 }
        var bySource: [Source: SourceCounts] = [:]
        for source in Source.allCases where source != .pause {
            var sum = counts[Int(source.rawValue)]
            guard sum.frames > 0 else { continue }
            // Each frame is an event, or goes to quarantine, or is a line that a mapping passes over.
            sum.ignored = sum.frames - sum.events - sum.rejected
            bySource[source] = sum
        }
        return bySource
    }
}
