import RiskModel

extension SpoolCore.State {
    /// Moves the oldest segments that were released and that a limit asks to go to ``expired``. The newest stays.
    ///
    /// A segment is older than every later one, whatever the clock said when its frames were received. So if one is too
    /// old, all before it are: a time that lay ahead for a while keeps nothing for longer than the limit.
    mutating func expire(through sequence: UInt64, _ limits: Spool.Limits) {
        let released = segments.dropLast().prefix { $0.last <= sequence }
        var total = segments.reduce(0) { $0 + $1.end }
        var count = 0
        while total > limits.retainedBytes, count < released.count {
            total -= segments[count].end
            count += 1
        }
        if let seconds = limits.retainedSeconds, let now = segments.last?.received {
            let old = released.lastIndex { (now - $0.received).microseconds / 1_000_000 > seconds }
            if let old { count = max(count, old + 1) }
        }
        expired += segments.prefix(count)
        segments.removeFirst(count)
    }
}
