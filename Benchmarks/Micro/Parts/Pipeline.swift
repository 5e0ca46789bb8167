import Assembly
import Pipeline
import RiskModel

/// Frames to changes: everything but the spool and the database.
struct WholePipeline: Part {
    static let name = "pipeline"
    private let pipeline: Pipeline
    private let frames: [FrameBatch]

    init(_ workload: Workload) {
        frames = workload.frames
        pipeline = workload.assembly.makePipeline()
    }

    func step(_ batch: Int) { keep(pipeline.process(frames[batch]).throughSeq) }
}
