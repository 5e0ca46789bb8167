import Dispatch
package import Enrichment
import Ordering
package import RiskModel
import Synchronization

extension Pipeline {
    /// Writes the whole state to a new file, and makes it durable.
    ///
    /// In a forked child too: it takes no lock that another thread could have held at the fork, since only the pipeline's
    /// own thread touches the state.
    package func writeSnapshot(to path: String) throws(SnapshotError) {
        try withState { state throws(SnapshotError) in try Self.write(&state, to: path) }
    }

    static func write(_ state: inout State, to path: String) throws(SnapshotError) {
        let header = SnapshotHeader(
            seq: state.throughSeq, hashSeed: state.hashSeed, rules: state.stages.rules.fingerprint)
        var file = try SnapshotWriter(path: path, header: header)
        var writer = StateWriter()
        writer.write(state.watermark)
        writer.write(state.housekeepingRound)
        writer.write(state.releaseDay)
        state.sequencer.encode(into: &writer)
        state.stages.encodeShared(into: &writer)
        try file.write(part: SectionHeader.pipeline, partition: 0, writer.bytes.span)
        for part in Stages.Part.allCases {
            for partition in 0..<Partition.count {
                writer.removeAll()
                state.stages.encode(part, partition, into: &writer)
                try file.write(part: part.rawValue, partition: UInt32(partition), writer.bytes.span)
            }
        }
        try file.finish()
    }

    /// Puts the state of a snapshot in place of a new pipeline's; a snapshot that cannot be used changes nothing.
    ///
    /// - Returns: the snapshot's last frame, and what its rules do not explain: the changes of scores if the rules in force
    ///   are not those under which it was written.
    package func restore(
        from path: String, rules: RuleSet, sources: EnrichmentSources, options: Options
    ) throws(SnapshotError) -> (seq: UInt64, rescored: Changes?) {
        let file = try SnapshotReader(path: path)
        let header = file.header
        let stages = Stages(rules: rules, sources: sources, options: options, hashSeed: header.hashSeed)
        let core = try Self.decode(file, into: stages, options)
        return try withState { state throws(SnapshotError) in
            state.hashSeed = header.hashSeed
            enforce(stages, in: &state)
            state.throughSeq = header.seq
            state.watermark = core.watermark
            state.housekeepingRound = core.round
            state.releaseDay = core.releaseDay
            state.sequencer = core.sequencer
            state.sequencer.annotateWaiting {
                stages.annotate(&$0, forgettingAttributes: header.rules != rules.fingerprint)
            }
            return (header.seq, header.rules == rules.fingerprint ? nil : rescore(&state))
        }
    }
}

extension Pipeline {
    /// What the pipeline itself keeps.
    private struct Core: Sendable {
        var watermark: Timestamp
        var round: UInt64
        var releaseDay: Int64
        var sequencer: Sequencer
    }

    private static func decode(
        _ file: borrowing SnapshotReader, into stages: Stages, _ options: Options
    ) throws(SnapshotError) -> Core {
        let expected =
            [(SectionHeader.pipeline, UInt32(0))]
            + Stages.Part.allCases.flatMap { part in (0..<Partition.count).map { (part.rawValue, UInt32($0)) } }
        let sections = file.sections
        let found = sections.map { ($0.header.part, $0.header.partition) }
        guard found.elementsEqual(expected, by: ==) else { throw file.damaged("other sections than a state has") }

        let core = try decodeCore(file, sections[0], into: stages, options)
        let failure = Mutex<SnapshotError?>(nil)
        DispatchQueue.concurrentPerform(iterations: stages.shards) { shard in
            for i in stride(from: 1 + shard, to: sections.count, by: stages.shards) {
                if failure.withLock({ $0 != nil }) { return }
                do throws(SnapshotError) {
                    try decode(file, sections[i], into: stages)
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return core
    }

    private static func decode(
        _ file: borrowing SnapshotReader, _ section: SnapshotReader.Section, into stages: Stages
    ) throws(SnapshotError) {
        let bytes = try file.read(section)
        do throws(StateFault) {
            guard let part = Stages.Part(rawValue: section.header.part) else { throw .invalid("a part") }
            try stages.decode(part, Int(section.header.partition), from: bytes)
        } catch {
            throw file.damaged("\(error) in the section at \(section.offset)")
        }
    }

    private static func decodeCore(
        _ file: borrowing SnapshotReader, _ section: SnapshotReader.Section, into stages: Stages, _ options: Options
    ) throws(SnapshotError) -> Core {
        var reader = StateReader(try file.read(section))
        do throws(StateFault) {
            let core = Core(
                watermark: try reader.readTimestamp(), round: try reader.read(), releaseDay: try reader.read(),
                sequencer: try Sequencer(decoding: &reader, limits: options.ordering))
            try stages.decodeShared(from: &reader)
            try reader.finish()
            return core
        } catch {
            throw file.damaged("\(error) in the section at \(section.offset)")
        }
    }
}
