import Decoding
import Foundation
import RiskModel
import Settings
import Testing

/// A folder of `Mappings`: lines, and what each must become.
struct MappingScenario: CustomTestStringConvertible, Sendable {
    let name: String

    static let all = ["access_log", "ecs", "ocsf", "own", "sshd", "system_log"].map { MappingScenario(name: $0) }

    var testDescription: String { name }

    func file(_ name: String) throws -> [[UInt8]] {
        let path = Bundle.module.resourcePath.map { "\($0)/Mappings/\(self.name)/\(name)" }
        let data = try Data(contentsOf: URL(fileURLWithPath: #require(path)))
        return data.split(separator: UInt8(ascii: "\n")).map { Array($0) }
    }

    /// Those that ship, and in front of them the folder's own.
    func mappings() throws -> [Mapping] {
        let shipped = EmbeddedMapping.all.map(\.mapping)
        guard let lines = try? file("mapping.yaml") else { return shipped }
        let yaml = String(decoding: Array(lines.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self)
        return [try Mapping.parse(yaml: yaml, file: "mapping.yaml")] + shipped
    }
}

@Suite struct MappingScenarioTests {
    /// Lines are received at this time.
    static let received = Timestamp(seconds: 1_795_255_200)  // 2026-11-21T10:00:00Z

    @Test(arguments: MappingScenario.all)
    func `each line becomes what is expected of it`(_ scenario: MappingScenario) throws {
        let lines = try scenario.file("input.log")
        let expected = try scenario.file("expected.ndjson")
        try #require(lines.count == expected.count)
        var decoder = EventDecoder(attributes: ["method", "plan"], mappings: try scenario.mappings())
        for (index, line) in lines.enumerated() {
            let found = outcome(of: line, &decoder)
            #expect(found == (try object(expected[index])), "line \(index + 1): \(found)")
        }
    }

    @Test(arguments: MappingScenario.all)
    func `a batch has the events, and every other line is refused or passed over`(_ scenario: MappingScenario) throws {
        let lines = try scenario.file("input.log")
        var batch = FrameBatch()
        for (index, line) in lines.enumerated() {
            batch.append(line.span, seq: UInt64(index + 1), source: .follow, flags: [], received: Self.received)
        }
        var decoder = EventDecoder(mappings: try scenario.mappings())
        var output = EventBatch()
        decoder.decode(batch, frames: batch.frames.indices, into: &output)
        let expected = try scenario.file("expected.ndjson").map(object)
        let places = expected.indices.map { UInt64($0 + 1) }
        #expect(output.events.map(\.seq) == places.filter { expected[Int($0 - 1)]["ts"] != nil })
        #expect(output.rejections.map(\.seq) == places.filter { expected[Int($0 - 1)]["rejected"] != nil })
        for rejection in output.rejections where rejection.isComplete {
            #expect(rejection.bytes == lines[Int(rejection.seq - 1)])
        }
    }

    /// The event as an object of the native format, `{"ignored": MAPPING}`, or `{"rejected": REASON, …}`.
    private func outcome(of line: [UInt8], _ decoder: inout EventDecoder) -> NSDictionary {
        var text: [UInt8] = []
        let frame = Frame(
            seq: 1, offset: 0, count: line.count, source: .stream, flags: [], received: Self.received)
        switch decoder.read(frame, line.span, text: &text) {
        case .native(let event), .wrapped(let event): return describe(event, text)
        case .mapped(let event, let mapping):
            let object = describe(event, text)
            object["mapping"] = mapping
            return object
        case .ignored(let mapping): return ["ignored": mapping]
        case .refused(let rejection):
            var object = ["rejected": rejection.reason.rawValue]
            if !rejection.field.isEmpty { object["field"] = rejection.field }
            if !rejection.mapping.isEmpty { object["mapping"] = rejection.mapping }
            if !rejection.isComplete { object["cut"] = "true" }
            return object as NSDictionary
        }
    }

    /// What is in the event itself, not in the line that a mapping made.
    private func describe(_ event: Event, _ text: [UInt8]) -> NSMutableDictionary {
        let object: NSMutableDictionary = ["ts": "\(event.time)", "type": event.type.name]
        func add(_ key: String, _ slice: TextSlice) {
            if !slice.isEmpty { object[key] = String(decoding: text[slice.range], as: UTF8.self) }
        }
        if event.outcome != .unknown { object["outcome"] = event.outcome.name }
        if event.hasAddress { object["ip"] = "\(event.address)" }
        if event.severity > 0 { object["severity"] = "\(event.severity)" }
        add("account", event.account)
        add("id", event.id)
        add("device", event.device)
        add("email", event.email)
        add("card", event.card)
        add("session", event.session)
        add("username", event.username)
        add("user_agent", event.userAgent)
        add("method", event.attributes[0])
        add("plan", event.attributes[1])
        return object
    }

    private func object(_ line: [UInt8]) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(line)) as? NSDictionary)
    }
}
