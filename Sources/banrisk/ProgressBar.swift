import Glibc

/// A line on standard error that says how far a replay is; nothing where that is no terminal.
struct ProgressBar {
    private static let width = 30

    private let totalBytes: Int?
    private let isShown = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now
    private var next = ContinuousClock.now

    /// - Parameter totalBytes: `nil` where it is not known how much will come.
    init(totalBytes: Int?) { self.totalBytes = totalBytes }

    /// Draws the line anew, at most ten times a second.
    mutating func update(bytes: Int, events: Int) {
        guard isShown, clock.now >= next else { return }
        next = clock.now + .milliseconds(100)
        let seconds = max((clock.now - start) / .seconds(1), 0.001)
        let rate = "\(events) events, \(Int(Double(events) / seconds)) events/s"
        if let totalBytes, totalBytes > 0 {
            let share = min(1, Double(bytes) / Double(totalBytes))
            let filled = Int(share * Double(Self.width))
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
            write("\r[\(bar)] \(Int(share * 100)) %  \(rate)\u{1b}[K")
        } else {
            write("\r\(rate)\u{1b}[K")
        }
    }

    /// Takes the line away.
    func clear() {
        if isShown { write("\r\u{1b}[K") }
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: the kernel reads the buffer's own bytes.
        unsafe bytes.withUnsafeBytes { unsafe _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
