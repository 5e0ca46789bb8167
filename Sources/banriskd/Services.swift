import API
import Assembly
import Dispatch
import Intake
import Logging
import ServiceLifecycle
import Spool

/// Runs blocking work on a thread of its own and waits for it.
func onThread(_ label: String, _ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        DispatchQueue(label: "banrisk.\(label)").async {
            continuation.resume(with: Result { try body() })
        }
    }
}

/// A way in: bytes to spool, on a thread of its own.
struct IntakeService: Service {
    let label: String
    let spool: Spool
    let stop: StopRequest
    let logger: Logger
    /// Runs until ``end``.
    let listen: @Sendable (Spool) throws -> Void
    let end: @Sendable () -> Void

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await onThread("intake.\(label)") {
                do {
                    try listen(spool)
                } catch SpoolError.closed {
                    let counts = spool.statistics
                    let lost = counts.appendedSequence - counts.durableSequence
                    if lost > 0 {
                        logger.error(
                            "the disk took nothing more: \(lost) events that were read are not in the spool",
                            metadata: ["event": "spool.lost"])
                    }
                }
            }
        } onGracefulShutdown: {
            end()
            // A disk that takes nothing holds the intake up; what waits for it was not acknowledged.
            if spool.statistics.stalled != nil { spool.close() }
            stop.onHurry { spool.close() }
        }
    }
}

extension Sockets {
    /// The ways in that are sockets, but for HTTP.
    func services(spool: Spool, stop: StopRequest, logger: Logger) -> [any Service] {
        let report = { @Sendable (reason: String) in
            logger.warning("a shipper was disconnected: \(reason)", metadata: ["event": "shipper.refused"])
        }
        func service(
            _ label: String, _ listen: @escaping @Sendable (Spool) throws -> Void, _ end: @escaping @Sendable () -> Void
        ) -> IntakeService {
            IntakeService(label: label, spool: spool, stop: stop, logger: logger, listen: listen, end: end)
        }
        return [
            service("stream", { [stream] in try stream.run(sink: $0, report: report) }, { [stream] in stream.stop() }),
            service("datagrams", { [datagrams] in try datagrams.run(sink: $0) }, { [datagrams] in datagrams.stop() }),
            service(
                "forward", { [forward] in try forward.run(sink: $0, report: report) }, { [forward] in forward.stop() }),
        ]
    }
}

/// HTTP.
struct APIService: Service {
    let server: APIServer
    let socket: BoundSocket

    func run() async throws {
        defer { socket.removeFile() }
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            server.stop()
        }
    }
}

/// Answers on the control socket.
struct ControlService: Service {
    let socket: ControlSocket
    let desk: ControlDesk

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await onThread("control") {
                try socket.run(refusal: { desk.refusal(of: $0) }, answer: { desk.answer(to: $0, of: $1) })
            }
        } onGracefulShutdown: {
            socket.stop()
        }
    }
}

/// Spool to database.
struct PipelineService: Service {
    let flow: Flow

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await onThread("pipeline") { try flow.run() }
        } onGracefulShutdown: {
            flow.end()
        }
    }
}

extension ReloadAnswer {
    /// Logs what became of a reload, as events of the kinds that `done` and `refused` name.
    func log(
        to logger: Logger, what: String, done: Logger.MetadataValue = "reload.done",
        refused: Logger.MetadataValue = "reload.refused"
    ) {
        for notice in notices { logger.warning("\(notice)", metadata: ["event": "reload.notice"]) }
        if reloaded {
            logger.notice(
                "\(what): \(configuration.map { "in force as configuration \($0)" } ?? "the same as before")",
                metadata: ["event": done])
        } else {
            for fault in faults {
                logger.error("\(what) refused, the old stays in force: \(fault)", metadata: ["event": refused])
            }
        }
    }
}
