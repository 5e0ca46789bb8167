import Assembly
import Decoding
import Enrichment
import Ordering
@testable import Pipeline
import RiskModel
import Settings
import Spool
import Store

/// The order of the stages as the pipeline has it, with a clock between them.
struct StageRun {
    private static let batchBytes = 8 << 20

    private(set) var clock = StageClock()
    private(set) var frames = 0
    private(set) var events = 0

    private let assembly: Assembly
    private let spool: Spool
    private let store: StoreWriter
    private let stages: Stages
    private var decoder: EventDecoder
    private let enricher: Enricher
    private var sequencer: Sequencer
    private var round: UInt64 = 0
    private var counts = PipelineStatistics()
    private var waiting = Changes()

    init(_ assembly: Assembly, folder: String) throws {
        self.assembly = assembly
        let rules = assembly.configuration.ruleSet
        let options = assembly.pipelineOptions
        let seed = UInt64.random(in: .min ... .max)
        spool = try Spool(directory: folder + "/spool")
        store = try StoreWriter(
            path: folder + "/banrisk.db", rules: rules, inactive: assembly.inactive, configuration: assembly.record)
        stages = Stages(rules: rules, sources: assembly.sources, options: options, hashSeed: seed)
        decoder = EventDecoder(attributes: rules.attributes, mappings: options.mappings)
        enricher = Enricher(sources: assembly.sources)
        sequencer = Sequencer(limits: options.ordering, hashSeed: seed)
    }

    /// Has every line of the file on disk.
    mutating func fillSpool(from path: String) throws {
        let spool = spool
        var last: UInt64 = 0
        var lines = 0
        try clock.time("read, frame, spool") {
            try FrameFile.forEachChunk(of: path) { chunk in
                for frame in chunk.frames {
                    let line = chunk.bytes.span.extracting(frame.offset..<frame.offset + frame.count)
                    last = try spool.append(line, source: .stream, flags: frame.flags, origin: .none)
                    lines += 1
                }
            }
            while spool.durableSequence < last {
                _ = spool.waitForSequence(after: spool.durableSequence, timeoutMilliseconds: 100)
            }
        }
        frames = lines
    }

    /// Takes everything in the spool through the other stages.
    mutating func drainSpool() throws {
        var reader = spool.makeReader(from: 1)
        var batch = FrameBatch()
        var arrived = EventBatch()
        var ready = EventBatch()
        let batchFrames = assembly.configuration.batchFrames
        var taken = 0
        while taken < frames {
            batch.removeAll()
            taken += try clock.time("read spool") {
                try reader.read(into: &batch, maximumFrames: batchFrames, maximumBytes: Self.batchBytes)
            }
            arrived.removeAll()
            clock.time("decode") { decoder.decode(batch, frames: batch.frames.indices, into: &arrived) }
            clock.time("enrich") { enricher.enrich(&arrived, events: arrived.events.indices) }
            clock.time("order") {
                sequencer.take(&arrived, of: batch, range: batch.frames.indices, into: &ready)
            }
            try fold(&ready, of: batch)
        }
        sequencer.finish(into: &ready)
        try fold(&ready, of: batch)
        try write()
        store.close()
    }

    private mutating func fold(_ ready: inout EventBatch, of batch: FrameBatch) throws {
        var changes = clock.time("fold and score") {
            stages.pseudonymize(&ready)
            var changes = stages.fold(ready, &counts)
            // The pipeline does this at the same interval, to the event.
            let passed = sequencer.order / Pipeline.housekeepingInterval
            if passed > round {
                round = passed
                changes.append(stages.maintain(round: round, watermark: sequencer.watermark, &counts))
            }
            return changes
        }
        events += ready.events.count
        changes.rejections = ready.rejections
        changes.throughSeq = batch.frames.last?.seq ?? changes.throughSeq
        ready.removeAll()
        clock.time("store") { waiting.append(changes) }
        if waiting.rowCount >= StoreQueue.rowLimit / 2 { try write() }
    }

    private mutating func write() throws {
        let store = store
        var changes = Changes()
        swap(&changes, &waiting)
        try clock.time("store") { try store.write(changes) }
    }
}
