import RiskModel

/// Remembers how bad a key already was, so that its earlier members hear of it when it gets worse, and only then.
struct Escalation: Sendable {
    /// In eighths of strength, rounded up; 0 while nothing is wrong.
    private var step: UInt8 = 0

    /// Takes the strength now and returns whether it has risen by a step.
    @inline(__always)
    mutating func rises(to strength: Double) -> Bool {
        let now = UInt8((strength * 8).rounded(.up))
        defer { step = now }
        return now > step
    }

    func encode(into writer: inout StateWriter) { writer.write(step) }

    init() {}

    init(from reader: inout StateReader) throws(StateFault) {
        step = try reader.read()
        guard step <= 8 else { throw .invalid("a step") }
    }
}

extension Timestamp {
    /// Whether an eighth of `window` ended between this sight and a later one: a member that comes again is signalled
    /// again at most eight times a window.
    func isStale(at later: Timestamp, window: Interval) -> Bool {
        let part = max(1, window.microseconds / 8)
        return later.microseconds / part > microseconds / part
    }
}
