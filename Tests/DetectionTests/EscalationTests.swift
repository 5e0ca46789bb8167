import RiskModel
import Testing

@testable import Detection

@Suite struct EscalationTests {
    @Test func `only a rise by an eighth of strength tells, and a fall allows the next`() {
        let expected: [(strength: Double, rises: Bool)] = [
            (0, false), (0.01, true), (0.125, false), (0.126, true), (0.2, false), (0.1, false), (0.2, true), (1, true),
            (1, false), (0, false), (0.001, true),
        ]
        var escalation = Escalation()
        for (strength, rises) in expected { #expect(escalation.rises(to: strength) == rises, "\(strength)") }
    }

    @Test func `a member that comes again is told at most once in an eighth of the window`() {
        let window = Interval(seconds: 80)
        var last = Timestamp(seconds: 1_000)
        var told = 0
        for second in 1_001...1_800 {
            let now = Timestamp(seconds: Int64(second))
            if last.isStale(at: now, window: window) { told += 1 }
            last = now
        }
        #expect(told == 80)
        #expect(!Timestamp(seconds: 1_000).isStale(at: Timestamp(seconds: 900), window: window))
    }
}
