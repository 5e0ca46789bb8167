import Dispatch
import Intake
import Logging
import Pipeline
import RiskModel
import ServiceLifecycle
import Spool
import Store

/// Runs blocking work on a thread of its own and waits for it.
private func onThread(_ label: String, _ body: @escaping @Sendable () throws -> Void) async throws {
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
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await onThread("intake") {
                do {
                    try listener.run(sink: spool)
                } catch SpoolError.closed {
                    let counts = spool.statistics
                    let lost = counts.appendedSequence - counts.durableSequence
                    logger.error("the disk took nothing more: \(lost) events that were read are not in the spool")
                }
            }
        } onGracefulShutdown: {
            listener.stop()
            // A disk that takes nothing holds the intake up; what waits for it was not acknowledged.
            if spool.statistics.stalled != nil { spool.close() }
        }
    }
}

/// Answers on the control socket.
struct ControlService: Service {
    let socket: ControlSocket
    let status: StatusReport

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await onThread("control") { try socket.run { status.answer(to: $0) } }
        } onGracefulShutdown: {
            socket.stop()
        }
    }
}

/// Spool to database.
struct PipelineService: Service {
    let spool: Spool
    let runner: PipelineRunner
    let queue: StoreQueue
    let writer: StoreWriter
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await onThread("pipeline") {
                defer { writer.close() }
                var frames = SpoolFrames(spool)
                do {
                    try runner.run(&frames)
                } catch let error as StoreError where error.isTransient && spool.isClosed {
                    let missing = spool.durableSequence - writer.appliedSeq
                    logger.warning("\(error) \(missing) events will be written after the next start, from the spool.")
                }
            }
        } onGracefulShutdown: {
            // A database that cannot be written now gets the rest after the restart, from the spool.
            queue.giveUpRetrying()
            spool.close()
        }
    }
}
