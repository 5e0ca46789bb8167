import RiskModel

/// How many events fell into a sliding window of event time, in eighths: an event counts for between seven eighths of the
/// window and the whole of it. Fixed size.
struct RateWindow: Sendable {
    private static let parts = 8
    private var counts = InlineArray<8, UInt32>(repeating: 0)
    /// The number of the newest eighth, counted from the epoch.
    private var newest: Int64 = 0

    /// Counts an event and returns the events in the window that ends with the newest. Older ones than that are left out.
    mutating func observe(at time: Timestamp, window: Interval) -> Int {
        let part = time.microseconds / max(1, window.microseconds / Int64(Self.parts))
        if part > newest {
            let steps = min(part - newest, Int64(Self.parts))
            for step in 1...steps { counts[Int((newest + step) % Int64(Self.parts))] = 0 }
            newest = part
        }
        if part > newest - Int64(Self.parts) {
            let i = Int(part % Int64(Self.parts))
            counts[i] = counts[i] == .max ? .max : counts[i] + 1
        }
        var sum = 0
        for i in 0..<Self.parts { sum += Int(counts[i]) }
        return sum
    }
}
