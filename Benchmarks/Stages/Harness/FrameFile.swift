import Foundation
import Glibc
import Intake
import RiskModel

/// Reads the lines of a file as the intake cuts them.
enum FrameFile {
    private static let chunkBytes = 256 * 1024

    /// Calls `body` with the lines of one chunk of the file after the other.
    static func forEachChunk(of path: String, _ body: (FrameBatch) throws -> Void) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: chunkBytes)
        var framer = LineFramer()
        var batch = FrameBatch()
        var seq: UInt64 = 0
        func take(_ line: Span<UInt8>, _ flags: FrameFlags) {
            seq += 1
            batch.append(line, seq: seq, source: .stream, flags: flags)
        }
        while true {
            batch.removeAll()
            let count = read(file, &buffer, buffer.count)
            guard count >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
            if count > 0 {
                framer.consume(buffer.span.extracting(first: count), emit: take)
            } else {
                framer.finish(emit: take)
            }
            if !batch.frames.isEmpty { try body(batch) }
            if count == 0 { return }
        }
    }
}
