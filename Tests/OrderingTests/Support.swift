import RiskModel
import TestSupport

@testable import Ordering

/// A frame and the event in it, as far as the order of events depends on them.
struct Line: Equatable {
    var seq: UInt64
    /// Microseconds; of a pause of no meaning.
    var time: Int64
    /// When it was received, in microseconds; `nil` where that is not known.
    var received: Int64?
    var id = ""
    var source = Source.stream
    /// Whether it is a line that is no event.
    var isRejected = false

    var bytes: [UInt8] { Array("line \(seq) \(time)".utf8) }
    /// Tells an event from all others, and has another length than its neighbours.
    var account: String { "account-" + String(repeating: "x", count: Int(seq % 7)) + "\(time)" }
}

/// What left: an event with its place in the order, or a line for the quarantine.
struct Left: Equatable, CustomStringConvertible {
    var account: String
    var id: String
    var time: Int64
    var order: UInt64
    var watermark: Int64

    var description: String { "\(order): \(time) at \(watermark) \(id)" }
}

struct Outcome: Equatable {
    var left: [Left] = []
    /// By `seq`, in the order in which they were given out.
    var rejected: [UInt64] = []
    var statistics = Sequencer.Statistics()
    var sources: [Source: SourceCounts] = [:]
}

extension Sequencer {
    /// Takes lines as one batch; events are added to what `ready` has.
    mutating func take(_ lines: ArraySlice<Line>, into ready: inout EventBatch) {
        var frames = FrameBatch()
        // What came before in the same batch of frames.
        frames.append([9].span, seq: 0, source: .stream, flags: [])
        var arrived = EventBatch()
        for line in lines {
            let received = line.received.map(Timestamp.init(microseconds:)) ?? .latest
            frames.append(line.bytes.span, seq: line.seq, source: line.source, flags: [], received: received)
            if line.source == .pause { continue }
            if line.isRejected {
                arrived.rejections.append(
                    Rejection(
                        seq: line.seq, source: line.source, reason: .invalidJSON, position: 0, bytes: line.bytes))
                continue
            }
            var event = Event()
            event.seq = line.seq
            event.time = Timestamp(microseconds: line.time)
            event.source = line.source
            event.account = TextSlice(offset: 0, count: UInt32(line.account.utf8.count))
            if !line.id.isEmpty {
                event.id = TextSlice(offset: event.account.count, count: UInt32(line.id.utf8.count))
            }
            arrived.append(event, textsIn: Array((line.account + line.id).utf8).span)
        }
        take(&arrived, of: frames, range: 1..<frames.frames.count, into: &ready)
    }
}

extension Outcome {
    /// Adds what `ready` has, and empties it.
    mutating func add(_ ready: inout EventBatch) {
        for event in ready.events {
            left.append(
                Left(
                    account: ready.string(event.account), id: ready.string(event.id), time: event.time.microseconds,
                    order: event.order, watermark: event.watermark.microseconds))
        }
        for rejection in ready.rejections {
            let line = String(decoding: rejection.bytes, as: UTF8.self)
            precondition(line.hasPrefix("line \(rejection.seq) "), "a rejection has its own line")
            rejected.append(rejection.seq)
        }
        ready.removeAll()
    }

    /// What becomes of lines that come in batches of the sizes that `cut` gives.
    init(
        of lines: [Line], limits: Sequencer.Limits, finishes: Bool = true, cut: () -> Int = { .max },
        between: (inout Sequencer) -> Void = { _ in }
    ) {
        var sequencer = Sequencer(limits: limits, hashSeed: 7)
        var ready = EventBatch()
        var next = 0
        while next < lines.count {
            let end = next + min(max(0, cut()), lines.count - next)
            sequencer.take(lines[next..<end], into: &ready)
            // Every other batch is added to one that has not been taken away yet.
            if next % 2 == 0 { add(&ready) }
            next = end
            between(&sequencer)
        }
        if finishes { sequencer.finish(into: &ready) }
        add(&ready)
        statistics = sequencer.statistics
        sources = sequencer.takeSourceCounts()
    }
}

extension Sequencer.Limits {
    static let seconds: Int64 = 1_000_000

    /// Limits in seconds that do not come into play unless they are given.
    static func test(
        lateness: Int64 = 0, tolerance: Int64 = 600, ids: Int = 1_000, span: Int64 = 86_400, events: Int = 100_000,
        bytes: Int = 1 << 30
    ) -> Sequencer.Limits {
        Sequencer.Limits(
            lateness: Interval(seconds: lateness), futureTolerance: Interval(seconds: tolerance), duplicateCount: ids,
            duplicateSpan: Interval(seconds: span), heldEvents: events, heldBytes: bytes)
    }
}

/// Lines of a service with everything that can be wrong: jitter, late senders, sent again, a sender with a wrong clock,
/// pauses, and a wall clock that jumps.
func randomLines(_ count: Int, _ random: inout SeededGenerator) -> [Line] {
    var now: Int64 = 1_700_000_000
    var clock: Int64 = 0
    var lines: [Line] = []
    for seq in 1...UInt64(count) {
        now += Int64.random(in: 0...3, using: &random)
        if Int.random(in: 0..<200, using: &random) == 0 { now += .random(in: 0...5_000, using: &random) }
        if Int.random(in: 0..<300, using: &random) == 0 { clock = .random(in: -100_000...100_000, using: &random) }
        if Int.random(in: 0..<300, using: &random) == 0 { clock = 0 }
        let time: Int64 =
            switch Int.random(in: 0..<20, using: &random) {
            case 0: now + .random(in: 500...2_000, using: &random)
            case 1: now + .random(in: 100_000...900_000_000, using: &random)
            case 2...4: now - .random(in: 0...200, using: &random)
            default: now - .random(in: 0...10, using: &random)
            }
        var line = Line(
            seq: seq, time: time * 1_000_000 + Int64(seq % 3), received: (now + clock) * 1_000_000,
            source: random.pick([.stream, .stream, .file, .quarantine]))
        if Int.random(in: 0..<3, using: &random) > 0 {
            line.id = "id-\(Int.random(in: Int(seq) - 60...Int(seq), using: &random))"
        }
        if Int.random(in: 0..<60, using: &random) == 0 { line.source = .pause }
        if Int.random(in: 0..<40, using: &random) == 0 { line.isRejected = true }
        if Int.random(in: 0..<90, using: &random) == 0 { line.received = nil }
        lines.append(line)
    }
    return lines
}
