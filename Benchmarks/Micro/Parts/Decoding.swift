import Decoding
import RiskModel
import Settings

/// Native lines to events.
struct DecodeNative: Part {
    static let name = "decode, native"
    private var run: DecoderRun

    init(_ workload: Workload) { run = DecoderRun(workload.frames, mappings: []) }

    mutating func step(_ batch: Int) { run.step(batch) }
}

/// Lines of the Elastic Common Schema to events, by the mappings that ship.
struct DecodeMapped: Part {
    static let name = "decode, mapped from ECS"
    private var run: DecoderRun

    init(_ workload: Workload) {
        let events = Workload.decoded(workload.frames)
        let lines = events.flatMap { batch in batch.events.map { ecsLine(of: $0, in: batch) } }
        run = DecoderRun(Workload.batched(lines), mappings: EmbeddedMapping.all.map(\.mapping))
    }

    mutating func step(_ batch: Int) { run.step(batch) }
}

/// Lines that end in the middle, to the quarantine.
struct DecodeRefused: Part {
    static let name = "decode, refused"
    private var run: DecoderRun

    init(_ workload: Workload) {
        let cut = workload.lines { line, _ in Array(line.prefix(line.count / 2)) }
        run = DecoderRun(Workload.batched(cut), mappings: EmbeddedMapping.all.map(\.mapping), areEvents: false)
    }

    mutating func step(_ batch: Int) { run.step(batch) }
}

private struct DecoderRun {
    private let frames: [FrameBatch]
    private let areEvents: Bool
    private var decoder: EventDecoder
    private var output = EventBatch()

    init(_ frames: [FrameBatch], mappings: [Mapping], areEvents: Bool = true) {
        self.frames = frames
        self.areEvents = areEvents
        decoder = EventDecoder(mappings: mappings)
    }

    mutating func step(_ batch: Int) {
        output.removeAll()
        decoder.decode(frames[batch], frames: frames[batch].frames.indices, into: &output)
        precondition((areEvents ? output.events.count : output.rejections.count) == Workload.batchSize)
    }
}

/// A login as an Elastic agent would ship it, from where and by whom the event was.
private func ecsLine(of event: Event, in batch: EventBatch) -> [UInt8] {
    let address = event.hasAddress ? event.address : IPAddress(v4: 0xc633_6401)
    let account = event.account.isEmpty ? "nobody" : batch.string(event.account)
    let agent = event.userAgent.isEmpty ? "ExampleApp/4.11" : batch.string(event.userAgent)
    return Array(#"{"@timestamp":"\#(event.time)","ecs":{"version":"8.11.0"},"#.utf8)
        + Array(#""event":{"category":["authentication"],"type":["start"],"#.utf8)
        + Array(#""outcome":"success","dataset":"app.auth"},"#.utf8)
        + Array(#""host":{"name":"web-1"},"log":{"level":"info"},"#.utf8)
        + Array(#""source":{"ip":"\#(address)","port":50123},"user":{"name":"\#(account)"},"#.utf8)
        + Array(#""user_agent":{"original":"\#(agent)"},"message":"accepted"}"#.utf8)
}
