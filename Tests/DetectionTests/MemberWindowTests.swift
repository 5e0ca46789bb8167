import RiskModel
import TestSupport
import Testing

@testable import Detection

/// Every sight ever, forgotten exactly.
private struct NaiveWindow {
    let window: Interval
    var sights: [UInt64: (seen: Timestamp, isFresh: Bool)] = [:]
    var newest = Timestamp.epoch

    mutating func observe(_ id: UInt64, at time: Timestamp, isFresh: Bool) -> (previous: Timestamp?, isTooOld: Bool) {
        newest = max(newest, time)
        guard time > newest - window else { return (nil, true) }
        let previous = sights[id]?.seen
        sights[id] = (max(previous ?? time, time), isFresh)
        return (previous.flatMap { $0 > newest - window ? $0 : nil }, false)
    }

    func members(notBefore slack: Interval) -> Set<UInt64> {
        let horizon = newest - window - slack
        return Set(sights.filter { $0.value.seen > horizon }.keys)
    }
}

@Suite struct MemberWindowTests {
    private static let window = Interval(seconds: 1600)

    /// Mostly forward steps, sometimes a leap, often some disorder, at times more than a window of it.
    private static func nextTime(_ now: inout Timestamp, _ random: inout SeededGenerator) -> Timestamp {
        let step: Int64 =
            Int.random(in: 0..<200, using: &random) == 0 ? 5_000 : Int64.random(in: 0...40, using: &random)
        now = now + Interval(seconds: step)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return now - Interval(seconds: Int64.random(in: 0...1_700, using: &random))
        case 1: return now - Interval(seconds: Int64.random(in: 0...50, using: &random))
        default: return now
        }
    }

    @Test(arguments: 1...8) func `up to three members are forgotten exactly when they leave`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = MemberWindow()
        var naive = NaiveWindow(window: Self.window)
        var now = Timestamp(seconds: 1_000_000)
        for _ in 0..<1_000 {
            let time = Self.nextTime(&now, &random)
            let id = UInt64.random(in: 0..<3, using: &random)
            let isFresh = Bool.random(using: &random)
            let sighting = window.observe(id, at: time, isFresh: isFresh, window: Self.window)
            let expected = naive.observe(id, at: time, isFresh: isFresh)
            #expect(sighting.previous == expected.previous && sighting.isTooOld == expected.isTooOld)
            let members = naive.members(notBefore: .zero)
            #expect(Set(window.members.map(\.id)) == members)
            #expect(window.count == members.count)
            #expect(window.freshCount == members.count { naive.sights[$0]!.isFresh })
        }
    }

    @Test(arguments: [4, 10, 60, 400], 1...3)
    func `more members are forgotten at most a sixteenth of the window later`(universe: UInt64, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = MemberWindow()
        var naive = NaiveWindow(window: Self.window)
        var now = Timestamp(seconds: 1_000_000)
        for step in 0..<1_500 {
            let time = Self.nextTime(&now, &random)
            // Spread like account references, whose low bits alone tell few apart.
            let id = UInt64.random(in: 0..<universe, using: &random) << 32
            let isFresh = Bool.random(using: &random)
            let sighting = window.observe(id, at: time, isFresh: isFresh, window: Self.window)
            let expected = naive.observe(id, at: time, isFresh: isFresh)
            #expect(sighting.isTooOld == expected.isTooOld)
            if let previous = expected.previous { #expect(sighting.previous == previous) }
            guard step % 5 == 0 else { continue }
            let held = window.members
            let ids = Set(held.map(\.id))
            #expect(ids.count == held.count && held.count == window.count)
            #expect(naive.members(notBefore: .zero).isSubset(of: ids))
            let slack = Interval(microseconds: Self.window.microseconds / 16)
            #expect(ids.isSubset(of: naive.members(notBefore: slack)))
            #expect(held.allSatisfy { naive.sights[$0.id]! == ($0.seen, $0.isFresh) })
            #expect(window.freshCount == held.count { $0.isFresh })
            #expect(zip(held, held.dropFirst()).allSatisfy { ($0.seen, $0.id) < ($1.seen, $1.id) })
        }
    }

    @Test func `at the limit the members that are held stay, and others are let in when they have left`() {
        var window = MemberWindow()
        let start = Timestamp(seconds: 1_000_000)
        for id in 0..<UInt64(MemberWindow.limit + 500) {
            // Who finds no room counts as seen already, so that nobody is told of it again and again.
            let previous = window.observe(id, at: start, isFresh: true, window: Self.window).previous
            #expect(previous == (id < MemberWindow.limit ? nil : start))
        }
        #expect(window.count == MemberWindow.limit && window.freshCount == MemberWindow.limit)
        #expect(window.members.map(\.id) == Array(0..<UInt64(MemberWindow.limit)))
        let later = start + Self.window
        _ = window.observe(9_999, at: later, isFresh: false, window: Self.window)
        #expect(window.members.map(\.id) == [9_999] && window.freshCount == 0)
    }
}
