import RiskModel

/// How many events fell into a sliding window of event time, in eighths: an event counts for between seven eighths of the
/// window and the whole of it.
///
/// A count takes a byte until one does not fit.
struct RateWindow: Sendable {
    private static let parts = 8
    private var narrow = InlineArray<8, UInt8>(repeating: 0)
    /// The counts, once one is above 255; empty before.
    private var wide: [UInt32] = []
    /// The number of the newest eighth, counted from the epoch.
    private var newest: Int64 = 0

    init() {}

    /// Whether nothing was ever counted.
    var isEmpty: Bool { newest == 0 && narrow[0] == 0 && wide.isEmpty }

    /// The span of an eighth in microseconds.
    @inline(__always)
    private static func part(of window: Interval) -> Int64 { max(1, window.microseconds / Int64(parts)) }

    /// Counts an event and returns the events in the window that ends with the newest. Older ones than that are left out.
    @inline(__always)
    mutating func observe(at time: Timestamp, window: Interval) -> Int {
        count(at: time, window: window, adding: true)
    }

    /// The events in the window that ends with the newest time; counts one more where asked to.
    @inline(__always)
    mutating func count(at time: Timestamp, window: Interval, adding isOne: Bool) -> Int {
        let part = time.microseconds / Self.part(of: window)
        if part > newest { advance(to: part) }
        if isOne, part > newest - Int64(Self.parts) { add(Int(part % Int64(Self.parts))) }
        if !wide.isEmpty { return wide.reduce(0) { $0 + Int($1) } }
        var sum = 0
        for i in 0..<Self.parts { sum += Int(narrow[i]) }
        return sum
    }

    @inline(__always)
    private mutating func advance(to part: Int64) {
        let steps = min(part - newest, Int64(Self.parts))
        for step in 1...steps {
            let i = Int((newest + step) % Int64(Self.parts))
            if wide.isEmpty { narrow[i] = 0 } else { wide[i] = 0 }
        }
        newest = part
        if steps == Self.parts, !wide.isEmpty { take(Array(repeating: 0, count: Self.parts)) }
    }

    @inline(__always)
    private mutating func add(_ i: Int) {
        if wide.isEmpty, narrow[i] < .max {
            narrow[i] += 1
        } else {
            addWide(i)
        }
    }

    @inline(never)
    private mutating func addWide(_ i: Int) {
        if wide.isEmpty { wide = counts }
        wide[i] = wide[i] == .max ? .max : wide[i] + 1
    }

    private var counts: [UInt32] { wide.isEmpty ? (0..<Self.parts).map { UInt32(narrow[$0]) } : wide }

    /// Takes these counts, in bytes if they fit.
    private mutating func take(_ counts: [UInt32]) {
        let fits = counts.allSatisfy { $0 <= UInt8.max }
        wide = fits ? [] : counts
        for i in 0..<Self.parts { narrow[i] = fits ? UInt8(counts[i]) : 0 }
    }
}

// MARK: - State

// The newest eighth; which eighths have events, a bit for each; and how many those have.
extension RateWindow {
    func encode(into writer: inout StateWriter) {
        let counts = counts
        writer.write(newest)
        writer.write(counts.indices.reduce(UInt8(0)) { $0 | (counts[$1] > 0 ? 1 << UInt8($1) : 0) })
        for count in counts where count > 0 { writer.write(count) }
    }

    init(from reader: inout StateReader, window: Interval) throws(StateFault) {
        newest = try reader.read()
        guard newest >= 0, newest <= Timestamp.latest.microseconds / Self.part(of: window) else {
            throw .invalid("a time")
        }
        let taken = try reader.read(UInt8.self)
        var counts = [UInt32](repeating: 0, count: Self.parts)
        for i in 0..<Self.parts where taken & 1 << UInt8(i) != 0 {
            counts[i] = try reader.read()
            guard counts[i] > 0 else { throw .invalid("a count") }
        }
        take(counts)
    }
}
