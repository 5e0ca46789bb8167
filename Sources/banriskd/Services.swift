import Assembly
import Dispatch
import Enrichment
import Intake
import Logging
import ServiceLifecycle
import Settings
import Spool

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
            try await onThread("control") { try socket.run { desk.answer(to: $0) } }
        } onGracefulShutdown: {
            socket.stop()
        }
    }
}

/// Notices GeoIP databases that were replaced, and has them loaded.
struct DatabaseWatchService: Service {
    private static let interval = Duration.seconds(2)

    let live: LiveAssembly
    let reloader: Reloader
    let logger: Logger

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var paths = live.current.configuration.geoip
            var watch = DatabaseWatch(paths: paths)
            while (try? await Task.sleep(for: Self.interval)) != nil {
                if live.current.configuration.geoip != paths {
                    paths = live.current.configuration.geoip
                    watch = DatabaseWatch(paths: paths)
                }
                let changed = watch.poll()
                guard !changed.isEmpty else { continue }
                // Loading takes a while, and no thread of the pool is to wait for it.
                try await onThread("databases") {
                    reloader.reload(.databases).log(to: logger, what: changed.joined(separator: ", "))
                }
            }
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
            logger.notice("\(what): in force as configuration \(configuration ?? 0)")
        } else {
            for fault in faults { logger.error("\(what) refused, the old stays in force: \(fault)") }
        }
    }
}
