import Decoding
import Pipeline
import RiskModel

/// The events of a file as the pipeline would read them, one batch in memory at a time.
enum EventReading {
    private static let batchFrames = 8192

    /// Calls `body` with account and time of every event that has an account, in the file's order.
    static func forEach(
        in path: String, mappings: [Mapping], _ body: (_ account: String, _ time: Timestamp) -> Void
    ) throws {
        var frames = FileFrames([path])
        var batch = FrameBatch()
        var events = EventBatch()
        var decoder = EventDecoder(mappings: mappings)
        while try frames.next(into: &batch, maximumFrames: batchFrames, notAfter: nil) {
            events.removeAll()
            decoder.decode(batch, frames: batch.frames.indices, into: &events)
            for event in events.events where !event.account.isEmpty { body(events.string(event.account), event.time) }
            batch.removeAll()
        }
    }
}
