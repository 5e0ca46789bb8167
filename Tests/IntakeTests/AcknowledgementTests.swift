import Glibc
import Intake
import RiskModel
import TestSupport
import Testing

/// The acknowledged stream as docs/specs/wire.md has it, on real sockets.
@Suite(.timeLimit(.minutes(1)))
struct AcknowledgementTests {
    private let folder: TemporaryFolder
    private let path: String
    private let listener: StreamListener
    private let sink = RecordingSink(isSyncing: false)
    private let run: ListenerRun
    private let session = "00000000000000a7"

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/events.sock"
        listener = try StreamListener(path: path)
        run = ListenerRun(listener, sink)
    }

    private func end() throws {
        sink.sync()
        listener.stop()
        try run.wait()
    }

    private func numbered(_ texts: [String], from first: UInt64 = 1) -> [RecordingSink.Line] {
        texts.enumerated().map {
            .init(text: $1, flags: .numbered, origin: FrameOrigin(session: 0xa7, ordinal: first + UInt64($0)))
        }
    }

    @Test func `a client learns the number of its frames that are on disk, and not before they are`() throws {
        let client = try Client(path: path)
        #expect(client.ask(session: session) == "banrisk/1 ok 0")
        client.send("a\n\r\nb\r\nc\n")
        sink.waitForLines(3)
        #expect(sink.lines == numbered(["a", "b", "c"]))
        sink.sync(through: 2)
        // Lines that came at once are acknowledged together.
        sink.sync(through: 3)
        #expect(client.readLine() == "ack 3")
        client.send("d\n")
        sink.waitForLines(4)
        sink.sync()
        #expect(client.readLine() == "ack 4")
        client.finish()
        #expect(client.readLine() == nil)
        try end()
        let counts = listener.statistics
        #expect(counts.acceptedAcknowledgedConnections == 1 && counts.acknowledgedConnections == 0)
        #expect(counts.acknowledgements == 3 && counts.frames == 4)
    }

    @Test func `a client that comes back goes on behind what is on disk`() throws {
        let first = try Client(path: path)
        #expect(first.ask(session: session) == "banrisk/1 ok 0")
        first.send("a\nb\nnot fini")
        sink.waitForLines(2)
        first.hangUp()
        // What was appended and is not on disk could still be lost: the answer waits for it.
        let second = try Client(path: path)
        second.send("banrisk/1 acks session=\(session)\n")
        var poll = pollfd(fd: second.raw, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&poll, 1, 50) == 0)
        sink.sync()
        #expect(second.readLine() == "banrisk/1 ok 2")
        second.send("c\n")
        second.finish()
        sink.waitForLines(3)
        sink.sync()
        #expect(second.readLine() == "ack 3")
        #expect(second.readLine() == nil)
        try end()
        #expect(sink.lines == numbered(["a", "b", "c"]))
    }

    @Test func `a client that has sent everything is kept until it has its last acknowledgement`() throws {
        let client = try Client(path: path)
        #expect(client.ask(session: session) == "banrisk/1 ok 0")
        client.send("a\nb\n")
        client.finish()
        sink.waitForLines(2)
        sink.sync()
        #expect(client.readLine() == "ack 2")
        #expect(client.readLine() == nil)
        try end()
    }

    @Test func `a stop tells the clients what was read to the end and is on disk`() throws {
        let client = try Client(path: path)
        #expect(client.ask(session: session) == "banrisk/1 ok 0")
        sink.syncAlways()
        client.send("a\nb\nc")
        listener.stop()
        #expect(client.readLine() == "ack 2")
        #expect(client.readLine() == nil)
        try run.wait()
        #expect(sink.lines == numbered(["a", "b"]))
    }

    @Test func `a stop does not wait for a disk that takes nothing`() throws {
        let client = try Client(path: path)
        #expect(client.ask(session: session) == "banrisk/1 ok 0")
        client.send("a\n")
        sink.waitForLines(1)
        listener.stop()
        try run.wait()
        #expect(client.readLine() == nil)
    }

    @Test func `a second connection takes the session over, and nothing more of the first is stored`() throws {
        let first = try Client(path: path)
        #expect(first.ask(session: session) == "banrisk/1 ok 0")
        first.send("a\nhalf of b")
        sink.waitForLines(1)
        sink.sync()
        #expect(first.readLine() == "ack 1")
        let second = try Client(path: path)
        #expect(second.ask(session: session) == "banrisk/1 ok 1")
        #expect(first.readLine()?.hasPrefix("banrisk/1 error another connection has taken over") == true)
        #expect(first.readLine() == nil)
        #expect(first.send(", and the rest\n") == 0)
        second.send("b\n")
        sink.waitForLines(2)
        try end()
        #expect(sink.lines == numbered(["a", "b"]))
        #expect(listener.statistics.takeovers == 1)
    }

    @Test func `sessions are apart from each other`() throws {
        let clients = try (1...3).map { _ in try Client(path: path) }
        for (i, client) in clients.enumerated() {
            #expect(client.ask(session: "000000000000000\(i + 1)") == "banrisk/1 ok 0")
            client.send(String(repeating: "line\n", count: i + 1))
        }
        sink.waitForLines(6)
        #expect(listener.statistics.acknowledgedConnections == 3)
        sink.sync()
        for (i, client) in clients.enumerated() { #expect(client.readLine() == "ack \(i + 1)") }
        try end()
    }

    @Test func `a line that is too long counts once, and what follows is whole`() throws {
        let client = try Client(path: path)
        #expect(client.ask(session: session) == "banrisk/1 ok 0")
        client.send(String(repeating: "x", count: 200_000) + "\nnext\n")
        sink.waitForLines(2)
        sink.sync()
        #expect(client.readLine() == "ack 2")
        try end()
        #expect(sink.lines.map(\.flags) == [[.numbered, .oversized], .numbered])
        #expect(sink.lines.map(\.text.utf8.count) == [Frame.keptOfOversized, 4])
    }

    @Test(arguments: [
        ("banrisk/2 acks session=00000000000000a7", "unknown version"), ("banrisk/", "unknown version"),
        ("banrisk/1", "unknown version"), ("banrisk/1 ", "must be"), ("banrisk/1 acks", "must be"),
        ("banrisk/1 acks session=0000000000000000", "must be"), ("banrisk/1 acks session=a7", "must be"),
        ("banrisk/1 acks session=00000000000000A7", "must be"), ("banrisk/1 acks session=+0000000000000a7", "must be"),
        ("banrisk/1 acks session=00000000000000a7 ", "must be"),
        ("banrisk/1 acks session=000000000000000a7", "must be"),
        ("banrisk/1 nacks session=00000000000000a7", "must be"),
    ])
    func `a request that cannot be granted is answered with the reason, and nothing is stored`(
        request: String, reason: String
    ) throws {
        let client = try Client(path: path)
        client.send("\(request)\nline\n")
        let answer = client.readLine()
        #expect(answer?.hasPrefix("banrisk/1 error ") == true && answer?.contains(reason) == true)
        #expect(client.readLine() == nil)
        try end()
        #expect(sink.lines.isEmpty)
    }

    @Test(arguments: ["b", "banrisk", "banrisk/1 acks session=00000000000000a7"])
    func `a request that broke off is not taken for an event`(request: String) throws {
        let client = try Client(path: path)
        client.send(request)
        client.finish()
        #expect(client.readLine() == nil)
        try end()
        #expect(sink.lines.isEmpty)
    }

    @Test(arguments: ["{}", "bandit", "banrisk", " banrisk/1 acks session=00000000000000a7", "a"])
    func `a client that does not ask is never sent a byte, and a request further down is a line`(first: String) throws {
        let client = try Client(path: path)
        client.send("\(first)\nbanrisk/1 acks session=00000000000000a7\nend")
        client.finish()
        #expect(client.readLine() == nil)
        try end()
        #expect(sink.lines.map(\.text) == [first, "banrisk/1 acks session=00000000000000a7", "end"])
        #expect(sink.lines.map(\.flags) == [[], [], .unterminated])
    }

    @Test func `a client that reads no acknowledgement holds up nobody, and gets the newest when it reads`() throws {
        let deaf = try Client(path: path)
        #expect(deaf.ask(session: session) == "banrisk/1 ok 0")
        let other = try Client(path: path)
        #expect(other.ask(session: "00000000000000b0") == "banrisk/1 ok 0")
        let count = 3000
        for i in 1...count {
            deaf.send("line \(i)\n")
            sink.waitForLines(2 * i - 1)
            other.send("line \(i)\n")
            sink.waitForLines(2 * i)
            sink.sync()
            #expect(other.readLine() == "ack \(i)")
        }
        // Far fewer were sent than there could have been, and still the last one arrives.
        var answers: [String] = []
        while let line = deaf.readLine() {
            answers.append(line)
            if line == "ack \(count)" { break }
        }
        #expect(answers.last == "ack \(count)" && answers.count < 100)
        try end()
    }
}
