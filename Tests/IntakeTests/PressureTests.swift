import Glibc
import RiskModel
import TestSupport
import Testing

@testable import Intake

/// Too many clients, slow ones, and those that want more than their share.
@Suite(.timeLimit(.minutes(1)), .serialized)
struct PressureTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/events.sock" }

    init() throws {
        folder = try TemporaryFolder()
        _ = DescriptorLimit.raise(for: 4096)
    }

    @Test func `a thousand clients, half of them with acknowledgements, lose nothing and keep their order`() throws {
        let listener = try StreamListener(path: path)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let clients = try (0..<1000).map { _ in try Client(path: path) }
        for (i, client) in clients.enumerated() where i % 2 == 0 {
            client.send("banrisk/1 acks session=" + String(String(i + 1_000_000, radix: 16).suffix(16)).padded + "\n")
        }
        for round in 0..<5 {
            for (i, client) in clients.enumerated() { client.send("\(i) \(round)\n") }
        }
        for client in clients { client.finish() }
        for (i, client) in clients.enumerated() {
            var last: String?
            while let line = client.readLine() { last = line }
            #expect(last == (i % 2 == 0 ? "ack 5" : nil))
        }
        listener.stop()
        try run.wait()
        var next = [Int](repeating: 0, count: clients.count)
        for line in sink.lines {
            let numbers = line.text.split(separator: " ").compactMap { Int($0) }
            try #require(numbers.count == 2)
            #expect(next[numbers[0]] == numbers[1])
            next[numbers[0]] += 1
            #expect(line.origin.ordinal == (numbers[0] % 2 == 0 ? UInt64(next[numbers[0]]) : 0))
        }
        #expect(next == [Int](repeating: 5, count: clients.count))
        #expect(listener.statistics.acceptedConnections == 1000)
        #expect(listener.statistics.acceptedAcknowledgedConnections == 500)
    }

    @Test func `clients that have much to say have their turns one after the other`() throws {
        // More than the kernel reports at once, and each with ten turns' worth.
        let turn = 1000
        let listener = try StreamListener(path: path, bytesPerTurn: turn)
        let clients = try (0..<150).map { i in
            let client = try Client(path: path)
            let line = "\(i) ".padded(to: turn / 10 - 1) + "\n"
            #expect(client.send(String(repeating: line, count: 100)) == 10 * turn)
            client.finish()
            return client
        }
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        for client in clients { client.waitForEnd() }
        listener.stop()
        try run.wait()
        var turns = [Int](repeating: 0, count: clients.count)
        let owners = sink.texts.compactMap { Int($0.prefix { $0 != " " }) }
        #expect(owners.count == 100 * clients.count)
        for start in stride(from: 0, to: owners.count, by: 10) {
            // A turn is ten lines of one client.
            #expect(Set(owners[start..<start + 10]).count == 1)
            turns[owners[start]] += 1
            let (least, most) = (turns.min() ?? 0, turns.max() ?? 0)
            // Accepting them takes some turns, in which the first ones are served alone.
            #expect(most - least <= 1 + (clients.count + 63) / 64)
        }
    }

    @Test func `clients that dribble are served byte by byte, and do not hold up others`() throws {
        let listener = try StreamListener(path: path)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let slow = try (0..<1000).map { _ in try Client(path: path) }
        let quick = try Client(path: path)
        for (round, letter) in "slow\n".enumerated() {
            for client in slow { client.send(String(letter)) }
            quick.send("quick \(round)\n")
            sink.waitForLines(round + 1)
        }
        for client in slow {
            client.finish()
            client.waitForEnd()
        }
        listener.stop()
        try run.wait()
        #expect(sink.texts.count { $0 == "slow" } == 1000)
        #expect(sink.texts.count { $0.hasPrefix("quick") } == 5)
        #expect(listener.statistics.unterminated == 0)
    }

    @Test func `at the limit, who has been silent longest gives way, and what it had sent is kept`() throws {
        let listener = try StreamListener(path: path, maximumConnections: 3, silence: .zero)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let dribbler = try Client(path: path)
        dribbler.send("half a li")
        let silent = try Client(path: path)
        silent.send("first\n")
        sink.waitForLines(1)
        let busy = try Client(path: path)
        busy.send("second\n")
        sink.waitForLines(2)
        // Bytes of a line that does not end are silence, too.
        dribbler.send("ne")
        busy.send("third\n")
        sink.waitForLines(3)
        let newcomer = try Client(path: path)
        dribbler.waitForEnd()
        newcomer.send("fourth\n")
        sink.waitForLines(5)
        #expect(dribbler.sendWithoutWaiting("\n") == -1)
        let another = try Client(path: path)
        silent.waitForEnd()
        for client in [busy, newcomer, another] {
            client.send("last\n")
            client.finish()
            client.waitForEnd()
        }
        listener.stop()
        try run.wait()
        #expect(sink.texts == ["first", "second", "third", "half a line", "fourth", "last", "last", "last"])
        #expect(listener.statistics.displacedConnections == 2)
        #expect(listener.statistics.refusedConnections == 0)
    }

    @Test func `who only seems silent because the sink waited keeps the place`() throws {
        let listener = try StreamListener(path: path, maximumConnections: 2, silence: .zero)
        let gate = Gate()
        let sink = RecordingSink(gate: gate)
        let run = ListenerRun(listener, sink)
        let waiting = try Client(path: path)
        let other = try Client(path: path)
        other.send("of the other\n")
        // Holds the sink until both of these have happened, in this order; the listener sees them in this order, too.
        sink.waitForCaller()
        let newcomer = try Client(path: path)
        waiting.send("waited\n")
        gate.open()
        other.waitForEnd()
        for client in [waiting, newcomer] {
            client.send("last\n")
            client.finish()
            client.waitForEnd()
        }
        listener.stop()
        try run.wait()
        #expect(sink.texts == ["of the other", "waited", "last", "last"])
        #expect(listener.statistics.displacedConnections == 1)
    }

    @Test func `one user has half of the connections at most, and gives way to himself before`() throws {
        // The test's own user is an ordinary one here.
        func listen(silence: Duration) throws -> ConnectionListener {
            try ConnectionListener(
                socket: try ListeningSocket(path: path, mode: 0o660),
                limits: .init(connections: 4, silence: silence, bytesPerTurn: 1000, trustedUsers: []),
                drainDeadline: .seconds(10))
        }
        for silence in [Duration.seconds(3600), .zero] {
            let listener = try listen(silence: silence)
            let sink = RecordingSink()
            let run = ListenerRun {
                try listener.run(
                    sink: sink, source: .stream, converse: { StreamConversation(names: .plain, user: $0) }, report: $0)
            }
            let first = try Client(path: path)
            first.send("first\n")
            sink.waitForLines(1)
            let second = try Client(path: path)
            second.send("second\n")
            sink.waitForLines(2)
            let third = try Client(path: path)
            let stays: [Client]
            if silence == .zero {
                first.waitForEnd()
                stays = [second, third]
            } else {
                third.waitForEnd()
                stays = [first, second]
            }
            for client in stays {
                client.send("last\n")
                client.finish()
                client.waitForEnd()
            }
            // Whose connections have ended may have others.
            let fourth = try Client(path: path)
            fourth.send("fourth\n")
            sink.waitForLines(5)
            listener.stop()
            try run.wait()
            #expect(sink.texts == ["first", "second", "last", "last", "fourth"])
            let counts = listener.statistics
            #expect(counts.crowdedConnections == (silence == .zero ? 0 : 1))
            #expect(counts.refusedConnections == counts.crowdedConnections)
            #expect(counts.displacedConnections == (silence == .zero ? 1 : 0))
        }
    }

    @Test func `the descriptors that connections need are asked for, and what can be had is said`() {
        var before = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before) == 0)
        #expect(DescriptorLimit.raise(for: 100) == 100)
        let hard = Int(before.rlim_max)
        #expect(DescriptorLimit.raise(for: hard) == hard - DescriptorLimit.reserved)
        var after = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &after) == 0)
        #expect(after.rlim_cur == before.rlim_max)
    }
}

extension String {
    fileprivate var padded: String { String(repeating: "0", count: 16 - count) + self }
    fileprivate func padded(to count: Int) -> String { self + String(repeating: ".", count: count - self.count) }
}
