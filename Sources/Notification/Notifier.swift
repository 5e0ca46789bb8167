internal import Glibc
package import Logging
internal import RiskModel
package import Settings
internal import Synchronization

/// All sinks of a configuration, and what becomes of them at a reload.
package final class Notifier: Sendable {
    private struct State {
        var workers: [SinkWorker] = []
        var database = ""
    }

    private let folder: StateFolder
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter folder: taken already.
    package init(folder: StateFolder, logger: Logger) {
        self.folder = folder
        self.logger = logger
    }

    /// Puts sinks in force: those that are as before go on undisturbed, the others are ended, and new ones begin.
    ///
    /// - Throws: where a cursor cannot be read; then everything is as before.
    package func adopt(_ sinks: [Configuration.AlertSink], database: String) throws(NotifyFault) {
        let old = state.withLock { $0.workers }
        func isKept(_ worker: SinkWorker) -> Bool { worker.database == database && sinks.contains(worker.settings) }
        // Looked at before anything is ended; read again below, when nobody writes them.
        for sink in sinks { _ = try folder.cursor(sink.name) }
        let ended = old.filter { !isKept($0) }
        for worker in ended { worker.stop() }
        for worker in ended { worker.waitUntilFinished() }
        var workers: [SinkWorker] = []
        for sink in sinks {
            if let worker = old.first(where: { isKept($0) && $0.settings == sink }) {
                workers.append(worker)
                continue
            }
            let worker = SinkWorker(sink, database: database, folder: folder, logger: logger)
            worker.start(from: try folder.cursor(sink.name))
            workers.append(worker)
        }
        state.withLock { state in
            state.workers = workers
            state.database = database
        }
    }

    /// Ends all sinks; a delivery under way is broken off, and will be made again.
    package func stop() {
        let workers = state.withLock { $0.workers }
        for worker in workers { worker.stop() }
        for worker in workers { worker.waitUntilFinished() }
    }

    package var status: NotifyStatus {
        state.withLock { state in
            NotifyStatus(pid: getpid(), database: state.database, sinks: state.workers.map(\.status))
        }
    }

    /// Whether no sink hangs in a delivery for much longer than one may take.
    package var isAlive: Bool { state.withLock { $0.workers }.allSatisfy { !$0.isStuck } }

    /// Delivers what is there, each sink beside the others.
    ///
    /// - Returns: by sink, why something is left.
    package func deliverOnce(
        _ sinks: [Configuration.AlertSink], database: String
    ) throws(NotifyFault) -> [(sink: String, why: String)] {
        var faults: [(sink: String, why: String)] = []
        var workers: [SinkWorker] = []
        for sink in sinks {
            let cursor = try folder.cursor(sink.name)
            let worker = SinkWorker(sink, database: database, folder: folder, logger: logger)
            workers.append(worker)
            // One after another: whoever calls this has time, and each gives up at its first failure.
            if let why = worker.run(from: cursor, isOnce: true) { faults.append((sink.name, why)) }
        }
        state.withLock { state in
            state.workers = workers
            state.database = database
        }
        return faults
    }

    /// Sends a sink an alert that means nothing.
    package static func test(_ sink: Configuration.AlertSink) -> Delivery {
        sink.sink.deliver([AlertMessage.test(level: sink.level, at: Timestamp.now)])
    }
}
