/// How long to wait between two tries: twice as long each time, up to five minutes, and by chance up to a half less, so
/// that senders that failed together do not come back together.
struct Backoff {
    static let shortest = 1.0
    static let longest = 300.0

    private var failures = 0

    mutating func reset() { failures = 0 }

    /// The wait behind another failure, at least what the receiver asked for.
    mutating func next(atLeast wait: Duration?, by generator: inout some RandomNumberGenerator) -> Duration {
        failures += 1
        var seconds = Self.shortest
        for _ in 1..<min(failures, 12) { seconds *= 2 }
        seconds = min(seconds, Self.longest)
        let own = Duration.seconds(seconds * Double.random(in: 0.5...1, using: &generator))
        return max(own, wait ?? .zero)
    }
}
