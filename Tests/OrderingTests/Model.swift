import RiskModel

@testable import Ordering

/// What `docs/time.md` says, written down as it stands there: lists, searched and sorted anew for every line.
struct Model {
    private var limits: Sequencer.Limits
    private(set) var outcome = Outcome()
    private var latest: Int64?
    private var horizon: Int64 = 0
    private var seen: [(id: String, at: Int64)] = []
    private var held: [(line: Line, effective: Int64)] = []
    private var doubts: [Line] = []
    private var run = 0
    private var runSince = Int64.max
    /// The corrected clock and the wall clock, at the frame before.
    private var before: (corrected: Int64, wall: Int64)?

    init(_ lines: [Line], limits: Sequencer.Limits) {
        self.limits = limits
        for line in lines { take(line) }
        for line in doubts where latest != nil { refute(line) }
        let rest = latest == nil ? doubts : []
        doubts = []
        for line in rest { admit(line) }
        stopWaiting()
        outcome.statistics.held = held.count
    }

    private func isBelievable(_ line: Line) -> Bool {
        guard let before else { return line.time <= (latest ?? line.time) + 366 * 86_400_000_000 }
        return line.time <= before.corrected + limits.futureTolerance.microseconds
    }

    private mutating func take(_ line: Line) {
        if let wall = line.received {
            if let latest, latest > wall + limits.futureTolerance.microseconds {
                // The wall clock is behind the events.
                if let before, before.wall <= wall {
                    self.before = (max(wall, before.corrected + wall - before.wall), wall)
                } else {
                    self.before = (max(wall, min(latest, before?.corrected ?? latest)), wall)
                }
            } else {
                before = (wall, wall)
            }
        } else {
            before = nil
        }
        if line.source == .pause {
            let all = doubts
            doubts = []
            for doubt in all { if isBelievable(doubt) { admit(doubt) } else { doubts.append(doubt) } }
            stopWaiting()
        } else if line.isRejected {
            outcome.rejected.append(line.seq)
        } else if !line.id.isEmpty, remembered.contains(line.id) {
            countDuplicate(line)
        } else if isBelievable(line) {
            settle()
            admit(line)
        } else if !line.id.isEmpty, doubts.contains(where: { $0.id == line.id }) {
            countDuplicate(line)
        } else {
            if doubts.count == 4_096 {
                for doubt in doubts { refute(doubt) }
                doubts = []
            }
            doubts.append(line)
            run += 1
            // What is in doubt was received at a known time.
            guard let wall = line.received, let before else { return }
            runSince = min(runSince, wall)
            guard run >= 256, wall - runSince >= 60_000_000 else { return }
            let times = doubts.map(\.time).sorted()
            self.before = (max(before.corrected, times[(times.count - 1) * 9 / 10]), wall)
            settle()
        }
    }

    /// The ids that are still remembered.
    private var remembered: [String] {
        seen.suffix(limits.duplicateCount)
            .filter { $0.at >= (latest ?? 0) - limits.duplicateSpan.microseconds }.map(\.id)
    }

    private mutating func countDuplicate(_ line: Line) {
        outcome.statistics.duplicates += 1
        outcome.sources[line.source, default: SourceCounts()].duplicates += 1
    }

    private mutating func settle() {
        let all = doubts
        doubts = []
        for doubt in all { if isBelievable(doubt) { admit(doubt) } else { refute(doubt) } }
        run = 0
        runSince = .max
    }

    private mutating func refute(_ line: Line) {
        outcome.statistics.refuted += 1
        outcome.rejected.append(line.seq)
    }

    private mutating func admit(_ line: Line) {
        if line.time < horizon {
            outcome.statistics.late += 1
            outcome.sources[line.source, default: SourceCounts()].late += 1
        }
        held.append((line, max(line.time, horizon)))
        let reached = max(latest ?? 0, line.time)
        latest = reached
        if !line.id.isEmpty { seen.append((line.id, reached)) }
        horizon = max(horizon, reached - limits.lateness.microseconds)
        release()
        while held.count > limits.heldEvents, let first = held.map(\.effective).min() {
            horizon = first
            outcome.statistics.releasedEarly += release()
        }
    }

    private mutating func stopWaiting() {
        horizon = max(horizon, latest ?? 0)
        release()
    }

    @discardableResult
    private mutating func release() -> Int {
        let due = held.filter { $0.effective <= horizon }.sorted {
            ($0.effective, $0.line.seq) < ($1.effective, $1.line.seq)
        }
        held.removeAll { $0.effective <= horizon }
        for (line, effective) in due {
            outcome.left.append(
                Left(
                    account: line.account, id: line.id, time: line.time, order: UInt64(outcome.left.count + 1),
                    watermark: effective))
        }
        return due.count
    }
}
