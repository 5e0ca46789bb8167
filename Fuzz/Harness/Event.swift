import Decoding
import Foundation
import RiskModel

/// A line to an event or a rejection.
///
/// What is accepted, Foundation reads too, and finds the same account and type in it; it stays the same event among other
/// lines and with space around it. What is refused keeps its length, and its fault lies in it.
@Sendable func fuzzEvent(_ line: [UInt8]) {
    guard !line.isEmpty, line.count <= Frame.maximumBytes else { return }
    let output = decode([line])
    check(output.events.count + output.rejections.count == 1, "one line, one outcome")
    if let rejection = output.rejections.first {
        check(output.text.isEmpty, "a rejection left texts behind")
        check((0...line.count).contains(rejection.position), "a fault outside the line")
        check(rejection.bytes.count == min(line.count, Frame.keptOfOversized), "a rejection of another length")
    }
    if let event = output.events.first {
        compareWithFoundation(event, output, line)
        event.forEachText { slice in
            check(slice.range.upperBound <= output.text.count, "a text outside the arena")
            let text = output.text[slice.range]
            check(!text.contains(0), "a text with U+0000")
            check(String(validating: text, as: UTF8.self) != nil, "a text that is not UTF-8")
        }
    }
    checkVerdict(line)
    let other = Array(#"{"ts":1,"type":"message","account":"\u0061\n","card":"4111111111111111"}"#.utf8)
    let among = decode([other, line, [0x20] + line + [0x09], other])
    check(among.rejections.count == 2 + 2 * output.rejections.count, "another outcome among other lines")
    if let event = output.events.first {
        for twin in among.events { check(describe(twin, among) == describe(event, output), "another event") }
    }
}

/// As an analyst's word the line is one, or it is refused; as anything else it is none.
private func checkVerdict(_ line: [UInt8]) {
    let output = decode([line], source: .verdict)
    check(output.events.count + output.rejections.count == 1, "one verdict, one outcome")
    guard let event = output.events.first else { return }
    check(event.type == .verdict, "an analyst who logs in")
    let packed = output.string(event.verdict)
    guard let verdict = Verdict(packed: packed) else { fatalError("a verdict that cannot be read") }
    check(verdict.packed == packed, "another verdict behind its way through the arena")
    check(decode([line]).events.isEmpty, "a verdict from a shipper")
}

private func decode(_ lines: [[UInt8]], source: Source = .stream) -> EventBatch {
    var batch = FrameBatch()
    for line in lines { batch.append(line.span, seq: 7, source: source, flags: []) }
    var decoder = EventDecoder(attributes: ["plan", "b"])
    var output = EventBatch()
    decoder.decode(batch, frames: 0..<lines.count, into: &output)
    return output
}

private func compareWithFoundation(_ event: Event, _ output: EventBatch, _ line: [UInt8]) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
        // Foundation refuses numbers that are no Double, of which there are none without an exponent or many digits.
        let mayOverflow = line.contains { $0 | 0x20 == UInt8(ascii: "e") } || line.count > 300
        return check(mayOverflow, "Foundation refuses what was accepted")
    }
    // Foundation takes the first of a repeated key, the decoder the last.
    for (key, text) in [("type", event.type.name), ("account", output.string(event.account))]
    where occurrences(of: key, in: line) == 1 && !line.contains(UInt8(ascii: "\\")) {
        if let value = object[key] as? String { check(value == text, "another \(key) than Foundation's") }
    }
}

private func occurrences(of key: String, in line: [UInt8]) -> Int {
    let text = String(decoding: line, as: UTF8.self)
    return text.components(separatedBy: "\"\(key)\"").count - 1
}

/// The event with its texts in the place of their slices.
private func describe(_ event: Event, _ batch: EventBatch) -> String {
    var texts: [String] = []
    event.forEachText { texts.append(batch.string($0)) }
    var plain = event
    plain.mapTexts { _ in .empty }
    return "\(plain) \(texts)"
}

extension Event {
    fileprivate func forEachText(_ body: (TextSlice) -> Void) {
        var copy = self
        copy.mapTexts { slice in
            body(slice)
            return slice
        }
    }
}
