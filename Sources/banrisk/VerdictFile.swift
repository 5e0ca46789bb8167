import Decoding
import Foundation
import RiskModel

/// Verdicts that wait for their place among the events of files, in order of their times.
struct VerdictFile {
    /// One verdict: a line of the file as it stands.
    struct Line {
        var time: Timestamp
        var bytes: [UInt8]
    }

    private(set) var lines: [Line] = []

    /// Reads a file of verdicts; empty lines are left out, and verdicts of one time stay in the order of the file.
    ///
    /// - Throws: ``ToolError/faultyInput(_:)`` with the first line that is no verdict.
    init(path: String) throws(ToolError) {
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() ?? Data() else {
            throw .faultyInput("\(path) cannot be read; name a file of verdicts, one JSON object a line")
        }
        var decoder = EventDecoder()
        for (index, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where line.contains(where: { $0 > UInt8(ascii: " ") }) {
            lines.append(try Self.read(Array(line), place: "\(path):\(index + 1)", &decoder))
        }
        lines.sort { $0.time < $1.time }
    }

    private static func read(
        _ bytes: [UInt8], place: String, _ decoder: inout EventDecoder
    ) throws(ToolError) -> Line {
        guard bytes.count <= Frame.maximumBytes else {
            throw .faultyInput("\(place): the line is longer than \(Frame.maximumBytes) bytes")
        }
        var batch = FrameBatch()
        batch.append(bytes.span, seq: 1, source: .verdict, flags: [])
        var decoded = EventBatch()
        decoder.decode(batch, frames: batch.frames.indices, into: &decoded)
        guard let event = decoded.events.first else {
            let why = decoded.rejections.map { "\($0.reason.rawValue) \($0.field)" }.joined()
            throw .faultyInput("\(place): this is no verdict: \(why); docs/events.md has the fields of one")
        }
        return Line(time: event.time, bytes: bytes)
    }
}
