internal import Glibc

/// SIGHUP, SIGTERM and SIGINT, blocked and waited for.
struct ServiceSignals {
    enum Signal { case reload, stop }

    private var set = sigset_t()

    /// Must be made before the process has other threads; they inherit the mask.
    init() {
        // SAFETY: the set is this value's own.
        unsafe sigemptyset(&set)
        for signal in [SIGHUP, SIGINT, SIGTERM] { unsafe sigaddset(&set, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for one of the signals, at most so many milliseconds.
    func next(within milliseconds: Int) -> Signal? {
        var set = set
        var span = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
        // SAFETY: set and span are this function's own.
        let signal = unsafe sigtimedwait(&set, nil, &span)
        if signal <= 0 { return nil }
        return signal == SIGHUP ? .reload : .stop
    }
}
