import Assembly
import Glibc
import RiskModel
import Settings
import Spool
import Store
import Synchronization

/// Drops rows of the quarantine, or has them tried again.
///
/// A retry appends each line to the spool as a frame that names its row. The row goes in the transaction in which what became
/// of the frame is committed: whenever the daemon dies, a line counts once. So that no line is appended twice, a retry waits
/// until everything before it is in the database.
struct QuarantineDesk: Sendable {
    private static let patience = Duration.seconds(60)
    private static let pageRows = 1000

    let spool: Spool
    let writer: StoreWriter
    let live: LiveAssembly
    let progress: Progress
    private let turn = Turn()

    /// One request at a time.
    private final class Turn: Sendable { let lock = Mutex(()) }

    init(spool: Spool, writer: StoreWriter, live: LiveAssembly, progress: Progress) {
        self.spool = spool
        self.writer = writer
        self.live = live
        self.progress = progress
    }

    func answer(to request: QuarantineRequest) -> QuarantineAnswer {
        turn.lock.withLock { _ in
            guard progress.phase == .running else {
                return QuarantineAnswer(error: "the daemon is \(progress.phase.rawValue); try again later")
            }
            do {
                switch request.action {
                case .drop: return QuarantineAnswer(selected: try writer.drop(request.selection))
                case .retry: return try retry(request.selection)
                }
            } catch {
                return QuarantineAnswer(error: "\(error)")
            }
        }
    }

    private func retry(_ selection: QuarantineSelection) throws -> QuarantineAnswer {
        // What an earlier retry appended must have left the quarantine, and what this one does must not come into it.
        let newest = spool.statistics.appendedSequence
        try waitUntilApplied(newest)
        var filter = QuarantineFilter(selection)
        filter.selection.before = min(selection.before ?? .max, Int(newest) + 1)
        filter.newestFirst = false
        filter.limit = Self.pageRows
        let reader = try StoreReader(path: live.current.configuration.databasePath)
        var answer = QuarantineAnswer(selected: 0, retried: 0, incomplete: 0)
        var last: UInt64 = 0
        while true {
            let rows = try reader.quarantine(filter)
            guard let end = rows.last else { break }
            filter.after = end.seq
            for row in rows {
                answer.selected = (answer.selected ?? 0) + 1
                guard row.isComplete, !row.bytes.isEmpty else {
                    answer.incomplete = (answer.incomplete ?? 0) + 1
                    continue
                }
                last = try spool.append(
                    row.bytes.span, source: .quarantine, flags: .numbered,
                    origin: FrameOrigin(session: 0, ordinal: UInt64(row.seq)))
                answer.retried = (answer.retried ?? 0) + 1
            }
        }
        try waitUntilApplied(last)
        return answer
    }

    private func waitUntilApplied(_ seq: UInt64) throws {
        let deadline = ContinuousClock.now + Self.patience
        while writer.appliedSeq < seq {
            guard ContinuousClock.now < deadline, progress.phase == .running else {
                throw QuarantineFault.behind(spool.statistics.appendedSequence - writer.appliedSeq)
            }
            usleep(10_000)
        }
    }
}

/// Why lines cannot be tried again now.
enum QuarantineFault: Error, CustomStringConvertible {
    case behind(UInt64)

    var description: String {
        switch self {
        case .behind(let count): "\(count) events are not in the database yet; try again when they are"
        }
    }
}
