import Dispatch
import Glibc
import RiskModel
import Spool
import Synchronization
import TestSupport
import Testing

@testable import Intake

/// The Forward protocol on real sockets, and with a real spool.
@Suite(.timeLimit(.minutes(1)))
struct ForwardListenerTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/forward.sock" }

    init() throws { folder = try TemporaryFolder() }

    private static func entry(_ name: String) -> Packed { .array([.int(7), .record(["log": .text("{\(name)}")])]) }

    /// A chunk of entries, each of which becomes a line `{name}`.
    private static func chunk(_ id: String?, _ names: [String]) -> [UInt8] {
        var parts: [Packed] = [.text("t"), .array(names.map { entry($0) })]
        if let id { parts.append(.record(["chunk": .text(id)])) }
        return Packed.array(parts).bytes()
    }

    private static func answer(_ id: String) -> [UInt8] { Packed.record(["ack": .text(id)]).bytes() }

    @Test func `chunks are acknowledged when they are on disk, in order, each with one write`() throws {
        let listener = try ForwardListener(path: path)
        let sink = RecordingSink(isSyncing: false)
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path)
        client.send(Self.chunk("one", ["a", "b"]) + Self.chunk(nil, ["c"]) + Self.chunk("two", ["d"]))
        sink.waitForLines(4)
        sink.sync(through: 1)
        // When the second of these is there, the listener has heard of the sync.
        let other = try Client(path: path)
        for i in 0..<2 {
            other.send(Self.chunk(nil, ["other \(i)"]))
            sink.waitForLines(5 + i)
        }
        #expect(!client.hasAnswer)
        sink.sync(through: 2)
        #expect(client.read(Self.answer("one").count) == Self.answer("one"))
        sink.sync(through: 3)
        sink.sync(through: 4)
        #expect(client.read(Self.answer("two").count) == Self.answer("two"))
        client.finish()
        client.waitForEnd()
        listener.stop()
        try run.wait()
        #expect(sink.texts == ["{a}", "{b}", "{c}", "{d}", "{other 0}", "{other 1}"])
        #expect(sink.lines.map(\.flags) == [.numbered, .numbered, [], .numbered, [], []])
        let counts = listener.statistics
        #expect(counts.messages == 5 && counts.frames == 6 && counts.acknowledgements == 2)
        #expect(counts.acceptedAcknowledgedConnections == 1 && counts.acknowledgedConnections == 0)
        #expect(counts.repeatedMessages == 0 && counts.refusals == 0 && counts.incompleteMessages == 0)
    }

    @Test func `a client that ends its stream gets its acknowledgements all the same`() throws {
        let listener = try ForwardListener(path: path)
        let sink = RecordingSink(isSyncing: false)
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path)
        client.send(Self.chunk("one", ["a"]))
        client.finish()
        sink.waitForLines(1)
        sink.sync()
        #expect(client.read(100) == Self.answer("one"))
        listener.stop()
        try run.wait()
    }

    @Test func `a client that reads nothing is told all later, in order`() throws {
        let listener = try ForwardListener(path: path)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path)
        let ids = (0..<900).map { String(repeating: "i", count: 200) + "\($0)" }
        for id in ids { client.send(Self.chunk(id, ["a"])) }
        sink.waitForLines(ids.count)
        let answers = ids.flatMap { Self.answer($0) }
        client.finish()
        #expect(client.read(answers.count + 1) == answers)
        listener.stop()
        try run.wait()
        #expect(listener.statistics.acknowledgements == ids.count)
    }

    @Test func `who never reads what it asked for is disconnected in the end`() throws {
        let listener = try ForwardListener(path: path)
        let sink = RecordingSink(isSyncing: false)
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path)
        for id in 0...ForwardConversation.maximumReceipts { client.send(Self.chunk("\(id)", ["a"])) }
        client.waitForEnd()
        listener.stop()
        try run.wait()
        #expect(listener.statistics.refusals == 1)
        #expect(run.reports == [ForwardFault.unread.description])
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `messages give the same frames however they are cut`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var stream: [UInt8] = []
        var expected: [String] = []
        for i in 0..<40 {
            let names = (0..<random.pick([0, 1, 3, 40])).map { "\(i) \($0) " + String(repeating: "x", count: 9 * i) }
            expected += names.map { "{\($0)}" }
            stream += Self.chunk(random.pick([nil, "c\(i)"]), names)
            if i % 7 == 0 { stream += Packed.null.bytes() }
        }
        let sink = RecordingSink()
        var counted = CountedSink(sink, source: .forward)
        let room = ForwardRoom(limit: 1 << 20, trustedUsers: [])
        let shared = ForwardConversation.Shared(limits: .init(), room: room)
        let conversation = ForwardConversation(shared, user: 1)
        let most = random.pick([1, 7, 500, stream.count])
        var start = 0
        while start < stream.count {
            let end = min(stream.count, start + Int.random(in: 1...most, using: &random))
            try conversation.receive(stream.span.extracting(start..<end), into: &counted)
            start = end
        }
        #expect(conversation.refusal == nil)
        #expect(sink.texts == expected)
        #expect(counted.statistics.messages == 46)
        conversation.finish(into: &counted)
        #expect(counted.statistics.incompleteMessages == 0)
    }

    @Test func `a fault ends the connection with its reason, and what was whole before is stored`() throws {
        let listener = try ForwardListener(path: path)
        let sink = RecordingSink()
        let run = ListenerRun(listener, sink)
        let client = try Client(path: path)
        client.send(Self.chunk("one", ["a"]) + Array("GET / HTTP/1.1\r\n\r\n".utf8))
        client.waitForEnd()
        let other = try Client(path: path)
        other.send(Array(Self.chunk(nil, ["b", "c"]).dropLast()))
        other.finish()
        other.waitForEnd()
        listener.stop()
        try run.wait()
        #expect(sink.texts == ["{a}"])
        let counts = listener.statistics
        #expect(counts.refusals == 1 && counts.incompleteMessages == 1)
        #expect(run.reports == [ForwardFault.notForward.description])
    }

    @Test func `unfinished messages take no more than their room, of all and of one user`() throws {
        let room = ForwardRoom(limit: 1000, trustedUsers: [0])
        let shared = ForwardConversation.Shared(limits: .init(), room: room)
        var sink = CountedSink(RecordingSink(), source: .forward)
        let part = [0xdb, 0, 1, 0, 0] + [UInt8](repeating: 0, count: 295)
        func begin(_ user: UInt32?) throws -> ForwardConversation {
            let conversation = ForwardConversation(shared, user: user)
            try conversation.receive(part.span, into: &sink)
            return conversation
        }
        let first = try begin(7)
        #expect(first.refusal == nil)
        // One user has half.
        #expect(try begin(7).refusal?.reason == ForwardFault.noRoom.description)
        let second = try begin(8)
        #expect(second.refusal == nil)
        let third = try begin(0)
        #expect(third.refusal == nil)
        #expect(try begin(0).refusal != nil)
        first.finish(into: &sink)
        #expect(sink.statistics.incompleteMessages == 1)
        var fourth: ForwardConversation? = try begin(0)
        #expect(fourth?.refusal == nil)
        fourth = nil
        #expect(fourth == nil)
        #expect(try begin(9).refusal == nil)
    }

    @Test func `a chunk that is sent again is stored once, after a kill in the middle of it, too`() throws {
        let state = try TemporaryFolder()
        let names = (0..<10).map { "r\($0)" }
        var texts: [String] = []
        for life in 0..<3 {
            let spool = try Spool(directory: state.path)
            let listener = try ForwardListener(path: path)
            // The first life ends before the chunk does, and nothing is acknowledged.
            let sink: any AcknowledgingSink = life == 0 ? FailingSink(spool, afterAppends: 4) : spool
            let run = ListenerRun(listener, sink)
            let client = try Client(path: path)
            client.send(Self.chunk("c", names) + Self.chunk("c", names))
            let answers = Self.answer("c") + Self.answer("c")
            #expect(client.read(answers.count) == (life == 0 ? [] : answers))
            listener.stop()
            if life == 0 {
                #expect(throws: FailingSink.Failure.self) { try run.wait() }
            } else {
                try run.wait()
                #expect(listener.statistics.repeatedMessages == life)
            }
            spool.close()
            texts = try Spool(directory: state.path).texts()
            #expect(texts.count == (life == 0 ? 4 : 10))
        }
        #expect(texts == names.map { "{\($0)}" })
    }
}

/// A spool that fails after so many appends.
private final class FailingSink: AcknowledgingSink {
    struct Failure: Error {}

    private let spool: Spool
    private let left: Mutex<Int>

    init(_ spool: Spool, afterAppends count: Int) {
        self.spool = spool
        left = Mutex(count)
    }

    func append(_ line: Span<UInt8>, source: Source, flags: FrameFlags, origin: FrameOrigin) throws -> UInt64 {
        try left.withLock {
            if $0 == 0 { throw Failure() }
            $0 -= 1
        }
        return try spool.append(line, source: source, flags: flags, origin: origin)
    }

    var durableSequence: UInt64 { spool.durableSequence }
    func lastOrdinal(of session: UInt64) -> UInt64? { spool.lastOrdinal(of: session) }
    func onDurable(_ body: @escaping @Sendable () -> Void) { spool.onDurable(body) }
}

extension Spool {
    /// All that is in it.
    fileprivate func texts() throws -> [String] {
        var reader = makeReader(from: 1)
        var batch = FrameBatch()
        _ = try reader.read(into: &batch, maximumFrames: 1000, maximumBytes: 1 << 20)
        return batch.frames.map { String(decoding: batch.bytes(of: $0), as: UTF8.self) }
    }
}
