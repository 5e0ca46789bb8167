import CLinux
import Glibc

/// Sends lines over an acknowledged stream until all of them are on disk, over as many connections as that takes.
///
/// The reference client of docs/specs/wire.md. ``Delivery`` decides; this waits, reads and writes.
package struct StreamSender: ~Copyable {
    /// How far it is.
    package struct Progress: Sendable, Equatable {
        /// Lines of the session that are on disk.
        package var onDisk: UInt64 = 0
        /// Those that were there at the beginning.
        package var resumedAfter: UInt64 = 0
        /// Bytes of the input that need not be read again.
        package var bytes = 0
        /// Connections beyond the first.
        package var reconnections = 0
    }

    private let path: SocketPath
    private let patience: Duration?
    private var input: LineInput
    private var delivery: Delivery
    /// Tells whoever writes the input what is on disk, where he wants to know.
    private var confirmer: TransactionConfirmer?
    private var connection: Descriptor?
    private var connections = 0
    private var backoff: Backoff
    /// Since when lines wait without anything new on disk; `nil` while none do.
    private var waitingSince: ContinuousClock.Instant?
    /// What the last attempt to connect came to.
    private var obstacle: IntakeError?
    private var buffer = [UInt8](repeating: 0, count: 4096)

    /// - Parameters:
    ///   - path: the daemon's `events.sock`.
    ///   - confirmer: answers on standard output to an input that comes in transactions.
    ///   - patience: how long it goes on without anything new on disk while lines wait; `nil` for ever.
    ///   - pauses: how long it waits before it connects again: first, and at most.
    package init(
        path: String, input: consuming LineInput, delivery: Delivery, confirmer: TransactionConfirmer? = nil,
        patience: Duration?, pauses: ClosedRange<Duration> = .milliseconds(50)...(.seconds(2))
    ) throws(IntakeError) {
        self.path = try SocketPath(path)
        self.input = input
        self.delivery = delivery
        self.confirmer = confirmer
        self.patience = patience
        backoff = Backoff(pauses)
    }

    /// Sends everything; returns when all of it is on disk.
    ///
    /// - Parameter report: called now and then, and at the end.
    package mutating func run(report: (Progress) -> Void) throws(SendError) -> Progress {
        while !delivery.isDone {
            connectIfDue()
            try confirm()
            try wait()
            try checkPatience()
            report(progress)
        }
        return progress
    }

    package var progress: Progress {
        Progress(
            onDisk: delivery.onDisk, resumedAfter: delivery.resumedAfter ?? 0,
            bytes: max(0, input.bytes - delivery.keptBytes), reconnections: max(0, connections - 1))
    }
}

extension StreamSender {
    /// Waits until a step can be made, and makes it.
    private mutating func wait() throws(SendError) {
        var source: CInt?
        do { source = delivery.hasRoom ? try input.open() : nil } catch { throw .input(error) }
        if delivery.hasRoom, source == nil {
            do { try delivery.finish() } catch { throw .delivery(error) }
            return
        }
        let events = POLLIN | (delivery.output.isEmpty ? 0 : POLLOUT)
        var waiting = [
            // A negative descriptor is left out (poll(2)).
            pollfd(fd: connection?.raw ?? -1, events: Int16(events), revents: 0),
            pollfd(fd: source ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        // SAFETY: two pollfds are given and counted.
        guard unsafe poll(&waiting, 2, timeout) > 0 else { return }
        if waiting[1].revents != 0 { try read() }
        // Answers first: a daemon that has closed the connection may have said why.
        if waiting[0].revents & ~Int16(POLLOUT) != 0 { try receive() }
        if waiting[0].revents & Int16(POLLOUT) != 0 { try send() }
    }

    private mutating func read() throws(SendError) {
        // Moved out and back, not copied: the closure cannot hold this value while its input is being read.
        var delivery = Delivery(session: delivery.session, isResumable: false)
        swap(&delivery, &self.delivery)
        defer { swap(&delivery, &self.delivery) }
        var confirmer = confirmer
        do {
            try input.read { line, flags in
                if confirmer?.take(line, number: delivery.lines + 1) != false { delivery.add(line, flags: flags) }
            }
        } catch {
            throw .input(error)
        }
        self.confirmer = confirmer
    }

    private mutating func confirm() throws(SendError) {
        guard let answers = confirmer?.nextAnswers(onDisk: delivery.onDisk), !answers.isEmpty else { return }
        // rsyslog waits for them, so the pipe has room.
        let count = unsafe answers.withUnsafeBytes {
            // SAFETY: the kernel reads the bytes that are borrowed for the call.
            unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count)
        }
        guard count == answers.count else { throw .input(InputError(path: "standard output", errno: errno)) }
    }

    private mutating func receive() throws(SendError) {
        guard let raw = connection?.raw else { return }
        // SAFETY: the kernel writes at most the array's size into it.
        let count = unsafe recv(raw, &buffer, buffer.count, CInt(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return disconnect() }
        let before = (delivery.onDisk, delivery.isOpen)
        // Shared, not copied; a borrow would be one of the whole of this value.
        let chunk = buffer
        do { try delivery.receive(chunk.span.extracting(first: count)) } catch { throw .delivery(error) }
        if before != (delivery.onDisk, delivery.isOpen) { waitingSince = nil }
        if delivery.isOpen { backoff.reset() }
    }

    private mutating func send() throws(SendError) {
        guard let raw = connection?.raw else { return }
        let count = unsafe delivery.output.withUnsafeBytes {
            // SAFETY: the kernel reads the bytes that are borrowed for the call.
            unsafe Glibc.send(raw, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
        }
        if count >= 0 { return delivery.didSend(count) }
        if errno == EAGAIN || errno == EINTR { return }
        // The reason, if there is one, is read before the end.
        while connection != nil { try receive() }
    }

    private mutating func connectIfDue() {
        guard connection == nil, delivery.hasWork, backoff.isDue else { return }
        do throws(IntakeError) {
            connection = try path.connect()
            connections += 1
            obstacle = nil
            delivery.connect()
        } catch {
            obstacle = error
        }
        backoff.advance()
    }

    private mutating func disconnect() {
        connection = nil
        delivery.disconnect()
    }

    private mutating func checkPatience() throws(SendError) {
        // Waiting for a permission or a shorter path would be in vain.
        if case .permissionDenied = obstacle, let obstacle { throw .unreachable(obstacle) }
        guard delivery.hasWork else { return waitingSince = nil }
        let since = waitingSince ?? .now
        waitingSince = since
        guard let patience, ContinuousClock.now - since >= patience else { return }
        if let obstacle { throw .unreachable(obstacle) }
        throw .noProgress(patience)
    }

    /// For poll(2), until the next attempt to connect or the end of patience.
    private var timeout: CInt {
        guard delivery.hasWork else { return -1 }
        var wait = Duration.seconds(3600)
        if connection == nil { wait = min(wait, backoff.remaining) }
        if let patience { wait = min(wait, patience - (waitingSince.map { ContinuousClock.now - $0 } ?? .zero)) }
        return max(0, CInt((wait / .milliseconds(1)).rounded(.up)))
    }
}

/// Why lines are not known to be on disk. The description says the remedy.
package enum SendError: Error, Equatable, Sendable, CustomStringConvertible {
    case input(InputError)
    case delivery(DeliveryError)
    /// Nobody listens on the socket, or only others may write to it.
    case unreachable(IntakeError)
    /// Connected, and for so long nothing new was on disk.
    case noProgress(Duration)

    package var description: String {
        switch self {
        case .input(let error): error.description
        case .delivery(let error): error.description
        case .unreachable(.permissionDenied(let path)):
            "no permission for \(path); be in the group of the daemon's sockets"
        case .unreachable(.parentMissing(let path)), .unreachable(.system(_, let path, _)):
            "no banriskd takes events on \(path); start it, or name its events.sock"
        case .unreachable(let error): error.description
        case .noProgress(let patience):
            "nothing new was on disk for \(patience.components.seconds) s; banrisk status says what the daemon waits for"
        }
    }
}
