import CLinux
import Glibc
import RiskModel

/// The clients of a listener, and what a turn does with them. Belongs to the thread that runs it.
struct StreamServer: ~Copyable {
    /// One connected shipper.
    private final class Client {
        let descriptor: Descriptor
        var framer = LineFramer()

        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    private(set) var statistics = IntakeStatistics()
    private(set) var isStopping = false

    private let listener: ListeningSocket
    private let stopping: CInt
    private let maximumConnections: Int
    private let sink: any FrameSink
    private var queue: EventQueue
    private var clients: [CInt: Client] = [:]
    private var buffer = [UInt8](repeating: 0, count: StreamListener.bytesPerTurn)
    /// While descriptors have run out: when to try again.
    private var acceptPausedUntil: ContinuousClock.Instant?

    /// How long accepting pauses when descriptors have run out, unless a client leaves before.
    private static let acceptPauseMilliseconds = 500

    /// - Parameter stopping: an eventfd; when it can be read, ``isStopping`` becomes true.
    init(
        listener: consuming ListeningSocket, stopping: CInt, maximumConnections: Int, sink: any FrameSink
    ) throws(IntakeError) {
        let queue = try EventQueue(capacity: 64)
        guard queue.add(stopping), queue.add(listener.descriptor.raw) else {
            throw IntakeError(call: "epoll_ctl", path: "", errno: errno)
        }
        self.queue = queue
        self.listener = listener
        self.stopping = stopping
        self.maximumConnections = maximumConnections
        self.sink = sink
    }

    /// Waits until something has arrived, then reads once from each client that has something.
    mutating func turn(milliseconds: CInt) throws {
        let pause = CInt(Self.acceptPauseMilliseconds)
        let count = try queue.wait(milliseconds: acceptPausedUntil == nil ? milliseconds : pause)
        if let acceptPausedUntil, acceptPausedUntil <= .now { resumeAccepting() }
        for i in 0..<count {
            switch queue[i] {
            case stopping:
                isStopping = true
                queue.remove(stopping)
            case listener.descriptor.raw: accept()
            case let client: try read(client)
            }
        }
    }

    /// Removes the socket's file, accepts who has connected already, then lets nobody send any more.
    ///
    /// After SHUT_RD the peer's writes fail, and reads here give what has arrived and then the end (`unix_shutdown` and
    /// `unix_stream_read_generic` of Linux), so that draining ends even while shippers would go on sending.
    mutating func shutDown() {
        listener.removeFile()
        accept()
        if acceptPausedUntil == nil { queue.remove(listener.descriptor.raw) }
        acceptPausedUntil = nil
        for client in clients.keys { shutdown(client, CInt(SHUT_RD)) }
    }

    private mutating func accept() {
        while true {
            let raw = accept4(
                listener.descriptor.raw, nil, nil, CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue))
            guard raw >= 0 else {
                switch errno {
                case EINTR, ECONNABORTED: continue
                case EAGAIN: return
                default: return pauseAccepting()
                }
            }
            let client = Client(Descriptor(raw))
            guard clients.count < maximumConnections, queue.add(raw) else {
                statistics.refusedConnections += 1
                continue
            }
            clients[raw] = client
            statistics.acceptedConnections += 1
            statistics.connections = clients.count
        }
    }

    /// Leaves connections in the backlog; a level-triggered listener would otherwise be reported again and again.
    private mutating func pauseAccepting() {
        statistics.acceptPauses += 1
        acceptPausedUntil = .now + .milliseconds(Self.acceptPauseMilliseconds)
        queue.remove(listener.descriptor.raw)
    }

    private mutating func resumeAccepting() {
        guard acceptPausedUntil != nil, queue.add(listener.descriptor.raw) else { return }
        acceptPausedUntil = nil
    }

    private mutating func read(_ raw: CInt) throws {
        guard let client = clients[raw] else { return }
        // SAFETY: the kernel writes at most `count` bytes into the array that is borrowed for the call.
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(raw, $0.baseAddress, $0.count) }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        if count > 0 {
            statistics.bytes += count
            var counted = statistics
            defer { statistics = counted }
            try client.framer.consume(buffer.span.extracting(first: count)) { line, flags in
                try sink.append(line, source: .stream, flags: flags)
                counted.count(flags)
            }
        } else {
            // The end, or ECONNRESET, which says that the peer left bytes of ours unread: we send none.
            clients[raw] = nil
            statistics.connections = clients.count
            var counted = statistics
            defer {
                statistics = counted
                resumeAccepting()
            }
            try client.framer.finish { line, flags in
                try sink.append(line, source: .stream, flags: flags)
                counted.count(flags)
            }
        }
    }
}
