import Foundation
import Glibc
import Intake
import Logging
import RiskModel
import Store
import Synchronization
import TestSupport

@testable import API
@testable import Assembly

/// A server on a socket of its own with a database of its own, and what stands in for the daemon.
final class Harness: Sendable {
    let folder: String
    let sink = TestSink()
    let desk = TestDesk()
    let server: APIServer
    /// The TCP port, where there is one.
    let port: Int?
    private let bound: BoundSocket
    private let running: Task<Void, any Error>

    var socket: String { folder + "/api.sock" }
    var database: String { folder + "/banrisk.db" }

    static let token = "a-token-of-some-length"

    init(
        limits: APILimits = APILimits(), tcp: Bool = false, access: Access? = nil,
        fill: (StoreWriter) throws -> Void = { try Shelf.fill($0) }
    ) async throws {
        let folder = try makeFolder()
        self.folder = folder
        let database = folder + "/banrisk.db"
        let writer = try StoreWriter(
            path: database, rules: Shelf.rules, inactive: ["listed_mail": "lacks the list"],
            configuration: Shelf.configuration)
        try fill(writer)
        let (sink, desk) = (sink, desk)
        desk.state.withLock { $0.writer = writer }
        let access = access ?? Access(shippers: [], operators: [], analysts: [], owner: geteuid())
        let services = APIServices(
            status: { desk.state.withLock { $0.status } }, access: { access },
            reload: { desk.state.withLock { $0.reloadAnswer } },
            verdict: { request, peer in desk.verdict(request, peer) },
            quarantine: { request in
                desk.state.withLock { $0.quarantine.append(request) }
                return QuarantineAnswer(selected: 1, retried: request.action == .retry ? 1 : nil)
            },
            check: { batch in TestDesk.check(batch) },
            audit: { desk.audit($0) }, sink: sink, databasePath: database)
        let bound = try BoundSocket(path: folder + "/api.sock", mode: 0o666)
        self.bound = bound
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let server = APIServer(
            socket: try bound.descriptor(),
            tcp: tcp ? BearerToken(Self.token).map { APIServer.TCP(address: "127.0.0.1", port: 0, token: $0) } : nil,
            services: services, limits: limits, logger: logger)
        let (ready, isReady) = AsyncStream.makeStream(of: Int?.self)
        running = Task {
            defer { isReady.finish() }
            try await server.run { isReady.yield($0) }
        }
        self.server = server
        var found: Int?
        for await port in ready {
            found = port
            break
        }
        port = found
    }

    /// Stops the server and waits until it has ended.
    func stop() async throws {
        server.stop()
        try await running.value
    }

    deinit {
        server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func withAddress<Value>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}

/// Runs a server, and `body` against it on a thread of its own: clients block, and the server's tasks need the pool's threads.
func serving(
    limits: APILimits = APILimits(), tcp: Bool = false, access: Access? = nil,
    fill: @escaping @Sendable (StoreWriter) throws -> Void = { try Shelf.fill($0) },
    _ body: @escaping @Sendable (Harness) throws -> Void
) async throws {
    let harness = try await Harness(limits: limits, tcp: tcp, access: access, fill: fill)
    let result: Result<Void, any Error> = await withTaskExecutorPreference(BlockingExecutor()) {
        Result { try body(harness) }
    }
    try await harness.stop()
    try result.get()
}

/// Gives each task a thread of its own.
final class BlockingExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

struct Broken: Error, CustomStringConvertible {
    var what: String
    var description: String { what }
}

private func makeFolder() throws -> String {
    // Short: a socket's path has 107 bytes at most.
    let path = "/tmp/banrisk-api-\(UInt32.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    // Other users are to reach the socket.
    chmod(path, 0o755)
    return path
}

/// Keeps frames in memory; says that they are on disk at once, or when it is told to.
final class TestSink: AcknowledgingSink {
    struct Line: Sendable, Equatable {
        var text: String
        var source: Source
        var flags: FrameFlags
        var origin: FrameOrigin
    }

    private struct State {
        var lines: [Line] = []
        var durable: UInt64 = 0
        var isHeld = false
        var isClosed = false
        var ordinals: [UInt64: UInt64] = [:]
        var callbacks: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    var lines: [Line] { state.withLock { $0.lines } }
    var texts: [String] { lines.map(\.text) }
    var durableSequence: UInt64 { state.withLock { $0.durable } }

    /// From now on nothing reaches the disk.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let callbacks = state.withLock { state in
            state.isHeld = false
            state.durable = UInt64(state.lines.count)
            return state.callbacks
        }
        for callback in callbacks { callback() }
    }

    func close() { state.withLock { $0.isClosed = true } }

    func lastOrdinal(of session: UInt64) -> UInt64? { state.withLock { $0.ordinals[session] } }

    func onDurable(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.callbacks.append(body) } }

    func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags, origin: FrameOrigin) throws -> UInt64 {
        var bytes: [UInt8] = []
        bytes.append(copying: line)
        let (seq, callbacks): (UInt64, [@Sendable () -> Void]) = try state.withLock { state in
            if state.isClosed { throw Broken(what: "closed") }
            if flags.contains(.numbered) {
                if let last = state.ordinals[origin.session], origin.ordinal <= last {
                    return (UInt64(state.lines.count), [])
                }
                state.ordinals[origin.session] = origin.ordinal
            }
            state.lines.append(
                Line(text: String(decoding: bytes, as: UTF8.self), source: source, flags: flags, origin: origin))
            if !state.isHeld { state.durable = UInt64(state.lines.count) }
            return (UInt64(state.lines.count), state.isHeld ? [] : state.callbacks)
        }
        for callback in callbacks { callback() }
        return seq
    }
}

/// Stands in for the daemon.
final class TestDesk: Sendable {
    struct State {
        var status = TestDesk.status
        var reloadAnswer = ReloadAnswer.done(configuration: 7)
        var verdicts: [(request: VerdictRequest, peer: VerdictPeer)] = []
        var verdictError: String?
        /// What a verdict waits for.
        var gate: Gate?
        var isAsked = false
        var quarantine: [QuarantineRequest] = []
        var audit: [AuditEntry] = []
        var isAuditHeld = false
        var writer: StoreWriter?
    }

    let state = Mutex(State())

    func verdict(_ request: VerdictRequest, _ peer: VerdictPeer) -> VerdictAnswer {
        let gate = state.withLock { state in
            state.isAsked = true
            return state.gate
        }
        gate?.pass()
        return state.withLock { state in
            var answer = VerdictAnswer(error: state.verdictError)
            guard state.verdictError == nil else { return answer }
            state.verdicts.append((request, peer))
            answer.recorded = request.accounts.count
            answer.firstSeq = 1
            answer.lastSeq = UInt64(request.accounts.count)
            return answer
        }
    }

    /// Writes them into the database too, as the daemon does.
    func audit(_ entries: [AuditEntry]) {
        while state.withLock({ $0.isAuditHeld }) { usleep(1_000) }
        state.withLock { state in
            state.audit += entries
            try? state.writer?.audit(entries)
        }
    }

    /// Lines that do not begin with `{` are no events here.
    static func check(_ batch: FrameBatch) -> [Rejection] {
        batch.frames.compactMap { frame in
            let bytes = Array(batch.bytes(of: frame))
            guard bytes.first != UInt8(ascii: "{") || frame.flags.contains(.oversized) else { return nil }
            return Rejection(
                seq: frame.seq, source: frame.source,
                reason: frame.flags.contains(.oversized) ? .frameTooLong : .invalidJSON, position: 0, bytes: bytes)
        }
    }

    static var status: DaemonStatus {
        var status = DaemonStatus(
            program: "banriskd", pid: 1, phase: .running, recovery: .init(snapshot: 0, processed: 9, target: 9),
            database: "/nowhere", shards: 2, watermark: "2026-03-01T08:00:00Z",
            sequence: .init(received: 9, durable: 9, processed: 8, applied: 7))
        status.databases = [
            .init(kind: "city", type: "Geo\"Lite2\\City", path: "/nowhere", built: "2026-02-01T00:00:00Z")
        ]
        status.lists = [.init(name: "disposable", entries: 3)]
        status.rules = Shelf.rules.rules.map {
            .init(rule: $0.id, active: true, inactiveBecause: nil, costSeconds: 0.5)
        }
        return status
    }
}
