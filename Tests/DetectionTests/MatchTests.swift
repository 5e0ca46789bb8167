import RiskModel
import TestSupport
import Testing

@testable import Detection

@Suite struct MatchTests {
    private static let parameters = MatchParameters(
        test: .flags(.vpn), window: Interval(seconds: 3_600), gap: Interval(seconds: 60),
        ramp: Ramp(allow: 1, saturate: 5))

    private func observe(_ seconds: [Int64], _ parameters: MatchParameters = Self.parameters) -> [Int?] {
        var state = MatchState()
        return seconds.map { state.observe(at: Timestamp(seconds: 10_000 + $0), parameters: parameters)?.count }
    }

    @Test func `matches within the gap are one attempt, and one attempt is within what is allowed`() {
        #expect(observe([0, 1, 59]) == [nil, nil, nil])
        #expect(observe([0, 60]) == [nil, 2])
        #expect(observe([0, 60, 119, 120]) == [nil, 2, nil, 3])
    }

    @Test func `attempts leave exactly with the window`() {
        #expect(observe([0, 100, 3_599]) == [nil, 2, 3])
        #expect(observe([0, 100, 3_600]) == [nil, 2, 2])
        #expect(observe([0, 100, 3_700]) == [nil, 2, nil])
    }

    @Test func `late matches count in their place, and not before the window`() {
        #expect(observe([1_000, 0]) == [nil, 2])
        #expect(observe([1_000, 941]) == [nil, nil])
        #expect(observe([4_000, 400]) == [nil, nil])
        #expect(observe([4_000, 401]) == [nil, 2])
    }

    @Test func `no more attempts are kept than the ramp asks for, and the latest are kept`() {
        #expect(observe((0..<10).map { $0 * 60 }).last == 5)
        // The late ones make room first, and the others stay until the window has passed them.
        #expect(observe([1_000, 1_100, 1_200, 0, 60, 1_300, 1_360, 3_700]) == [nil, 2, 3, 4, 5, 5, 5, 5])
    }

    @Test(arguments: 1...10) func `attempts agree with a list of all matches`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var parameters = Self.parameters
        parameters.ramp = Ramp(allow: 0, saturate: 1_000)
        var state = MatchState()
        var accepted: [Int64] = []
        var newest: Int64 = 0
        var now: Int64 = 10_000
        for _ in 0..<400 {
            now += Int64.random(in: 0...150, using: &random)
            let time =
                Int.random(in: 0..<4, using: &random) == 0 ? now - Int64.random(in: 0...4_000, using: &random) : now
            newest = max(newest, time)
            var expected: Int?
            if time > newest - 3_600, accepted.allSatisfy({ $0 <= newest - 3_600 || abs($0 - time) >= 60 }) {
                accepted.append(time)
                expected = accepted.count { $0 > newest - 3_600 }
            }
            let found = state.observe(at: Timestamp(seconds: time), parameters: parameters)
            #expect(found?.count == expected)
        }
    }

    // MARK: - In the fold

    private func labels(_ kind: RuleKind, field: Field, _ fact: Fact) -> [Evidence] {
        let rules = CompiledRules([.of(kind)]) { $0 == "listed" ? ListBinding(bit: 63, field: field) : nil }
        var folds = Folds(rules)
        var other = fact
        other.account = "other"
        other.listed = 1
        other.place.flags = .cellular
        folds.run([fact, other])
        #expect(folds.signals.keys.allSatisfy { $0.account == "a" })
        return folds.signals.keys.map(\.evidence)
    }

    @Test func `a list names what of the event stands in it, and of a contact only the public part`() {
        let parameters = MatchParameters(
            test: .list("listed"), window: Interval(seconds: 60), gap: .zero, ramp: Ramp(allow: 0, saturate: 1))
        let fact = Fact(
            seconds: 1_000, account: "a", ip: "192.0.2.1", email: "someone@example.org", place: Place(.london),
            listed: 1 << 63)
        #expect(labels(.match(parameters), field: .email, fact) == [.match(value: "example.org", count: 1)])
        #expect(labels(.match(parameters), field: .ip, fact) == [.match(value: "192.0.2.1", count: 1)])
        #expect(labels(.match(parameters), field: .asn, fact) == [.match(value: "AS64500", count: 1)])
        #expect(labels(.match(parameters), field: .country, fact) == [.match(value: "GB", count: 1)])
    }

    @Test func `flags are named by their words`() {
        let parameters = MatchParameters(
            test: .flags([.publicProxy, .tor, .vpn]), window: Interval(seconds: 60), gap: .zero,
            ramp: Ramp(allow: 0, saturate: 1))
        let fact = Fact(seconds: 1_000, account: "a", place: Place(.london, flags: [.publicProxy, .tor, .hosting]))
        #expect(labels(.match(parameters), field: .ip, fact) == [.match(value: "public proxy, tor", count: 1)])
    }

    @Test func `fields that disagree are named both, and one that is absent disagrees with nothing`() {
        func said(_ one: Field, _ other: Field, _ fact: Fact) -> [Evidence] {
            let parameters = MatchParameters(
                test: .differ(one, other), window: Interval(seconds: 60), gap: .zero, ramp: Ramp(allow: 0, saturate: 1))
            var folds = Folds(CompiledRules([.of(.match(parameters))]))
            folds.run([fact])
            return folds.said().map(\.evidence)
        }
        let fact = Fact(
            seconds: 1_000, account: "a", device: "one", cardCountry: "AT", username: "two", place: Place(.london))
        #expect(said(.cardCountry, .country, fact) == [.match(value: "card of AT, used from GB", count: 1)])
        #expect(said(.device, .username, fact) == [.match(value: "device one, username two", count: 1)])
        var same = fact
        same.cardCountry = "GB"
        same.username = "one"
        #expect(said(.cardCountry, .country, same).isEmpty && said(.device, .username, same).isEmpty)
        // A beginning is not the same.
        same.username = "on"
        #expect(said(.device, .username, same).count == 1)
        var absent = fact
        absent.cardCountry = ""
        absent.username = ""
        #expect(said(.cardCountry, .country, absent).isEmpty && said(.device, .username, absent).isEmpty)
        absent = fact
        absent.place.country = .unknown
        #expect(said(.cardCountry, .country, absent).isEmpty)
        // A text and a number are never compared.
        #expect(said(.device, .country, fact).isEmpty)
    }

    @Test func `every event is named where the condition alone decides`() {
        let parameters = MatchParameters(
            test: .any, window: Interval(seconds: 3_600), gap: Interval(seconds: 10), ramp: Ramp(allow: 1, saturate: 3))
        var folds = Folds(CompiledRules([.of(.match(parameters), Condition(types: [.payment], outcomes: [.failure]))]))
        folds.run(
            (0..<40).map { (number: Int) -> Fact in
                let type: EventType = number % 4 < 2 ? .payment : .login
                let outcome: Outcome = number % 2 == 0 ? .failure : .success
                return Fact(seconds: 10_000 + Int64(number) * 10, type: type, outcome: outcome, account: "a")
            })
        // Every fourth event is a declined payment; the second is the first that counts.
        let seqs: [UInt64] = [5, 9, 13, 17, 21, 25, 29, 33, 37]
        #expect(folds.said().map(\.seq) == seqs)
        #expect(folds.said().map(\.strength) == [0.5, 1, 1, 1, 1, 1, 1, 1, 1])
        #expect(folds.said().first?.evidence == .match(value: "", count: 2))
    }
}
