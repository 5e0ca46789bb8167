import Assembly
import Glibc
import Logging
import Pipeline
import RiskModel
import Settings
import Spool
import Store

/// The way in which an account leaves state, database, snapshots and spool, in this order: a start after a crash never rebuilds
/// from frames that are gone what a snapshot does not have.
extension Flow {
    /// Does all of it while the pipeline stands still. What comes behind the intent's event is of a new life: it has made
    /// nothing yet, and its frames are left alone.
    ///
    /// - Throws: ``Store/StoreError`` where the database can take nothing any more; what else fails is in the answer.
    func forget(_ intent: Forgetter.Intent) throws -> ForgetAnswer {
        try queue.finish()
        // A database that lost its last transactions would take the events behind the intent for new ones.
        try writer.makeDurable()
        var answer = ForgetAnswer()
        do {
            guard writer.appliedSeq <= intent.throughSequence else { throw ForgetFault.laterLife }
            let trace = try trace(intent)
            let elsewhere = ForgetAnswer.Elsewhere(trace.elsewhere, isKept: intent.elsewhere == .keep)
            answer.elsewhere = elsewhere
            guard intent.elsewhere != nil || elsewhere.accounts <= Self.mentionsUnasked else {
                throw ForgetFault.ordinary(elsewhere.words)
            }
            answer.tombstone = intent.tombstone
            answer.entities = trace.ownEntities.count
            try pipeline.forget(trace, tombstone: intent.tombstone)
            let names = pipeline.names(of: trace.search)
            let rows = try writer.forget(names, tombstone: intent.tombstone, entities: trace.ownEntities)
            answer.rowsDeleted = rows.deleted
            answer.rowsAltered = rows.altered
            guard snapshotter.takeNow(of: pipeline, isSole: true) else {
                throw ForgetFault.noSnapshot(snapshotter.statistics.failure ?? "unknown")
            }
            var left = StateScan.Left(names: pipeline.names(mentioning: trace.search).map { Array($0.utf8) })
            let rewritten = try spool.rewrite(where: { trace.search.isFound(in: $0) }) { frames in
                noteWork()
                let (frames, later) = frames.split(after: intent.throughSequence)
                left.since += later.map { trace.search.words(in: $0.span).count }.reduce(0, +)
                let redactions = trace.redactions(of: frames, by: pipeline)
                left.inEvents += redactions.left
                return redactions.frames.mapValues { redaction in
                    switch redaction {
                    case .erase: .erased
                    case .line(let line): .line(line)
                    }
                }
            }
            answer.framesErased = rewritten.erased
            answer.framesAltered = rewritten.altered
            answer.segmentsWritten = rewritten.segmentsWritten
            answer.proof = try prove(trace, left, through: intent.throughSequence)
            if let proof = answer.proof, proof.hits > 0 { throw ForgetFault.found(proof.places) }
            logger.notice("an account was forgotten: \(intent.tombstone)")
        } catch {
            answer.error = "\(error)"
            logger.error(
                """
                \(intent.tombstone) is not forgotten, or not everywhere: \(error); nothing is left that names it here, so it \
                must be asked for again
                """)
        }
        return answer
    }

    /// From how many other accounts' events a name is not overwritten unless that was asked for: it may be an ordinary word
    /// there, and nothing brings back what was.
    private static let mentionsUnasked = 16

    /// What the account used, and nobody else did.
    private func trace(_ intent: Forgetter.Intent) throws -> AccountTrace {
        var trace = AccountTrace(account: intent.account, isOrdinary: intent.elsewhere == .keep)
        try eachBatch(through: intent.throughSequence) { frames in
            var suspects = FrameBatch()
            for frame in frames.frames {
                let line = Array(frames.bytes(of: frame))
                guard trace.search.isFound(in: line.span) else { continue }
                suspects.append(line.span, seq: frame.seq, source: frame.source, flags: frame.flags)
            }
            if !suspects.frames.isEmpty { trace.noteOwn(suspects, by: pipeline) }
        }
        if trace.hasUses {
            try eachBatch(through: intent.throughSequence) { trace.removeShared($0, by: pipeline) }
        }
        return trace
    }

    private func eachBatch(through last: UInt64, _ body: (FrameBatch) -> Void) throws {
        var archive = try SpoolArchive(directory: live.current.configuration.stateDirectory + "/spool")
        var frames = FrameBatch()
        while try archive.read(into: &frames, maximumFrames: 8192, maximumBytes: 8 << 20) > 0 {
            body(frames.split(after: last).frames)
            if let newest = frames.frames.last?.seq, newest > last { break }
            frames.removeAll()
            noteWork()
        }
    }

    /// It may take as long as the spool is: nobody shall take that for standing still.
    private func noteWork() {
        pulse.beat()
        manager.extendStart("an account is being forgotten")
    }

    /// Looks for the name in every file.
    ///
    /// In the database's file texts stand next to each other, so what is next to a name says nothing. Where it is there, the
    /// file is written anew, so that it holds nothing but its rows, and those are looked through.
    ///
    /// - Parameter left: what has been left on purpose.
    private func prove(
        _ trace: AccountTrace, _ left: StateScan.Left, through sequence: UInt64
    ) throws -> ForgetAnswer.Proof {
        let configuration = live.current.configuration
        let scan = StateScan(
            search: trace.search, stateDirectory: configuration.stateDirectory,
            database: writer, except: forgetter.folder, throughSequence: sequence, left: left)
        guard try writer.emptyLog() else { throw ForgetFault.logHeld }
        let first = try scan.run()
        guard first.inDatabase > 0 else { return first.proof }
        try writer.vacuum()
        guard try writer.emptyLog() else { throw ForgetFault.logHeld }
        var (proof, inDatabase) = try scan.run()
        let words = try writer.mentions(of: trace.search)
        proof.hits += words
        proof.insideOthers += max(0, inDatabase - words)
        if words > 0 { proof.places.append(configuration.databasePath) }
        return proof
    }
}

/// Why an account is not forgotten yet.
private enum ForgetFault: Error, CustomStringConvertible {
    case noSnapshot(String)
    case logHeld
    case laterLife
    case ordinary(String)
    case found([String])

    var description: String {
        switch self {
        case .noSnapshot(let why): "no snapshot of the state without it could be written: \(why)"
        case .logHeld:
            "a reader holds the database's log open; end it (lslocks shows who has the -shm file) and ask again"
        case .laterLife: "events that came since are processed already; ask again, and they go too"
        case .ordinary(let what):
            """
            the name is a word in \(what), where it may say something else; nothing was erased. Ask again with --elsewhere keep, \
            which leaves it there and erases what is certainly the account's, or --elsewhere erase, which overwrites it there, too
            """
        case .found(let places):
            """
            the name is still in \(places.joined(separator: ", ")); if it is an ordinary word or one of banrisk's own, ask again \
            with --elsewhere keep
            """
        }
    }
}

extension ForgetAnswer.Elsewhere {
    fileprivate init(_ trace: AccountTrace.Elsewhere, isKept: Bool) {
        self.init(events: trace.events, accounts: trace.accounts, fields: trace.fields, isKept: isKept)
    }
}

extension FrameBatch {
    /// The frames up to a number, and the lines of those behind it.
    fileprivate func split(after last: UInt64) -> (frames: FrameBatch, later: [[UInt8]]) {
        guard let newest = frames.last?.seq, newest > last else { return (self, []) }
        var first = self
        first.frames.removeAll { $0.seq > last }
        return (first, frames.filter { $0.seq > last }.map { Array(bytes(of: $0)) })
    }
}
