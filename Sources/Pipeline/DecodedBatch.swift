package import RiskModel

/// Frames, and the events and rejections that they became. Reused from batch to batch.
package struct DecodedBatch: Sendable {
    package var frames = FrameBatch()
    var events = EventBatch()
    /// Whose decoder, databases and lists made the events; `nil` where nobody has yet, or they were given away.
    private(set) var stages: Stages?

    package init() {}

    package mutating func removeAll() {
        frames.removeAll()
        stages = nil
    }

    mutating func decode(by stages: Stages) {
        stages.decode(frames, into: &events)
        self.stages = stages
    }
}
