import Intake
import RiskModel
import TestSupport
import Testing

struct LineFramerTests {
    typealias Line = RecordingSink.Line

    static let chunkSizes = [1, 2, 3, 7, 64, 4096]

    private func frames(of stream: [UInt8], chunk: Int) -> [Line] {
        var framer = LineFramer()
        var lines: [Line] = []
        func take(_ span: Span<UInt8>, _ flags: FrameFlags) {
            var bytes: [UInt8] = []
            bytes.append(copying: span)
            lines.append(Line(text: String(decoding: bytes, as: UTF8.self), flags: flags))
        }
        var start = 0
        while start < stream.count {
            let end = min(stream.count, start + chunk)
            framer.consume(stream.span.extracting(start..<end), emit: take)
            start = end
        }
        framer.finish(emit: take)
        return lines
    }

    @Test(arguments: chunkSizes, 1...4 as ClosedRange<UInt64>)
    func `random streams are framed as split would`(chunk: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab{}\"\r\n\n".utf8)
        let stream = (0..<3000).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
        let expected = framedBySplit(stream)
        #expect(expected.count > 100)
        #expect(frames(of: stream, chunk: chunk) == expected)
    }

    @Test(
        arguments: [7, 4096, 65_536, 1 << 20],
        [-1, 0, 1, 2, 70_000].map { Frame.maximumBytes + $0 })
    func `a line longer than the limit is cut once, and the next line is whole`(chunk: Int, length: Int) {
        for ending in ["\n", "\r\n", ""] {
            let long = [UInt8](repeating: UInt8(ascii: "x"), count: length)
            let stream =
                Array("first\n".utf8) + long + Array(ending.utf8) + (ending.isEmpty ? [] : Array("last\n".utf8))
            #expect(frames(of: stream, chunk: chunk) == framedBySplit(stream))
        }
    }

    @Test
    func `an empty stream has no frames`() {
        #expect(frames(of: [], chunk: 1).isEmpty)
        #expect(frames(of: Array("\r\n\n\r".utf8), chunk: 1).isEmpty)
    }

    @Test
    func `an error of the sink comes through`() {
        struct Full: Error {}
        var framer = LineFramer()
        let stream = Array("a\nb\n".utf8)
        #expect(throws: Full.self) { try framer.consume(stream.span) { _, _ in throw Full() } }
    }
}
