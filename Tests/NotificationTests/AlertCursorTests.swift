import TestSupport
import Testing

@testable import Notification

@Suite struct AlertCursorTests {
    /// A cursor that has passed so many alerts of a history.
    private func cursor(through count: Int, salt: Int = 0) -> AlertCursor {
        var cursor = AlertCursor()
        for id in stride(from: 1, through: count, by: 1) { cursor.advance(to: .sample(id, salt: salt)) }
        return cursor
    }

    private func settle(
        _ cursor: inout AlertCursor, newest: Int, removed: ClosedRange<Int>? = nil, salt: (Int) -> Int = { _ in 0 }
    ) -> AlertCursor.History {
        cursor.settle(newest: newest) { id in
            id > newest || removed?.contains(id) ?? false ? nil : .sample(id, salt: salt(id))
        }
    }

    @Test func `The same database goes on behind the cursor`() {
        var cursor = cursor(through: 100)
        #expect(settle(&cursor, newest: 120) == .same)
        #expect(cursor.id == 100)
    }

    @Test(arguments: [50...100, 1...100, 100...100, 1...90])
    func `Rows that were removed do not make it another`(removed: ClosedRange<Int>) {
        var cursor = cursor(through: 100)
        #expect(settle(&cursor, newest: 120, removed: removed) == .same)
        #expect(cursor.id == 100)
    }

    @Test(arguments: [1, 50, 99, 100, 500])
    func `Another database is new from its first alert on`(newest: Int) {
        var cursor = cursor(through: 100)
        #expect(settle(&cursor, newest: newest, salt: { _ in 7 }) == .other)
        #expect(cursor == AlertCursor())
    }

    @Test func `A database without an alert decides nothing`() {
        var cursor = cursor(through: 100)
        #expect(settle(&cursor, newest: 0) == .unknown)
        #expect(cursor.id == 100)
    }

    @Test func `An older state, or one that parts from ours, is new from where the two agree`() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            let count = Int.random(in: 1...400, using: &generator)
            let parting = Int.random(in: 0...count, using: &generator)
            let newest = Int.random(in: max(1, parting)...500, using: &generator)
            var cursor = cursor(through: count)
            let history = settle(&cursor, newest: newest, salt: { $0 > parting ? 3 : 0 })
            if parting == count, newest >= count {
                #expect(history == .same)
                #expect(cursor.id == count)
            } else {
                // Nothing that differs is passed over.
                #expect(cursor.id <= parting)
                #expect(history == (cursor.id == 0 ? .other : .partly))
            }
        }
    }

    @Test func `However long it goes on, it keeps few anchors, the newest and some old ones`() throws {
        let cursor = cursor(through: 10_000)
        #expect(cursor.anchors.count <= AlertCursor.anchorLimit)
        #expect(cursor.anchors.last?.id == 10_000)
        #expect(try #require(cursor.anchors.first).id < 5_000)
    }

    @Test func `The wait doubles, stays within its bounds, and is never below what the receiver asks for`() {
        var generator = SeededGenerator(seed: 1)
        var backoff = Backoff()
        for failure in 1...30 {
            let full = min(Backoff.longest, Backoff.shortest * Double(1 << min(failure - 1, 20)))
            let wait = backoff.next(atLeast: nil, by: &generator)
            #expect(wait >= .seconds(full / 2) && wait <= .seconds(full))
        }
        #expect(backoff.next(atLeast: .seconds(1_000), by: &generator) == .seconds(1_000))
        backoff.reset()
        #expect(backoff.next(atLeast: nil, by: &generator) <= .seconds(1))
    }
}
