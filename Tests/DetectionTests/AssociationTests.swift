import RiskModel
import Testing

@testable import Detection

@Suite struct AssociationTests {
    private static func rule(_ ties: [Field], window: Int64 = 30 * 86_400, saturate: Double = 2, id: String = "rule")
        -> Rule
    {
        .of(
            .association(
                AssociationParameters(
                    ties: ties, window: Interval(seconds: window), ramp: Ramp(allow: 0, saturate: saturate))), id: id)
    }

    private static func fact(_ account: String, _ seconds: Int64, device: String = "", card: String = "") -> Fact {
        Fact(seconds: 1_000_000 + seconds, account: account, device: device, card: card)
    }

    /// An analyst's ban, which holds for a thousand seconds; `failure` takes it back.
    private static func ban(_ account: String, _ seconds: Int64, withdrawn: Bool = false) -> Fact {
        Fact(
            seconds: 1_000_000 + seconds, type: .verdict, outcome: withdrawn ? .failure : .unknown, account: account)
    }

    private func run(_ facts: [Fact], _ rules: [Rule] = [Self.rule([.device, .card])]) -> Folds {
        var folds = Folds(CompiledRules(rules))
        folds.run(facts)
        return folds
    }

    @Test func `who uses what a banned account used is told, and by what`() {
        let folds = run([
            Self.fact("banned", 0, device: "d", card: "c"), Self.ban("banned", 10), Self.fact("one", 20, device: "d"),
            Self.fact("both", 20, device: "d", card: "c"), Self.fact("none", 20, device: "e", card: "f"),
            Self.fact("banned", 30, device: "d"),
        ])
        let said = Dictionary(uniqueKeysWithValues: folds.said().map { ($0.account, $0) })
        #expect(said.keys.sorted() == ["both", "one"])
        #expect(said["one"]?.strength == 0.5 && said["both"]?.strength == 1)
        #expect(
            said["one"]?.evidence
                == .pattern(
                    entity: EntityKey(kind: .device, text: "d"), count: 1, traits: ["banned, banned on 1970-01-12"]))
    }

    @Test func `a value of one field is not the same value of another`() {
        let facts = [Self.fact("banned", 0, device: "x"), Self.ban("banned", 10), Self.fact("other", 20, card: "x")]
        #expect(run(facts).signals.isEmpty)
    }

    @Test func `who was there before the ban is told when he comes again`() {
        let folds = run([
            Self.fact("before", 0, device: "d"), Self.fact("banned", 1, device: "d"), Self.ban("banned", 10),
            Self.fact("before", 11), Self.fact("before", 12, device: "d"),
        ])
        #expect(folds.said().map(\.seq) == [5])
    }

    @Test func `nothing is held against anyone when the ban is taken back, or is over`() {
        let start = [Self.fact("banned", 0, device: "d"), Self.ban("banned", 10)]
        #expect(
            run(start + [Self.ban("banned", 20, withdrawn: true), Self.fact("other", 30, device: "d")]).signals.isEmpty)
        #expect(run(start + [Self.fact("other", 1_010, device: "d")]).signals.count == 1)
        #expect(run(start + [Self.fact("other", 1_011, device: "d")]).signals.isEmpty)
        // And when the rule's own window has passed.
        let short = [Self.rule([.device], window: 100)]
        #expect(run(start + [Self.fact("other", 110, device: "d")], short).signals.count == 1)
        #expect(run(start + [Self.fact("other", 111, device: "d")], short).signals.isEmpty)
    }

    @Test func `an account is told once a day`() {
        var folds = Folds(CompiledRules([Self.rule([.device])]))
        folds.run([Self.fact("banned", 0, device: "d")])
        folds.taints.add(
            folds.profile.ties(of: folds.standings[0].account), of: "banned", since: Timestamp(seconds: 1_000_000),
            until: .latest)
        folds.run((0..<96).map { Self.fact("other", 3_600 * Int64($0), device: "d") })
        // A million seconds are eleven days and a half: the first day ends before the first hour of the next.
        #expect(folds.said().count == 5)
    }

    @Test func `every rule that asks for the tie tells it`() {
        let rules = [Self.rule([.device], id: "first"), Self.rule([.device, .card], saturate: 1, id: "second")]
        let folds = run(
            [Self.fact("banned", 0, device: "d"), Self.ban("banned", 10), Self.fact("other", 20, device: "d")], rules)
        #expect(folds.said(by: 0).map(\.strength) == [0.5] && folds.said(by: 1).map(\.strength) == [1])
    }

    @Test func `the latest four things that an account used are kept`() {
        let used = (0..<5).map { Self.fact("banned", Int64($0), device: "d\($0)") } + [Self.ban("banned", 10)]
        for number in 0..<5 {
            let folds = run(used + [Self.fact("other", 20, device: "d\(number)")])
            #expect(folds.signals.count == (number == 0 ? 0 : 1))
        }
        // What is used again is kept for longer.
        let again = Array(used[..<4]) + [Self.fact("banned", 5, device: "d0"), Self.fact("banned", 6, device: "d4")]
        let last = again + [Self.ban("banned", 10)]
        #expect(run(last + [Self.fact("other", 20, device: "d0")]).signals.count == 1)
        #expect(run(last + [Self.fact("other", 20, device: "d1")]).signals.isEmpty)
    }

    @Test func `an attempt that failed ties nobody`() {
        var attempt = Self.fact("other", 20, device: "d")
        attempt.outcome = .failure
        #expect(run([Self.fact("banned", 0, device: "d"), Self.ban("banned", 10), attempt]).signals.isEmpty)
    }

    @Test func `taints are kept up to their limit, and those of the oldest verdicts give way`() throws {
        var taints = Taints()
        for number in 0..<UInt64(4) {
            let first = number * UInt64(Taints.limit) / 4
            taints.add(
                Array(first..<first + UInt64(Taints.limit) / 4), of: "a\(number)",
                since: Timestamp(seconds: Int64(number)),
                until: .latest)
        }
        #expect(taints[0] != nil)
        taints.add([.max], of: "b", since: Timestamp(seconds: 9), until: .latest)
        #expect(taints[0] == nil && taints[.max]?.account == "b" && taints[UInt64(Taints.limit) - 1] != nil)
        taints.remove(of: "a3")
        #expect(taints[UInt64(Taints.limit) - 1] == nil && taints[.max] != nil && !taints.isEmpty)
    }
}
