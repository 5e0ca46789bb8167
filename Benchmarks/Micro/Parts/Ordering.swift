import Ordering
import RiskModel

/// Events with ids through the sequencer: each is looked for among the ids before, and remembered.
struct OrderWithIDs: Part {
    static let name = "order, with ids"
    private var run: SequencerRun

    init(_ workload: Workload) { run = SequencerRun(workload.framesWithIDs) }

    mutating func step(_ batch: Int) { run.step(batch) }
}

/// Events without ids through the sequencer.
struct OrderWithoutIDs: Part {
    static let name = "order, without ids"
    private var run: SequencerRun

    init(_ workload: Workload) { run = SequencerRun(workload.frames) }

    mutating func step(_ batch: Int) { run.step(batch) }
}

private struct SequencerRun {
    private let frames: [FrameBatch]
    private var arrived: [EventBatch]
    private var ready = EventBatch()
    private var sequencer = Sequencer(limits: Sequencer.Limits(), hashSeed: 1)

    init(_ frames: [FrameBatch]) {
        self.frames = frames
        arrived = Workload.decoded(frames)
    }

    mutating func step(_ batch: Int) {
        ready.removeAll()
        sequencer.take(&arrived[batch], of: frames[batch], range: frames[batch].frames.indices, into: &ready)
        precondition(ready.events.count == Workload.batchSize, "every event leaves at once")
    }
}
