import Assembly
import Enrichment
import Logging
import Pipeline
import ServiceLifecycle
import Settings
import Spool
import Store

/// Looks after what changes by itself: has GeoIP databases loaded that were replaced, and logs what stalls, and when it goes on.
struct WatchService: Service {
    private static let interval = Duration.seconds(2)

    let live: LiveAssembly
    let databases: DatabaseWatch
    let reloader: Reloader
    let spool: Spool
    let queue: StoreQueue
    let writer: StoreWriter
    let snapshotter: Snapshotter
    let logger: Logger

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            var paths = live.current.configuration.geoip
            var databases = databases
            var stalls = Stalls()
            while (try? await Task.sleep(for: Self.interval)) != nil {
                stalls.note(
                    spool: spool.statistics.stalled?.description, store: queue.stall, wal: writer.walBytes, logger)
                stalls.note(snapshot: snapshotter.statistics.failure, logger)
                if live.current.configuration.geoip != paths {
                    paths = live.current.configuration.geoip
                    databases = DatabaseWatch(paths: paths)
                }
                let changed = databases.poll()
                guard !changed.isEmpty else { continue }
                // Loading takes a while, and no thread of the pool is to wait for it.
                try await onThread("databases") {
                    reloader.reload(.databases).log(
                        to: logger, what: changed.joined(separator: ", "), done: "geoip.replaced",
                        refused: "geoip.refused")
                }
            }
        }
    }
}

/// What was wrong at the last look, so that each trouble is logged when it comes and when it goes.
private struct Stalls {
    private var spool: String?
    private var store: String?
    private var snapshot: String?
    private var isLogLong = false

    mutating func note(snapshot: String?, _ logger: Logger) {
        if let snapshot, self.snapshot == nil {
            logger.error("no snapshot was written: \(snapshot)", metadata: ["event": "snapshot.failed"])
        }
        self.snapshot = snapshot
    }

    mutating func note(spool: String?, store: String?, wal: Int, _ logger: Logger) {
        note(&self.spool, spool, "spool", "nothing is acknowledged", "the spool goes on", logger)
        note(&self.store, store, "store", "nothing is written to the database", "the database is written again", logger)
        let isLong = wal >= StoreWriter.walWarningBytes
        if isLong, !isLogLong {
            logger.warning(
                """
                the database's log has \(wal >> 20) MiB: a reader keeps a transaction open, so it cannot be emptied; find it with \
                lslocks: it has the -shm file
                """, metadata: ["event": "store.log"])
        }
        isLogLong = isLong
    }

    private func note(
        _ before: inout String?, _ now: String?, _ part: String, _ trouble: String, _ relief: String, _ logger: Logger
    ) {
        if let now, before == nil { logger.error("\(trouble): \(now)", metadata: ["event": "\(part).stalled"]) }
        if now == nil, before != nil { logger.notice("\(relief)", metadata: ["event": "\(part).resumed"]) }
        before = now
    }
}
