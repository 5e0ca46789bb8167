internal import Glibc

/// What a service tells its manager (sd_notify(3)); nobody, where none asked to be told.
package struct ServiceNotice: Sendable {
    private let path: String?
    /// Half of what the manager waits for a sign of life; `nil` where it does not.
    package let watchdogInterval: Duration?

    package init() {
        path = Self.variable("NOTIFY_SOCKET")
        // Set for another process, it is not for us (sd_watchdog_enabled(3)).
        let isOurs = Self.variable("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
        watchdogInterval =
            isOurs
            ? Self.variable("WATCHDOG_USEC").flatMap(Int.init).map { .microseconds(max(1, $0 / 2)) } : nil
    }

    package func send(_ text: String) {
        guard let path else { return }
        // Nobody could be told of a failure.
        _ = Datagram.send(Array(text.utf8), to: path)
    }

    /// The clock that `RELOADING=1` goes with (`Type=notify-reload`).
    package static var monotonicMicroseconds: Int64 {
        var time = timespec()
        // SAFETY: the call writes only into `time`.
        unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    private static func variable(_ name: String) -> String? {
        // SAFETY: nothing in the process changes its environment; the text is copied.
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
