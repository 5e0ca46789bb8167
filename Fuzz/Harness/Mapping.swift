import Decoding
import RiskModel
import Settings
import Synchronization

/// A mapping file's text. An accepted one can be compiled, and reads lines without a trap.
@Sendable func fuzzMapping(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    checkFaults(text) { () throws(ConfigurationFaults) in
        let mapping = try Mapping.parse(yaml: text, file: "input")
        check(mapping.cases.count <= Mapping.maximumCases, "\(mapping.cases.count) cases")
        var decoder = EventDecoder(mappings: [mapping])
        for line in sampleLines { _ = read(line, &decoder) }
    }
}

/// A line of any format, by the mappings that ship.
///
/// What a mapping makes of it is a native event, and the same one when it comes as a line of its own.
@Sendable func fuzzLine(_ line: [UInt8]) {
    guard !line.isEmpty, line.count <= Frame.maximumBytes else { return }
    let (reading, texts, made) = shipped.withLock { decoder in
        let (reading, texts) = read(line, &decoder)
        return (reading, texts, decoder.nativeLine)
    }
    switch reading {
    case .native: break
    case .wrapped(let event), .mapped(let event, _):
        check(event.type != .verdict, "a verdict from a shipper")
        var plain = EventDecoder(attributes: ["host"])
        let (again, twinTexts) = read(made, &plain)
        guard case .native(let twin) = again else { fatalError("what was made is no native event") }
        check("\(event)" == "\(twin)" && texts == twinTexts, "another event than the line that was made")
    case .ignored: check(texts.isEmpty, "a line that is no event left texts behind")
    case .refused(let rejection):
        check(texts.isEmpty, "a rejection left texts behind")
        check(rejection.bytes.count == min(line.count, Frame.keptOfOversized), "a rejection of another length")
        if rejection.mapping.isEmpty {
            check((0...line.count).contains(rejection.position), "a fault outside the line")
        }
    }
}

/// One for all runs: what a line leaves behind must not matter to the next, and compiling takes long.
private let shipped = Mutex(EventDecoder(attributes: ["host"], mappings: EmbeddedMapping.all.map(\.mapping)))

private let sampleLines = [
    #"{"k":"app","time":"2026-11-21T10:00:00Z","user":{"name":["a","b"]},"msg":"in a \"b\" 1","n":1.5,"x":null}"#,
    "<13>Nov 21 10:00:00 host app[1]: in user=a ip=1.2.3.4",
    "in user=a ip=1.2.3.4",
].map { Array($0.utf8) }

private func read(_ line: [UInt8], _ decoder: inout EventDecoder) -> (LineReading, [UInt8]) {
    var texts: [UInt8] = []
    let frame = Frame(
        seq: 7, offset: 0, count: line.count, source: .stream, flags: [], received: Timestamp(seconds: 1_795_255_200))
    return (decoder.read(frame, line.span, text: &texts), texts)
}
