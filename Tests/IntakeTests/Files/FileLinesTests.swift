import RiskModel
import TestSupport
import Testing

@testable import Intake

@Suite struct FileLinesTests {
    /// What reading a content in pieces of so many bytes gives, as a follower reads it.
    private func read(_ content: [UInt8], by size: Int) -> [(line: RecordingSink.Line, ordinal: UInt64)] {
        var lines: [(RecordingSink.Line, UInt64)] = []
        let add = { (line: Span<UInt8>, flags: FrameFlags, ordinal: UInt64) in
            var bytes: [UInt8] = []
            bytes.append(copying: line)
            lines.append((RecordingSink.Line(text: String(decoding: bytes, as: UTF8.self), flags: flags), ordinal))
        }
        var position = 0
        var end = 0
        var isMidLine = false
        while end < content.count {
            end = min(end + size, content.count)
            let part = Array(content[position..<end])
            position += FileLines.cut(part.span, at: UInt64(position), isMidLine: &isMidLine, emit: add)
        }
        FileLines.finish(Array(content[position...]).span, at: UInt64(position), emit: add)
        return lines
    }

    private static let contents: [[UInt8]] = {
        var random = SeededGenerator(seed: 7)
        let long = Frame.maximumBytes
        let lengths = [0, 1, 5, 200, long - 1, long, long + 1, long + 2, 3 * long]
        return (0..<12).map { _ in
            var content: [UInt8] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                content += [UInt8](repeating: random.pick([97, 98]), count: random.pick(lengths))
                content += random.pick([[10], [13, 10], [10, 10]])
            }
            return random.next() % 2 == 0 ? content : content + Array("tail".utf8)
        }
    }()

    @Test(arguments: contents.indices, [1000, 65_537, 65_538, 65_539, 1 << 20])
    func `lines are those of the framer, and ordinals do not depend on the pieces`(index: Int, size: Int) {
        let content = Self.contents[index]
        let lines = read(content, by: size)
        #expect(lines.map(\.line) == framedBySplit(content))
        #expect(lines.map(\.ordinal) == read(content, by: content.count).map(\.ordinal))
        #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.ordinal < $1.ordinal })
    }

    @Test func `an ordinal is where the line ends`() {
        #expect(read(Array("ab\n\ncde\r\nf".utf8), by: 100).map(\.ordinal) == [3, 9, 10])
    }

    @Test func `reading that begins in the middle of a line skips the rest of it`() {
        var isMidLine = true
        var texts: [String] = []
        let bytes = Array("rest\nwhole\npart".utf8)
        let done = FileLines.cut(bytes.span, at: 50, isMidLine: &isMidLine) { line, _, ordinal in
            texts.append("\(line.count) \(ordinal)")
        }
        #expect(texts == ["5 61"] && done == 11 && !isMidLine)
    }
}
