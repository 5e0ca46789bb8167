import CLinux
import Glibc
import RiskModel

/// The clients of a stream socket, and what a turn does with them, whatever protocol they speak. Belongs to the thread that
/// runs it.
struct ConnectionServer: ~Copyable {
    /// The limits of a server.
    struct Limits {
        var connections: Int
        /// How long a client must have been silent to give way to another.
        var silence: Duration
        /// The most that is read of one client before the others have their turn.
        var bytesPerTurn: Int
        /// Whose connections nothing but `connections` limits.
        var trustedUsers: Set<UInt32> = [0, geteuid()]

        /// How many connections one user may have: half of all, so that nobody shuts out the others.
        var connectionsPerUser: Int { max(1, connections / 2) }
    }

    private(set) var isStopping = false
    var statistics: IntakeStatistics { sink.statistics }

    private let listener: ListeningSocket
    private let stopping: CInt
    private let syncing: CInt
    private let limits: Limits
    private let converse: (_ user: UInt32?) -> any Conversation
    private let report: (Refusal) -> Void
    private var sink: CountedSink
    private var queue: EventQueue
    private var clients: [CInt: Connection] = [:]
    /// How many clients each user has, of those who are not trusted.
    private var crowds: [UInt32: Int] = [:]
    /// The connection of each session.
    private var sessions: [UInt64: Connection] = [:]
    /// Connections with frames that are not on disk yet.
    private var awaiting: [CInt: Connection] = [:]
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
    ///   - converse: makes the protocol's side of a client that has come.
    ///   - report: is told why a client was refused.
    init(
        listener: consuming ListeningSocket, stopping: CInt, syncing: CInt, limits: Limits, sink: CountedSink,
        converse: @escaping (_ user: UInt32?) -> any Conversation, report: @escaping (Refusal) -> Void
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
        self.sink = sink
        self.converse = converse
        self.report = report
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

    /// Accepts nobody any more, removes the socket's file, then lets nobody send any more.
    ///
    /// Who has connected already is accepted before, unless the socket is inherited: then he waits in it for the next
    /// process that has it. After SHUT_RD the peer's writes fail, and reads here give what has arrived and then the end
    /// (`unix_shutdown` and `unix_stream_read_generic` of Linux), so that draining ends even while shippers would go on
    /// sending.
    mutating func shutDown() throws {
        listener.removeFile()
        if !listener.isInherited { while acceptPausedUntil == nil, try accept(atMost: Self.acceptsPerTurn) {} }
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

extension ConnectionServer {
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
            let descriptor = Descriptor(raw)
            let user = Peer.user(of: raw)
            guard try makeRoom(for: user), queue.add(raw) else {
                sink.statistics.refusedConnections += 1
                continue
            }
            clients[raw] = Connection(descriptor, user: user, conversation: converse(user), now: now)
            if let user, !limits.trustedUsers.contains(user) { crowds[user, default: 0] += 1 }
            sink.statistics.acceptedConnections += 1
            sink.statistics.connections = clients.count
        }
        return true
    }

    /// Makes room for one more client, by displacing the one that has been silent for longest if need be: of all, or of
    /// the user's own where he has his share.
    ///
    /// - Returns: whether there is room.
    private mutating func makeRoom(for user: UInt32?) throws -> Bool {
        while let user, crowds[user, default: 0] >= limits.connectionsPerUser {
            guard try displaceSilent(where: { $0.user == user }) else {
                sink.statistics.crowdedConnections += 1
                return false
            }
        }
        while clients.count >= limits.connections {
            guard try displaceSilent(where: { _ in true }) else { return false }
        }
        return true
    }

    /// - Returns: whether somebody had been silent for long.
    private mutating func displaceSilent(where isCandidate: (Connection) -> Bool) throws -> Bool {
        let candidates = clients.values.lazy.filter(isCandidate)
        guard let client = candidates.min(by: { $0.lastFrame < $1.lastFrame }),
            now - client.lastFrame >= limits.silence
        else { return false }
        // It may be we who did not listen, because the sink waited.
        let frames = statistics.frames
        if !client.hasEnded { try read(client) }
        if statistics.frames == frames, clients[client.descriptor.raw] === client { try displace(client) }
        return true
    }

    /// Reads a client's stream to what is its end now, and closes it.
    private mutating func displace(_ client: Connection) throws {
        sink.statistics.displacedConnections += 1
        shutdown(client.descriptor.raw, CInt(SHUT_RD))
        while !client.hasEnded, clients[client.descriptor.raw] === client { try read(client) }
        close(client)
    }

    private mutating func close(_ client: Connection) {
        let raw = client.descriptor.raw
        guard clients[raw] === client else { return }
        queue.remove(raw)
        clients[raw] = nil
        awaiting[raw] = nil
        if let user = client.user, let count = crowds[user] { crowds[user] = count == 1 ? nil : count - 1 }
        if let session = client.conversation.session, sessions[session] === client { sessions[session] = nil }
        if client.isGreeted { sink.statistics.acknowledgedConnections -= 1 }
        sink.statistics.connections = clients.count
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

extension ConnectionServer {
    /// Reads once from a client.
    private mutating func read(_ client: Connection) throws {
        // SAFETY: the kernel writes at most `count` bytes into the array that is borrowed for the call.
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe Glibc.read(client.descriptor.raw, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return try end(client, isGone: count < 0 || client.hasEnded) }
        sink.statistics.bytes += count
        let frames = statistics.frames
        // Shared, not copied; a borrow would be one of the whole of this value.
        let chunk = buffer
        try client.conversation.receive(chunk.span.extracting(first: count), into: &sink)
        if statistics.frames > frames { client.lastFrame = now }
        if client.conversation.refusal != nil { return refuse(client) }
        guard client.conversation.isAcknowledged else { return }
        if !client.isGreeted { greet(client) }
        acknowledge(client)
    }

    /// Ends what a client sends. One that gets acknowledgements stays until it has them all, unless it has gone.
    ///
    /// - Parameter isGone: whether it reads no more; ECONNRESET says that it left something unread.
    private mutating func end(_ client: Connection, isGone: Bool) throws {
        if !client.hasEnded { try client.conversation.finish(into: &sink) }
        client.hasEnded = true
        guard !isGone, client.conversation.isAcknowledged else { return close(client) }
        queue.update(client.descriptor.raw, reading: false, writing: client.isBlocked)
        acknowledge(client)
    }

    /// Notes a client that wants acknowledgements. A session that it has asked for it takes from the one that had it.
    private mutating func greet(_ client: Connection) {
        client.isGreeted = true
        sink.statistics.acknowledgedConnections += 1
        sink.statistics.acceptedAcknowledgedConnections += 1
        if let session = client.conversation.session {
            if let before = sessions[session] {
                sink.statistics.takeovers += 1
                before.conversation.loseSession()
                refuse(before)
            }
            sessions[session] = client
        }
        var bytes = Self.answerBufferBytes
        // SAFETY: the kernel copies the number before the call returns.
        unsafe _ = setsockopt(
            client.descriptor.raw, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Closes a client and says why, if the protocol has words for it and there is room.
    private mutating func refuse(_ client: Connection) {
        if let refusal = client.conversation.refusal {
            sink.statistics.refusals += 1
            if !refusal.farewell.isEmpty { _ = Self.send(refusal.farewell, to: client) }
            report(refusal)
        }
        close(client)
    }

    /// Tells a client which of its frames are on disk, as far as it has not been told.
    ///
    /// - Parameter isWritable: whether the client's socket, if it had no room for answers, has some now.
    private mutating func acknowledge(_ client: Connection, isWritable: Bool = false) {
        let raw = client.descriptor.raw
        client.conversation.sync(through: sink.durableSequence)
        let isAwaiting = client.conversation.isAwaitingSync
        awaiting[raw] = isAwaiting ? client : nil
        if client.isBlocked, !isWritable { return }
        var isBlocked = false
        while !isBlocked, let answer = client.conversation.nextAnswer() {
            let count = Self.send(answer, to: client)
            if count >= 0 {
                if client.conversation.didSend(count) { sink.statistics.acknowledgements += 1 }
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
    private static func send(_ bytes: [UInt8], to client: Connection) -> Int {
        // SAFETY: the kernel reads the array's own bytes.
        unsafe Glibc.send(client.descriptor.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
    }
}
