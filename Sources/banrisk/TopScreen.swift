internal import Glibc
internal import Synchronization

/// A terminal that belongs to `top`: raw keys, the other screen, no cursor. It is given back at every end.
///
/// Ends that can be foreseen go through ``leave()``; a crash goes through handlers that do the same with two calls that
/// a handler may make (signal-safety(7)). After SIGKILL nobody can: `reset` helps.
final class TopScreen {
    enum Event { case key(TopKey), resized, stopped, ended, nothing }

    private static let enter = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J"
    fileprivate static let restore: StaticString = "\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

    private var before = termios()
    private var signals = sigset_t()
    private var isInside = false
    private var keys: [TopKey] = []

    /// `nil` where it is no terminal, or one that knows no sequences. Must be made before the process has other
    /// threads.
    init?() {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, Terminal.variable("TERM") != "dumb" else {
            return nil
        }
        // SAFETY: the calls write only into this object's own values.
        guard unsafe tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        unsafe sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        saved.withLock { $0 = before }
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE] {
            Glibc.signal(signal, giveBackAndDie)
        }
        begin()
    }

    deinit { leave() }

    /// Rows and columns.
    static var size: (rows: Int, columns: Int) {
        var size = winsize()
        // SAFETY: the kernel fills one winsize.
        let known = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        return known ? (Int(size.ws_row), Int(size.ws_col)) : (24, 80)
    }

    private func begin() {
        var raw = before
        // Keys as they come, unseen. Ctrl-C and Ctrl-Z stay signals.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        raw.c_iflag &= ~tcflag_t(IXON)
        // SAFETY: the kernel reads one termios.
        unsafe _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        isInside = true
        write(Self.enter)
    }

    /// Gives the terminal back as it was.
    func leave() {
        guard isInside else { return }
        isInside = false
        write("\(Self.restore)")
        // SAFETY: as above.
        unsafe _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
    }

    /// Shows lines, none wider than the screen, from the top.
    func draw(_ lines: [String]) {
        // Each line ends what stood behind it; all in one write, so that nothing flickers.
        write("\u{1b}[H" + lines.map { $0 + "\u{1b}[K" }.joined(separator: "\r\n") + "\u{1b}[J")
    }

    /// Waits for a key or a signal, at most so long.
    func next(withinMilliseconds milliseconds: Int32) -> Event {
        if !keys.isEmpty { return .key(keys.removeFirst()) }
        if let event = pendingSignal() { return event }
        var query = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        // SAFETY: one pollfd is given and counted.
        guard unsafe poll(&query, 1, milliseconds) > 0 else { return pendingSignal() ?? .nothing }
        var bytes = [UInt8](repeating: 0, count: 256)
        // SAFETY: the kernel writes at most the array's length.
        let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
        if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { return .ended }
        keys = TopKey.keys(in: Array(bytes.prefix(max(0, count))))
        return keys.isEmpty ? .nothing : .key(keys.removeFirst())
    }

    private func pendingSignal() -> Event? {
        var now = timespec()
        // SAFETY: both are this function's or this object's own.
        switch unsafe sigtimedwait(&signals, nil, &now) {
        case SIGWINCH: return .resized
        case SIGTSTP:
            leave()
            kill(getpid(), SIGSTOP)
            begin()
            return .resized
        case let signal where signal > 0: return .stopped
        default: return nil
        }
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            // SAFETY: the array holds `count - written` bytes from `written` on.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress.unsafelyUnwrapped + written, $0.count - written)
            }
            if count <= 0, errno != EINTR, errno != EAGAIN { return }
            written += max(0, count)
        }
    }
}

/// The terminal as it was, for the handlers.
private let saved = Mutex<termios?>(nil)

/// Gives the terminal back, and lets the signal do what it does.
private func giveBackAndDie(_ number: CInt) {
    unsafe _ = write(STDOUT_FILENO, TopScreen.restore.utf8Start, TopScreen.restore.utf8CodeUnitCount)
    // Written once, before the handlers were there: the lock is free.
    if var before = saved.withLockIfAvailable({ $0 }) ?? nil { unsafe _ = tcsetattr(STDIN_FILENO, TCSANOW, &before) }
    signal(number, SIG_DFL)
    raise(number)
}
