import RiskModel
import Testing

@Suite struct RuleTests {
    @Test(arguments: [
        (-5.0, 0.0), (0, 0), (3, 0), (3.5, 0.0625), (4, 0.125), (7, 0.5), (11, 1), (12, 1), (1e9, 1),
    ])
    func `a ramp is silent up to allow and 1 from saturate on`(count: Double, strength: Double) {
        #expect(Ramp(allow: 3, saturate: 11).strength(count) == strength)
    }

    @Test func `a ramp without a slope is a step`() {
        let ramp = Ramp(allow: 3, saturate: 3)
        #expect(ramp.strength(3) == 0 && ramp.strength(3.1) == 1)
    }

    @Test func `a condition holds for its types and outcomes, an empty one for all`() {
        for type in EventType.allCases {
            for outcome in Outcome.allCases {
                var event = Event()
                event.type = type
                event.outcome = outcome
                #expect(Condition().holds(for: event))
                let condition = Condition(types: [.login, .message], outcomes: [.failure])
                #expect(condition.holds(for: event) == ([.login, .message].contains(type) && outcome == .failure))
            }
            #expect(Condition(types: [type]).onlyType == type)
        }
        #expect(Condition().onlyType == nil && Condition(types: [.login, .logout]).onlyType == nil)
    }

    @Test func `an account's number gives back its parts`() {
        for (partition, generation, slot) in [(0, UInt32(0), 0), (63, 0xff_ffff, 0xffff_fffe), (5, 77, 1 << 20)] {
            let ref = AccountRef(partition: partition, generation: generation, slot: slot)
            #expect(ref.partition == partition && ref.generation == generation && ref.slot == slot)
            #expect(ref != .none && AccountRef(rawValue: ref.rawValue) == ref)
        }
    }

    @Test func `batches that are joined keep each event's texts`() {
        func batch(_ names: [String]) -> EventBatch {
            var batch = EventBatch()
            for (i, name) in names.enumerated() {
                func slice(_ text: String) -> TextSlice {
                    defer { batch.text += Array(text.utf8) }
                    return TextSlice(offset: UInt32(batch.text.count), count: UInt32(text.utf8.count))
                }
                var event = Event()
                event.seq = UInt64(i)
                event.account = slice(name)
                event.device = slice(name + "/device")
                event.email = slice(name + "/email")
                event.phone = slice(name + "/phone")
                event.card = slice(name + "/card")
                event.apiKey = slice(name + "/key")
                event.session = slice(name + "/session")
                event.username = slice(name + "/username")
                event.userAgent = slice(name + "/agent")
                event.language = slice(name + "/language")
                event.id = slice(name + "/id")
                batch.events.append(event)
            }
            return batch
        }
        var joined = batch(["a", "bb"])
        joined.append(batch(["ccc", ""]))
        for (event, name) in zip(joined.events, ["a", "bb", "ccc", ""]) {
            #expect(joined.string(event.account) == name)
            let texts = [
                (event.device, "device"), (event.email, "email"), (event.phone, "phone"), (event.card, "card"),
                (event.apiKey, "key"), (event.session, "session"), (event.username, "username"),
                (event.userAgent, "agent"), (event.language, "language"), (event.id, "id"),
            ]
            for (slice, text) in texts { #expect(joined.string(slice) == name + "/" + text) }
        }
    }
}
