import Dispatch
import Glibc
import Intake
import RiskModel
import Synchronization
import TestSupport
import Testing

/// Sender and listener together, while connections are cut and the daemon dies.
@Suite(.timeLimit(.minutes(2)))
struct DeliveryPropertyTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/events.sock" }
    private let sink = RecordingSink(isSyncing: false)

    init() throws { folder = try TemporaryFolder() }

    /// A listener that is killed some times and started again, with the sink as its spool.
    private final class Daemon: Sendable {
        private let current = Mutex<(listener: StreamListener?, isStopped: Bool)>((nil, false))
        private let group = DispatchGroup()
        let deaths = Mutex(0)

        init(path: String, sink: RecordingSink, deaths: Int, seed: UInt64) {
            DispatchQueue(label: "daemon").async(group: group) { [self] in
                var random = SeededGenerator(seed: seed)
                for life in 0... {
                    guard let listener = try? StreamListener(path: path) else { continue }
                    if life < deaths { sink.fail(afterAppends: Int.random(in: 0...60, using: &random)) }
                    let isStopped = current.withLock {
                        $0.listener = listener
                        return $0.isStopped
                    }
                    if isStopped { return }
                    do {
                        try listener.run(sink: sink)
                        return
                    } catch {
                        sink.crash()
                        self.deaths.withLock { $0 += 1 }
                    }
                }
            }
        }

        func stop() {
            current.withLock {
                $0.isStopped = true
                $0.listener?.stop()
            }
            group.wait()
        }
    }

    /// Puts random beginnings of what was appended on disk, and sooner or later all of it.
    private final class Disk: Sendable {
        private let isStopped = Mutex(false)
        private let group = DispatchGroup()

        init(of sink: RecordingSink, seed: UInt64) {
            DispatchQueue(label: "disk").async(group: group) { [self] in
                var random = SeededGenerator(seed: seed)
                while !isStopped.withLock({ $0 }) {
                    let durable = Int(sink.durableSequence)
                    sink.sync(through: Int.random(in: durable...durable + 40, using: &random))
                    sched_yield()
                }
            }
        }

        func stop() {
            isStopped.withLock { $0 = true }
            group.wait()
        }
    }

    /// Lines of all kinds: empty ones, with CR, too long, and in the end one without a newline.
    private func stream(_ random: inout SeededGenerator, lines: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for i in 0..<lines {
            let length = random.pick([0, 0, 1, 20, 20, 80, 400, i % 50 == 7 ? Frame.maximumBytes + 1 : 3])
            bytes += Array("\(i):".utf8).prefix(length)
            bytes += [UInt8](repeating: UInt8(ascii: "x"), count: max(0, length - 4))
            bytes += random.pick(["\n", "\n", "\r\n", "\r\r\n"]).utf8
        }
        return bytes + Array("the end".utf8)
    }

    private func write(_ bytes: some Collection<UInt8>, to name: String) -> String {
        let path = "\(folder.path)/\(name)"
        let raw = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        let bytes = Array(bytes)
        #expect(Glibc.write(raw, bytes, bytes.count) == bytes.count)
        close(raw)
        return path
    }

    private static func send(_ file: String, session: UInt64, to path: String) throws -> StreamSender.Progress {
        var sender = try StreamSender(
            path: path, input: LineInput([file]),
            delivery: Delivery(session: session, isResumable: true, windowBytes: 2000), patience: .seconds(60),
            pauses: .zero...(.milliseconds(1)))
        return try sender.run { _ in }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `every line is stored exactly once and in order, whatever breaks`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bytes = stream(&random, lines: 300)
        let expected = framedBySplit(bytes)
        let file = write(bytes, to: "all.ndjson")
        // What a first run of the sender got to before it was killed.
        let newlines = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
        let beginning = write(bytes[...random.pick(newlines)], to: "beginning.ndjson")

        let daemon = Daemon(path: path, sink: sink, deaths: Int(seed % 4) * 3, seed: random.next())
        let disk = Disk(of: sink, seed: random.next())
        let proxyPath = "\(folder.path)/proxy.sock"
        let proxy = FaultyProxy(path: proxyPath, target: path, faults: Int(seed % 5) * 8, seed: random.next())
        let other = Mutex<StreamSender.Progress?>(nil)
        let group = DispatchGroup()
        DispatchQueue(label: "other").async(group: group) { [path] in
            let progress = try? Self.send(file, session: 2, to: path)
            other.withLock { $0 = progress }
        }
        let first = try Self.send(beginning, session: 1, to: proxyPath)
        let second = try Self.send(file, session: 1, to: proxyPath)
        group.wait()
        proxy.stop()
        daemon.stop()
        disk.stop()

        #expect(second.onDisk == UInt64(expected.count))
        #expect(second.resumedAfter == first.onDisk)
        #expect(other.withLock { $0?.onDisk } == UInt64(expected.count))
        sink.crash()
        for session: UInt64 in [1, 2] {
            let stored = sink.lines.filter { $0.origin.session == session }
            #expect(stored.map(\.origin.ordinal) == Array(1...UInt64(expected.count)))
            #expect(stored.map(\.text) == expected.map(\.text))
            #expect(stored.map(\.flags) == expected.map { $0.flags.subtracting(.unterminated).union(.numbered) })
        }
        #expect(sink.lines.count == 2 * expected.count)
    }
}
