/// Pauses that double.
struct Backoff {
    private let pauses: ClosedRange<Duration>
    private var pause: Duration
    private var next = ContinuousClock.now

    init(_ pauses: ClosedRange<Duration>) {
        self.pauses = pauses
        pause = pauses.lowerBound
    }

    var remaining: Duration { max(.zero, next - .now) }
    var isDue: Bool { next <= .now }

    /// Begins a pause, and makes the next one longer.
    mutating func advance() {
        next = .now + pause
        pause = min(pause * 2, pauses.upperBound)
    }

    /// Makes the next pause a short one again.
    mutating func reset() { pause = pauses.lowerBound }
}
