import CLinux
import Glibc
import RiskModel

/// The clients of a listener, and what a turn does with them. Belongs to the thread that runs it.
struct StreamServer: ~Copyable {
    /// The limits of a server.
    struct Limits {
        var connections: Int
        /// How long a client must have been silent to give way to another.
        var silence: Duration
        /// The most that is read of one client before the others have their turn.
        var bytesPerTurn: Int
    }

    private(set) var isStopping = false
    var statistics: IntakeStatistics { sink.statistics }

    private let listener: ListeningSocket
    private let stopping: CInt
    private let syncing: CInt
    private let limits: Limits
    private var sink: CountedSink
    private var queue: EventQueue
    private var clients: [CInt: StreamConnection] = [:]
    /// The connection of each acknowledged session.
    private var sessions: [UInt64: StreamConnection] = [:]
    /// Connections with frames that are not on disk yet.
    private var awaiting: [CInt: StreamConnection] = [:]
    private var buffer: [UInt8]
    private var now = ContinuousClock.now
    /// While descriptors have run out: when to try again.
    private var acceptPausedUntil: ContinuousClock.Instant?

    /// How long accepting pauses when descriptors have run out, unless a client leaves before.
    private static let acceptPauseMilliseconds = 500
    /// How many clients are accepted before those who are connected have their turn.
    private static let acceptsPerTurn = 64
    /// The kernel doubles it and has room for some ten acknowledgements then: who reads none costs no more than that.
    private static let answerBufferBytes: CInt = 4096

    /// - Parameters:
    ///   - stopping: an eventfd; when it can be read, ``isStopping`` becomes true.
    ///   - syncing: an eventfd that can be read, and is cleared then, after the sink has synced.
    init(
        listener: consuming ListeningSocket, stopping: CInt, syncing: CInt, limits: Limits,
        sink: any AcknowledgingSink
    ) throws(IntakeError) {
        let queue = try EventQueue(capacity: 64)
        guard queue.add(stopping), queue.add(syncing), queue.add(listener.descriptor.raw) else {
            throw IntakeError(call: "epoll_ctl", path: "", errno: errno)
        }
        self.queue = queue
        self.listener = listener
        self.stopping = stopping
        self.syncing = syncing
        self.limits = limits
        self.sink = CountedSink(sink)
        buffer = [UInt8](repeating: 0, count: limits.bytesPerTurn)
    }

    /// Waits until something has arrived, then reads once from each client that has something.
    mutating func turn(milliseconds: CInt) throws {
        let pause = CInt(Self.acceptPauseMilliseconds)
        let count = try queue.wait(milliseconds: acceptPausedUntil == nil ? milliseconds : pause)
        now = .now
        if let acceptPausedUntil, acceptPausedUntil <= now { resumeAccepting() }
        for i in 0..<count {
            let event = queue[i]
            switch event.target {
            case stopping:
                isStopping = true
                queue.remove(stopping)
            case syncing:
                Wakeup.clear(syncing)
                for client in awaiting.values { acknowledge(client) }
            case listener.descriptor.raw: _ = try accept(atMost: Self.acceptsPerTurn)
            case let raw:
                guard let client = clients[raw] else { break }
                if event.isWritable { acknowledge(client, isWritable: true) }
                if event.isReadable { try read(client) }
            }
        }
    }

    /// Removes the socket's file, accepts who has connected already, then lets nobody send any more.
    ///
    /// After SHUT_RD the peer's writes fail, and reads here give what has arrived and then the end (`unix_shutdown` and
    /// `unix_stream_read_generic` of Linux), so that draining ends even while shippers would go on sending.
    mutating func shutDown() throws {
        listener.removeFile()
        while acceptPausedUntil == nil, try accept(atMost: Self.acceptsPerTurn) {}
        if acceptPausedUntil == nil { queue.remove(listener.descriptor.raw) }
        acceptPausedUntil = nil
        for client in clients.keys { shutdown(client, CInt(SHUT_RD)) }
    }

    /// Whether a client may still have sent something.
    var isReading: Bool { clients.values.contains { !$0.hasEnded } }
    /// Whether a client waits for frames to be on disk.
    var isAwaitingSync: Bool { !awaiting.isEmpty }
}

// MARK: - Coming and going

extension StreamServer {
    /// - Returns: whether more may be waiting.
    private mutating func accept(atMost count: Int) throws -> Bool {
        for _ in 0..<count {
            let raw = accept4(
                listener.descriptor.raw, nil, nil, CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue))
            guard raw >= 0 else {
                switch errno {
                case EINTR, ECONNABORTED: continue
                case EAGAIN: return false
                default:
                    pauseAccepting()
                    return false
                }
            }
            let client = StreamConnection(Descriptor(raw), now: now)
            guard try makeRoom(), queue.add(raw) else {
                sink.statistics.refusedConnections += 1
                continue
            }
            clients[raw] = client
            sink.statistics.acceptedConnections += 1
            sink.statistics.connections = clients.count
        }
        return true
    }

    /// Makes room for one more client, by displacing the one that has been silent for longest if need be.
    ///
    /// - Returns: whether there is room.
    private mutating func makeRoom() throws -> Bool {
        while clients.count >= limits.connections {
            guard let client = clients.values.min(by: { $0.lastLine < $1.lastLine }),
                now - client.lastLine >= limits.silence
            else { return false }
            // It may be we who did not listen, because the sink waited.
            let frames = statistics.frames
            if !client.hasEnded { try read(client) }
            if statistics.frames == frames, clients[client.descriptor.raw] === client { try displace(client) }
        }
        return true
    }

    /// Reads a client's stream to what is its end now, and closes it.
    private mutating func displace(_ client: StreamConnection) throws {
        sink.statistics.displacedConnections += 1
        shutdown(client.descriptor.raw, CInt(SHUT_RD))
        while !client.hasEnded, clients[client.descriptor.raw] === client { try read(client) }
        close(client)
    }

    private mutating func close(_ client: StreamConnection) {
        let raw = client.descriptor.raw
        guard clients[raw] === client else { return }
        queue.remove(raw)
        clients[raw] = nil
        awaiting[raw] = nil
        if let session = client.stream?.session, sessions[session] === client { sessions[session] = nil }
        sink.statistics.connections = clients.count
        sink.statistics.acknowledgedConnections = sessions.count
        resumeAccepting()
    }

    /// Leaves connections in the backlog; a level-triggered listener would otherwise be reported again and again.
    private mutating func pauseAccepting() {
        sink.statistics.acceptPauses += 1
        acceptPausedUntil = .now + .milliseconds(Self.acceptPauseMilliseconds)
        queue.remove(listener.descriptor.raw)
    }

    private mutating func resumeAccepting() {
        guard acceptPausedUntil != nil, queue.add(listener.descriptor.raw) else { return }
        acceptPausedUntil = nil
    }
}

// MARK: - Reading and answering

extension StreamServer {
    /// Reads once from a client.
    private mutating func read(_ client: StreamConnection) throws {
        // SAFETY: the kernel writes at most `count` bytes into the array that is borrowed for the call.
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe Glibc.read(client.descriptor.raw, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return try end(client, isGone: count < 0 || client.hasEnded) }
        sink.statistics.bytes += count
        let frames = statistics.frames
        let wasAcknowledged = client.stream != nil
        // Shared, not copied; a borrow would be one of the whole of this value.
        let chunk = buffer
        try client.receive(chunk.span.extracting(first: count), into: &sink)
        if statistics.frames > frames { client.lastLine = now }
        if let refusal = client.refusal { return refuse(client, refusal) }
        guard client.stream != nil else { return }
        if !wasAcknowledged { greet(client) }
        acknowledge(client)
    }

    /// Ends a client's lines. One that gets acknowledgements stays until it has them all, unless it has gone.
    ///
    /// - Parameter isGone: whether it reads no more; ECONNRESET says that it left something unread.
    private mutating func end(_ client: StreamConnection, isGone: Bool) throws {
        if !client.hasEnded { try client.finish(into: &sink) }
        client.hasEnded = true
        guard !isGone, client.stream != nil else { return close(client) }
        queue.update(client.descriptor.raw, reading: false, writing: client.isBlocked)
        acknowledge(client)
    }

    /// Gives a session to a client that has just asked for it, and takes it from the one that had it.
    private mutating func greet(_ client: StreamConnection) {
        guard let session = client.stream?.session else { return }
        if let before = sessions[session] {
            sink.statistics.takeovers += 1
            refuse(before, .takenOver)
        }
        sessions[session] = client
        sink.statistics.acknowledgedConnections = sessions.count
        sink.statistics.acceptedAcknowledgedConnections += 1
        var bytes = Self.answerBufferBytes
        // SAFETY: the kernel copies the number before the call returns.
        unsafe _ = setsockopt(
            client.descriptor.raw, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Closes a client and says why, if there is room for it.
    private mutating func refuse(_ client: StreamConnection, _ fault: StreamRequest.Fault) {
        _ = Self.send(Array(StreamAnswer.refused(fault.description).line.utf8), to: client)
        close(client)
    }

    /// Tells a client which of its frames are on disk, as far as it has not been told.
    ///
    /// - Parameter isWritable: whether the client's socket, if it had no room for answers, has some now.
    private mutating func acknowledge(_ client: StreamConnection, isWritable: Bool = false) {
        let raw = client.descriptor.raw
        client.stream?.sync(through: sink.sink.durableSequence)
        let isAwaiting = client.stream?.isAwaitingSync == true
        awaiting[raw] = isAwaiting ? client : nil
        if client.isBlocked, !isWritable { return }
        var isBlocked = false
        while !isBlocked, let answer = client.stream?.nextAnswer() {
            let count = Self.send(answer, to: client)
            if count >= 0 {
                if client.stream?.didSend(count) == true { sink.statistics.acknowledgements += 1 }
            } else if errno == EAGAIN {
                isBlocked = true
            } else if errno != EINTR {
                return close(client)
            }
        }
        if isBlocked != client.isBlocked {
            client.isBlocked = isBlocked
            queue.update(raw, reading: !client.hasEnded, writing: isBlocked)
        }
        if client.hasEnded, !isBlocked, !isAwaiting { close(client) }
    }

    /// Without waiting, and without a signal where the client has gone.
    private static func send(_ bytes: [UInt8], to client: StreamConnection) -> Int {
        // SAFETY: the kernel reads the array's own bytes.
        unsafe Glibc.send(client.descriptor.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
    }
}
