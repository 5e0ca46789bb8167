import Decoding
import RiskModel
import Testing

/// Decodes one line as frame number 7 of the stream socket, or of another source.
func decode(
    _ line: [UInt8], flags: FrameFlags = [], source: Source = .stream, attributes: [String] = []
) -> EventBatch {
    var batch = FrameBatch()
    batch.append(line.span, seq: 7, source: source, flags: flags)
    var decoder = EventDecoder(attributes: attributes)
    var output = EventBatch()
    decoder.decode(batch, frames: 0..<1, into: &output)
    return output
}

func decode(
    _ line: String, flags: FrameFlags = [], source: Source = .stream, attributes: [String] = []
) -> EventBatch {
    decode(Array(line.utf8), flags: flags, source: source, attributes: attributes)
}

/// A login that is complete but for what `more` adds or replaces: of a repeated key the last counts.
func login(_ more: String = "") -> String {
    #"{"ts":"2025-03-01T12:00:00Z","type":"login","account":"a1","ip":"203.0.113.7""# + (more.isEmpty ? "" : ",") + more
        + "}"
}

/// The reason for which a line is refused; `nil` where it is an event.
func reason(_ line: String) -> RejectionReason? { decode(line).rejections.first?.reason }
