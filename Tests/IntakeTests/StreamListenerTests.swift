import Dispatch
import Glibc
import Intake
import RiskModel
import TestSupport
import Testing

struct StreamListenerTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/events.sock" }

    init() throws { folder = try TemporaryFolder() }

    @Test
    func `a hundred clients at once lose nothing and keep their order`() throws {
        let listener = try StreamListener(path: path)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let path = path
        DispatchQueue.concurrentPerform(iterations: 100) { i in
            guard let client = try? Client(path: path) else { return }
            for j in 0..<50 {
                // Lines split across writes.
                client.send("{\"client\":\(i),")
                client.send("\"line\":\(j)}\n")
            }
            client.finish()
            client.waitForEnd()
        }
        listener.stop()
        try run.wait()
        var next = [Int](repeating: 0, count: 100)
        for text in sink.texts {
            let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
            try #require(numbers.count == 2)
            #expect(next[numbers[0]] == numbers[1])
            next[numbers[0]] = numbers[1] + 1
        }
        #expect(next == [Int](repeating: 50, count: 100))
        #expect(listener.statistics.acceptedConnections == 100)
        #expect(listener.statistics.connections == 0)
        #expect(listener.statistics.frames == 5000)
    }

    @Test
    func `a last line without newline is marked`() throws {
        let listener = try StreamListener(path: path)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path)
        client.send("whole\npart")
        client.finish()
        client.waitForEnd()
        listener.stop()
        try run.wait()
        #expect(sink.lines == [.init(text: "whole", flags: []), .init(text: "part", flags: .unterminated)])
        #expect(listener.statistics.unterminated == 1)
        #expect(listener.statistics.bytes == 10)
    }

    @Test
    func `stop reads what clients have sent, and those who have not been accepted yet`() throws {
        let listener = try StreamListener(path: path)
        let clients = try (0..<20).map { i in
            let client = try Client(path: path)
            client.send("line of \(i)\n")
            return client
        }
        listener.stop()
        let sink = RecordingSink()
        // The clients stay connected; stop ends their streams.
        try listener.run(sink: sink)
        #expect(Set(sink.texts) == Set((0..<20).map { "line of \($0)" }))
        #expect(clients.allSatisfy { $0.sendWithoutWaiting("late\n") == -1 })
        #expect(access(path, F_OK) == -1)
    }

    @Test
    func `a sink that waits makes the client wait, and nothing is lost`() throws {
        let listener = try StreamListener(path: path)
        let gate = Gate()
        let sink = RecordingSink(gate: gate)
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path)
        let line = String(repeating: "x", count: 999) + "\n"
        // The listener has read a buffer's worth at most, and the socket's buffer takes the rest until it is full.
        client.send(line)
        var sent = 0
        var poll = pollfd(fd: client.raw, events: Int16(POLLOUT), revents: 0)
        while true {
            let count = client.sendWithoutWaiting(line)
            if count == line.utf8.count { sent += 1; continue }
            if count > 0 { client.send(String(line.dropFirst(count))); sent += 1; continue }
            // Full: it stays so while the gate is shut.
            if Glibc.poll(&poll, 1, 100) == 0 { break }
        }
        #expect(sent < 10_000)
        #expect(sink.lines.isEmpty)
        gate.open()
        client.finish()
        client.waitForEnd()
        listener.stop()
        try run.wait()
        #expect(sink.texts == [String](repeating: String(line.dropLast()), count: sent + 1))
    }

    @Test
    func `an error of the sink ends the run and disconnects`() throws {
        struct Broken: Error {}
        let listener = try StreamListener(path: path)
        let run = ListenerRun(listener, RecordingSink(failure: Broken()))
        let client = try Client(path: path)
        client.send("line\n")
        #expect(throws: Broken.self) { try run.wait() }
        client.waitForEnd()
        #expect(listener.statistics.connections == 0)
    }

    @Test
    func `clients beyond the limit are closed and counted`() throws {
        let listener = try StreamListener(path: path, maximumConnections: 2)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let clients = try (0..<3).map { _ in try Client(path: path) }
        clients[2].waitForEnd()
        for client in clients.prefix(2) {
            client.send("line\n")
            client.finish()
            client.waitForEnd()
        }
        listener.stop()
        try run.wait()
        #expect(listener.statistics.refusedConnections == 1)
        #expect(sink.texts == ["line", "line"])
    }

    @Test(arguments: [0o600, 0o660, 0o666] as [UInt32])
    func `the socket file has the mode that was asked for`(mode: UInt32) throws {
        let listener = try StreamListener(path: path, mode: mode)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == mode)
        withExtendedLifetime(listener) {}
    }

    @Test
    func `a socket file that nobody listens on is replaced`() throws {
        let raw = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        #expect(Client.withAddress(path) { bind(raw, $0, $1) } == 0)
        close(raw)
        let listener = try StreamListener(path: path)
        _ = try Client(path: path)
        withExtendedLifetime(listener) {}
    }

    @Test
    func `a socket that a process listens on is refused, and stays`() throws {
        let listener = try StreamListener(path: path)
        #expect(throws: IntakeError.inUse(path: path)) { _ = try StreamListener(path: path) }
        _ = try Client(path: path)
        withExtendedLifetime(listener) {}
    }

    @Test
    func `a regular file is refused, and stays`() throws {
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: IntakeError.notASocket(path: path)) { _ = try StreamListener(path: path) }
        #expect(access(path, F_OK) == 0)
    }

    @Test
    func `a socket file that took over the path is not removed`() throws {
        var listener: StreamListener? = try StreamListener(path: path)
        unlink(path)
        let raw = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(raw) }
        #expect(Client.withAddress(path) { bind(raw, $0, $1) } == 0)
        listener = nil
        #expect(listener == nil)
        #expect(access(path, F_OK) == 0)
    }

    @Test(arguments: [0, 108])
    func `a path that is no socket address is refused with its length`(count: Int) {
        let path = String(repeating: "p", count: count)
        let error = #expect(throws: IntakeError.self) { _ = try StreamListener(path: path) }
        #expect(error == .pathLength(path: path))
        #expect(error?.description.contains("107") == true)
    }

    @Test
    func `a missing directory is named`() throws {
        let path = "\(folder.path)/none/events.sock"
        #expect(throws: IntakeError.parentMissing(path: path)) { _ = try StreamListener(path: path) }
    }
}
