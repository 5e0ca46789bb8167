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
                // A verdict is for rules that ask for it.
                #expect((Condition().kinds & event.kind != 0) == (type != .verdict))
                let condition = Condition(types: [.login, .message], outcomes: [.failure])
                let counts = [.login, .message].contains(type) && outcome == .failure
                #expect((condition.kinds & event.kind != 0) == counts)
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

    @Test func `an event has as many texts as it says`() {
        var count = 0
        var event = Event()
        event.mapTexts { slice in
            count += 1
            return slice
        }
        #expect(count == Event.textCount)
    }

    @Test func `what a rule's evidence rests on follows from its kind, its key and its family`() {
        let span = Interval(seconds: 60)
        let ramp = Ramp(allow: 0, saturate: 1)
        func basis(_ kind: RuleKind, _ family: Family = .behaviour) -> Basis {
            Rule(
                id: "a", heuristic: "a", family: family, kind: kind, condition: Condition(), weight: 1, halfLife: span,
                reason: "a"
            ).basis
        }
        func rate(_ key: Field, _ family: Family = .behaviour) -> Basis {
            basis(.rate(RateParameters(key: key, window: span, ramp: ramp)), family)
        }
        for field in [Field.ip, .prefix, .prefix48, .asn] { #expect(rate(field) == .address) }
        for field in [Field.email, .mailbox, .emailDomain, .phone, .phonePrefix] { #expect(rate(field) == .contact) }
        for field in [Field.card, .cardBin] { #expect(rate(field) == .card) }
        for field in [Field.nameTemplate, .userAgent, .username] { #expect(rate(field) == .pattern) }
        #expect(rate(.device) == .device && rate(.apiKey) == .apiKey)
        let own: [(Family, Basis)] = [
            (.network, .address), (.geography, .place), (.device, .device), (.identity, .contact), (.payment, .card),
            (.behaviour, .conduct), (.policy, .conduct),
        ]
        for (family, expected) in own { #expect(rate(.account, family) == expected) }
        #expect(
            basis(.association(AssociationParameters(ties: [.device], window: span, ramp: ramp)), .device) == .tie)
        #expect(
            basis(.likeness(LikenessParameters(key: .ip, window: span, minimumBits: 1, ramp: ramp)), .network)
                == .pattern)
        let said = Rule(
            id: "a", heuristic: "a", family: .network, kind: .rate(RateParameters(key: .ip, window: span, ramp: ramp)),
            condition: Condition(), weight: 1, halfLife: span, reason: "a", basis: .conduct)
        #expect(said.basis == .conduct)
    }

    @Test func `the fields of attributes are as many as there are slots`() {
        for slot in 0..<Event.attributeSlots {
            #expect(Field(attributeSlot: slot)?.attributeSlot == slot)
        }
        #expect(Field(attributeSlot: -1) == nil && Field(attributeSlot: Event.attributeSlots) == nil)
        #expect(Field.named.count + Event.attributeSlots == Field.allCases.count)
        #expect(Set(Field.named.map(\.name)).count == Field.named.count)
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
                event.cardBin = slice(name + "/bin")
                event.mailbox = slice(name + "/mailbox")
                event.nameTemplate = slice(name + "/template")
                event.verdict = slice(name + "/verdict")
                event.emailDomain = slice(name + "/domain")
                event.phonePrefix = slice(name + "/prefix")
                event.spelling = slice(name + "/spelling")
                for i in event.attributes.indices { event.attributes[i] = slice(name + "/attribute\(i)") }
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
                (event.cardBin, "bin"), (event.mailbox, "mailbox"), (event.nameTemplate, "template"),
                (event.emailDomain, "domain"), (event.phonePrefix, "prefix"), (event.spelling, "spelling"),
                (event.verdict, "verdict"), (event.attributes[0], "attribute0"), (event.attributes[7], "attribute7"),
            ]
            for (slice, text) in texts { #expect(joined.string(slice) == name + "/" + text) }
        }
    }
}
