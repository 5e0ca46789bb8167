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

/// Sockets to spool.
struct IntakeService: Service {
    let listener: StreamListener
    let spool: Spool
    let stop: StopRequest
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await onThread("intake") {
                do {
                    try listener.run(sink: spool)
                } catch SpoolError.closed {
                    let counts = spool.statistics
                    let lost = counts.appendedSequence - counts.durableSequence
                    if lost > 0 {
                        logger.error("the disk took nothing more: \(lost) events that were read are not in the spool")
                    }
                }
            }
        } onGracefulShutdown: {
            listener.stop()
            // A disk that takes nothing holds the intake up; what waits for it was not acknowledged.
            if spool.statistics.stalled != nil { spool.close() }
            stop.onHurry { spool.close() }
        }
    }
}

/// Answers on the control socket.
struct ControlService: Service {
    let socket: ControlSocket
    let desk: ControlDesk

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await onThread("control") { try socket.run { desk.answer(to: $0, of: $1) } }
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
    /// Logs what became of a reload.
    func log(to logger: Logger, what: String) {
        for notice in notices { logger.warning("\(notice)") }
        if reloaded {
            logger.notice("\(what): \(configuration.map { "in force as configuration \($0)" } ?? "the same as before")")
        } else {
            for fault in faults { logger.error("\(what) refused, the old stays in force: \(fault)") }
        }
    }
}
