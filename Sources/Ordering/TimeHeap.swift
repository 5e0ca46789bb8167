import RiskModel

/// What is to happen at a time, earliest first: a binary heap, in which adding or removing costs the logarithm of their
/// number. Entries come in order of (time, number), whatever the history.
struct TimeHeap: Sendable {
    struct Entry: Sendable, Hashable, Comparable {
        var time: Timestamp
        /// Tells apart what has the same time.
        var number: UInt64
        /// The owner's own; no part of the order.
        var payload: UInt64

        init(time: Timestamp, number: UInt64, payload: UInt64 = 0) {
            self.time = time
            self.number = number
            self.payload = payload
        }

        static func < (a: Self, b: Self) -> Bool {
            a.time != b.time ? a.time < b.time : a.number < b.number
        }
    }

    /// In no useful order, but the first is the earliest.
    private(set) var entries: [Entry] = []

    init() {}

    /// Entries in ascending order, which are a heap as they stand.
    init(sorted entries: [Entry]) { self.entries = entries }

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var first: Entry? { entries.first }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var i = entries.count - 1
        while i > 0, entry < entries[(i - 1) / 2] {
            entries[i] = entries[(i - 1) / 2]
            i = (i - 1) / 2
        }
        entries[i] = entry
    }

    /// Removes the earliest entry; there must be one.
    @discardableResult
    mutating func removeFirst() -> Entry {
        let last = entries.removeLast()
        guard let first = entries.first else { return last }
        var i = 0
        while 2 * i + 1 < entries.count {
            let left = 2 * i + 1
            let child = left + 1 < entries.count && entries[left + 1] < entries[left] ? left + 1 : left
            guard entries[child] < last else { break }
            entries[i] = entries[child]
            i = child
        }
        entries[i] = last
        return first
    }
}
