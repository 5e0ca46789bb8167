import Dispatch
import Glibc
import RiskModel
@testable import Spool
import Testing

struct SpoolTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [1, 7, 10_000])
    func `frames come back as they were appended, in pieces of any size`(frames: Int) throws {
        let spool = try Spool(directory: folder.path)
        let records =
            Record.several(300) + [
                Record(
                    sequence: 301, bytes: [UInt8](repeating: 7, count: Frame.maximumBytes), source: .file,
                    flags: .oversized)
            ]
        try spool.append(records)
        spool.settle()
        #expect(try spool.records(frames: frames) == records)
        #expect(try spool.records(from: 250, frames: frames, bytes: 100) == Array(records[249...]))
        #expect(try spool.records(frames: frames, notAfter: 123) == Array(records[..<123]))
        #expect(try spool.records(from: 302, frames: frames).isEmpty)
    }

    @Test
    func `a reader goes on where frames are added`() throws {
        let spool = try Spool(directory: folder.path)
        let records = Record.several(60)
        var reader = spool.makeReader(from: 1)
        var batch = FrameBatch()
        for part in 0..<6 {
            try spool.append(records[part * 10..<part * 10 + 10])
            spool.settle()
            #expect(try reader.read(into: &batch, maximumFrames: 100, maximumBytes: .max) == 10)
            #expect(try reader.read(into: &batch, maximumFrames: 100, maximumBytes: .max) == 0)
        }
        #expect(batch.frames.map(\.seq) == Array(1...60))
        #expect(batch.frames.map { Array(batch.bytes(of: $0)) } == records.map(\.bytes))
    }

    @Test
    func `many threads append, and each keeps its order`() throws {
        let spool = try Spool(directory: folder.path)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for i in 0..<200 {
                _ = try? spool.append([UInt8(thread), UInt8(i)].span, source: .stream, flags: [], origin: .none)
            }
        }
        spool.settle()
        let records = try spool.records(frames: 1000)
        #expect(records.map(\.sequence) == Array(1...1600))
        for thread in 0..<8 {
            #expect(records.filter { $0.bytes[0] == UInt8(thread) }.map { Int($0.bytes[1]) } == Array(0..<200))
        }
    }

    @Test(arguments: [0, Frame.maximumBytes + 1])
    func `a frame of a length that cannot be is refused`(count: Int) throws {
        let spool = try Spool(directory: folder.path)
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(throws: SpoolError.frameLength(count)) {
            try spool.append(bytes.span, source: .file, flags: [], origin: .none)
        }
    }

    @Test
    func `a second opening is refused by name`() throws {
        let spool = try Spool(directory: folder.path)
        let error = #expect(throws: SpoolError.self) { _ = try Spool(directory: folder.path) }
        #expect(error?.description.contains("is in use by") == true)
        #expect(error?.description.contains("process \(getpid());") == true)
        spool.close()
        try Spool(directory: folder.path).close()
    }

    @Test
    func `a directory that is not there is made, and one without a parent is refused`() throws {
        let path = "\(folder.path)/events"
        try Spool(directory: path).close()
        unlink("\(path)/lock")
        #expect(rmdir(path) == 0)
        #expect(throws: SpoolError.system(call: "mkdir", path: "\(path)/spool", errno: ENOENT)) {
            _ = try Spool(directory: "\(path)/spool")
        }
    }

    @Test
    func `close commits what is pending and ends appends, waits and the lock`() throws {
        let spool = try Spool(directory: folder.path)
        let records = Record.several(50)
        try spool.append(records)
        spool.close()
        spool.close()
        #expect(spool.durableSequence == 50)
        #expect(throws: SpoolError.closed) { try spool.append(records[0]) }
        #expect(spool.waitForSequence(after: 50, timeoutMilliseconds: 60_000) == 50)
        #expect(try Spool(directory: folder.path).records() == records)
    }

    @Test
    func `a wait ends with its time`() throws {
        let spool = try Spool(directory: folder.path)
        #expect(spool.waitForSequence(after: 0, timeoutMilliseconds: 1) == 0)
    }

    @Test
    func `segments roll, and are named for their first frame`() throws {
        var limits = Spool.Limits()
        limits.segmentBytes = 500
        let records = Record.several(100)
        let spool = try Spool(directory: folder.path, limits: limits)
        try spool.append(records)
        spool.settle()
        // As the specification says: a segment ends with the frame that reaches the limit.
        var firsts: [UInt64] = []
        var size = Int.max / 2
        for record in records {
            if size >= 500 {
                firsts.append(record.sequence)
                size = 36
            }
            size += record.storedBytes
        }
        #expect(folder.segments.count == firsts.count)
        #expect(folder.segments == firsts.map { Segment.name(first: $0) })
        #expect(try spool.records() == records)
        #expect(try spool.records(from: 50) == Array(records[49...]))
        spool.close()
        #expect(try Spool(directory: folder.path, limits: limits).records() == records)
    }

    @Test
    func `after each commit all hooks are called, until the close`() throws {
        let spool = try Spool(directory: folder.path)
        let hooks = (0..<2).map { _ in DispatchSemaphore(value: 0) }
        for hook in hooks { spool.onDurable { hook.signal() } }
        for part in 0..<3 {
            try spool.append(Record.several(4, from: UInt64(4 * part + 1)))
            for hook in hooks { repeat { hook.wait() } while spool.durableSequence < UInt64(4 * part + 4) }
        }
        weak var held: Held?
        do {
            let value = Held()
            held = value
            spool.onDurable { _ = value }
        }
        #expect(held != nil)
        spool.close()
        #expect(held == nil)
    }

    private final class Held: Sendable {}

    @Test
    func `a segment that is done has given back what it had reserved`() throws {
        var limits = Spool.Limits()
        limits.segmentBytes = 1 << 20
        let spool = try Spool(directory: folder.path, limits: limits)
        try spool.append(Record.several(60, maximumBytes: Frame.maximumBytes))
        spool.close()
        #expect(folder.segments.count >= 2)
        for name in folder.segments {
            var status = stat()
            try #require(stat("\(folder.path)/\(name)", &status) == 0)
            #expect(Int(status.st_blocks) * 512 <= Int(status.st_size) + 64 * 1024)
        }
    }

    @Test
    func `numbers continue after what the store has applied`() throws {
        try Spool(directory: folder.path).close()
        let spool = try Spool(directory: folder.path, applied: 1000)
        let records = Record.several(5, from: 1001)
        try spool.append(records)
        spool.close()
        #expect(try Spool(directory: folder.path, applied: 1003).records(from: 1001) == records)
    }
}
