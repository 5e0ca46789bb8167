import Dispatch
import Glibc
import RiskModel
import TestSupport
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct DatagramListenerTests {
    typealias Line = RecordingSink.Line

    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/events.dgram" }

    init() throws { folder = try TemporaryFolder() }

    @Test func `each datagram is a line, in the order sent`() throws {
        let listener = try DatagramListener(path: path)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path, kind: .datagram)
        let lines = (0..<1000).map { "line \($0)" }
        for line in lines { #expect(client.send(line) == line.utf8.count) }
        listener.stop()
        try run.wait()
        #expect(sink.texts == lines)
        #expect(sink.lines.allSatisfy { $0.flags == [] })
        let counts = listener.statistics
        #expect(counts.datagrams == 1000 && counts.frames == 1000 && counts.truncatedDatagrams == 0)
        #expect(counts.bytes == lines.map(\.utf8.count).reduce(0, +))
        #expect(access(path, F_OK) == -1)
    }

    @Test(
        arguments: [
            ("{}", ["{}"]), ("{}\n", ["{}"]), ("{}\0", ["{}"]), ("{}\n\0\0", ["{}"]), ("{}\r\n", ["{}"]), ("", []),
            ("\n\0", []),
            ("a\nb", ["a", "b"]), ("a\n\r\nb\n", ["a", "b"]),
            ("<13>Nov 21 10:00:00 h t: {}", ["<13>Nov 21 10:00:00 h t: {}"]),
            ("a\0b", ["a\0b"]),
        ] as [(String, [String])])
    func `what senders put behind a line is none of it`(datagram: String, lines: [String]) {
        #expect(frames(Array(datagram.utf8)) == lines.map { Line(text: $0, flags: []) })
    }

    @Test func `a line that is too long is cut, and so is one that its datagram cuts`() {
        let long = String(repeating: "x", count: Frame.maximumBytes)
        let cut = Line(text: String(long.prefix(Frame.keptOfOversized)), flags: .oversized)
        #expect(frames(Array("\(long)\nb".utf8)) == [Line(text: long, flags: []), Line(text: "b", flags: [])])
        #expect(frames(Array("\(long)x\nb".utf8)) == [cut, Line(text: "b", flags: [])])
        #expect(
            frames(Array("a\nbc".utf8), isTruncated: true) == [
                .init(text: "a", flags: []), .init(text: "bc", flags: .oversized),
            ])
        #expect(frames(Array("a\n\(long)".utf8), isTruncated: true) == [.init(text: "a", flags: []), cut])
        #expect(frames(Array("a\n".utf8), isTruncated: true) == [.init(text: "a", flags: [])])
    }

    private func frames(_ datagram: [UInt8], isTruncated: Bool = false) -> [Line] {
        var lines: [Line] = []
        DatagramListener.frames(of: datagram.span, isTruncated: isTruncated) { line, flags in
            var bytes: [UInt8] = []
            bytes.append(copying: line)
            lines.append(Line(text: String(decoding: bytes, as: UTF8.self), flags: flags))
        }
        return lines
    }

    @Test func `the longest datagrams come whole, and of longer ones the beginning`() throws {
        let listener = try DatagramListener(path: path)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path, kind: .datagram)
        let line = String(repeating: "y", count: 49_999)
        #expect(client.send([line, line, line, "z"].joined(separator: "\n")) == 150_001)
        client.growSendBuffer(to: 2 << 20)
        let long = (0..<6).map { _ in line }.joined(separator: "\n")
        #expect(client.send(long) == 299_999)
        client.send("end")
        sink.waitForLines(4 + 6 + 1)
        listener.stop()
        try run.wait()
        #expect(sink.texts.count { $0 == line } == 8)
        let flags = sink.lines.map(\.flags)
        #expect(flags == [FrameFlags](repeating: [], count: 9) + [.oversized, []])
        #expect(listener.statistics.truncatedDatagrams == 1)
    }

    @Test func `stop gives what waits to the sink, and refuses what comes later`() throws {
        let listener = try DatagramListener(path: path)
        let client = try Client(path: path, kind: .datagram)
        for i in 0..<5 { #expect(client.sendWithoutWaiting("line \(i)") > 0) }
        listener.stop()
        let sink = RecordingSink()
        try listener.run(sink: sink)
        #expect(sink.texts == (0..<5).map { "line \($0)" })
        #expect(client.sendWithoutWaiting("late") == -1)
    }

    @Test func `a sink that waits makes the sender wait, and nothing is lost`() throws {
        let listener = try DatagramListener(path: path)
        let gate = Gate()
        let sink = RecordingSink(gate: gate)
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path, kind: .datagram)
        var sent = 0
        client.send("\(sent)")
        sent += 1
        sink.waitForCaller()
        while client.sendWithoutWaiting("\(sent)") > 0 { sent += 1 }
        #expect(sent < 10_000)
        #expect(sink.lines.isEmpty)
        gate.open()
        listener.stop()
        try run.wait()
        #expect(sink.texts == (0..<sent).map { "\($0)" })
    }

    @Test func `an error of the sink ends the run`() throws {
        struct Broken: Error {}
        let listener = try DatagramListener(path: path)
        let run = ListenerRun(listener, RecordingSink(failure: Broken()))
        try Client(path: path, kind: .datagram).send("line")
        #expect(throws: Broken.self) { try run.wait() }
    }

    @Test func `a dead socket's file is replaced, and a living one's is not`() throws {
        let raw = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        #expect(Client.withAddress(path) { bind(raw, $0, $1) } == 0)
        #expect(throws: IntakeError.inUse(path: path)) { _ = try DatagramListener(path: path) }
        #expect(throws: IntakeError.inUse(path: path)) { _ = try StreamListener(path: path) }
        close(raw)
        let listener = try DatagramListener(path: path)
        #expect(throws: IntakeError.inUse(path: path)) { _ = try DatagramListener(path: path) }
        withExtendedLifetime(listener) {}
    }
}
