import RiskModel

/// Accounts by the time at which their level is due to fall: a binary heap, earliest first.
struct TimerHeap: Sendable {
    struct Timer: Sendable {
        var due: Timestamp
        var account: AccountRef
    }

    private var heap: [Timer] = []

    init() {}

    /// Of all timers at once.
    init(_ timers: [Timer]) { heap = timers.sorted { $0.due < $1.due } }

    var count: Int { heap.count }

    mutating func insert(_ due: Timestamp, _ account: AccountRef) {
        heap.append(Timer(due: due, account: account))
        var i = heap.count - 1
        while i > 0, heap[i].due < heap[(i - 1) / 2].due {
            heap.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    /// Removes the earliest timer if it is due by `now`.
    mutating func removeFirst(through now: Timestamp) -> Timer? {
        guard let first = heap.first, first.due <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var i = 0
        while true {
            let left = 2 * i + 1
            guard left < heap.count else { break }
            let child = left + 1 < heap.count && heap[left + 1].due < heap[left].due ? left + 1 : left
            guard heap[child].due < heap[i].due else { break }
            heap.swapAt(i, child)
            i = child
        }
        return first
    }
}
