import Assembly
import Enrichment
import Glibc
import Logging
import Ordering
import Pipeline
import RiskModel
import Settings
import Spool
import Store

/// Takes analysts' verdicts into the spool, where they are events like all others: a verdict counts from its place in the order
/// on, survives what the events survive, and is there again in a replay.
struct VerdictDesk: Sendable {
    private static let pollMilliseconds = 200
    /// How long the disk may take.
    private static let patience = Duration.seconds(60)

    let spool: Spool
    let pipeline: Pipeline
    let live: LiveAssembly
    let progress: Progress
    let logger: Logger

    /// Appends a frame for each account, and answers when all of them are on disk.
    func answer(to request: VerdictRequest, peer: VerdictPeer) -> VerdictAnswer {
        // Before the state is rebuilt, nobody knows what time it is in the events.
        guard progress.phase == .running else {
            return VerdictAnswer(error: "the daemon is \(progress.phase.rawValue); try again later")
        }
        var answer = VerdictAnswer()
        do {
            let time = try eventTime()
            let frames = try request.frames(at: time, peer: peer)
            answer.by = try request.author(peer)
            answer.time = time.description
            answer.until = try request.until(from: time)?.description
            answer.unknown = try StoreReader(path: live.current.configuration.databasePath)
                .unknown(among: request.accounts.map(live.current.sources.nameOfAccount))
            for frame in frames {
                let bytes = Array(frame.utf8)
                let seq = try spool.append(bytes.span, source: .verdict, flags: [], origin: .none)
                answer.firstSeq = answer.firstSeq ?? seq
                answer.lastSeq = seq
            }
            try waitUntilDurable(answer.lastSeq ?? 0)
            answer.recorded = frames.count
            logger.notice(
                """
                \(frames.count) verdicts: \(request.kind.rawValue), by \(peer.uid.map { "user \($0)" } ?? "token"), through event \(answer.lastSeq ?? 0)
                """, metadata: ["event": "verdicts"])
        } catch {
            answer.error = "\(error)"
        }
        return answer
    }

    /// The time that the events have reached: with it a verdict is neither late nor does it move the time.
    ///
    /// Before the first event of all, that of the clock. Events that are on their way are waited for: they may be old.
    private func eventTime() throws -> Timestamp {
        let last = spool.durableSequence
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let statistics = pipeline.statistics
            if statistics.watermark != .epoch { return statistics.watermark }
            let ordering = statistics.ordering
            if statistics.throughSeq >= last, ordering.held == 0, ordering.inDoubt == 0 { return .now }
            guard ContinuousClock.now < deadline, !spool.isClosed else { throw VerdictsTooEarly() }
            usleep(UInt32(Self.pollMilliseconds) * 100)
        }
    }

    private func waitUntilDurable(_ seq: UInt64) throws {
        let deadline = ContinuousClock.now + Self.patience
        while spool.waitForSequence(after: seq - 1, timeoutMilliseconds: Self.pollMilliseconds) < seq {
            guard ContinuousClock.now < deadline, !spool.isClosed else { throw VerdictDelay(seq: seq) }
        }
    }
}

/// No event has been processed yet, though some have come.
private struct VerdictsTooEarly: Error, CustomStringConvertible {
    var description: String { "the first events are still on their way; try again later" }
}

/// The verdicts were taken, and the disk has not said yet that it has them.
private struct VerdictDelay: Error, CustomStringConvertible {
    let seq: UInt64

    var description: String {
        "the disk has not taken the verdicts yet (event \(seq)); they may come or not: look with banrisk verdicts"
    }
}
