import RiskModel

/// Events that wait for their turn, with copies of their texts.
///
/// A heap holds them by (effective time, `seq`); events and texts stand in a batch of their own, in which those that left
/// are only marked by their absence from the heap. The batch is rewritten when more of it is dead than alive.
struct HeldEvents: Sendable {
    /// Less garbage than this is not worth the work.
    private static let fewEvents = 1_024
    private static let fewBytes = 65_536

    /// By effective time and `seq`; the payload is the event's place in the batch and how many bytes its texts have.
    private var heap = TimeHeap()
    private var batch = EventBatch()
    /// Bytes of text of the events that wait.
    private(set) var textCount = 0

    var count: Int { heap.count }

    /// The effective time of the event whose turn is next.
    var firstEffective: Timestamp? { heap.first?.time }

    /// Whether the next event's turn is before that of an event with this effective time and `seq`.
    func isFirst(before effective: Timestamp, seq: UInt64) -> Bool {
        guard let first = heap.first else { return false }
        return first < TimeHeap.Entry(time: effective, number: seq)
    }

    /// Adds an event, whose watermark is its effective time.
    mutating func insert(_ event: Event, textsIn arena: Span<UInt8>) {
        let before = batch.text.count
        batch.append(event, textsIn: arena)
        enqueueLast(textCount: batch.text.count - before)
    }

    private mutating func enqueueLast(textCount bytes: Int) {
        let index = batch.events.count - 1
        heap.insert(
            TimeHeap.Entry(
                time: batch.events[index].watermark, number: batch.events[index].seq,
                payload: Self.payload(index: index, textCount: bytes)))
        textCount += bytes
    }

    private static func payload(index: Int, textCount: Int) -> UInt64 { UInt64(index) << 32 | UInt64(textCount) }
    private static func index(_ entry: TimeHeap.Entry) -> Int { Int(entry.payload >> 32) }
    private static func textCount(_ entry: TimeHeap.Entry) -> Int { Int(entry.payload & 0xffff_ffff) }

    /// Removes the event whose turn is next, and appends it with its texts to `ready`; there must be one.
    mutating func removeFirst(into ready: inout EventBatch) {
        let entry = heap.removeFirst()
        ready.append(batch.events[Self.index(entry)], textsIn: batch.text.span)
        textCount -= Self.textCount(entry)
        if heap.isEmpty {
            batch.removeAll()
        } else if batch.events.count > 2 * heap.count + Self.fewEvents
            || batch.text.count > 2 * textCount + Self.fewBytes
        {
            compact()
        }
    }

    /// Rewrites the batch: the events that wait, in the order of their turns.
    private mutating func compact() {
        var entries = heap.entries.sorted()
        var compacted = EventBatch()
        compacted.events.reserveCapacity(entries.count)
        compacted.text.reserveCapacity(textCount)
        for i in entries.indices {
            compacted.append(batch.events[Self.index(entries[i])], textsIn: batch.text.span)
            entries[i].payload = Self.payload(index: i, textCount: Self.textCount(entries[i]))
        }
        batch = compacted
        heap = TimeHeap(sorted: entries)
    }

    /// Removes events that will never have a turn.
    mutating func removeAll(where isGone: (Event, Span<UInt8>) -> Bool) {
        var kept = HeldEvents()
        for entry in heap.entries.sorted() {
            let event = batch.events[Self.index(entry)]
            if !isGone(event, batch.text.span) { kept.insert(event, textsIn: batch.text.span) }
        }
        self = kept
    }

    /// Lets `body` change what databases and lists say of the events.
    mutating func annotate(_ body: (inout EventBatch) -> Void) {
        compact()
        body(&batch)
    }
}

// MARK: - State

extension HeldEvents {
    /// Writes the events in the order of their turns.
    func encode(into writer: inout StateWriter) {
        writer.write(count: heap.count)
        for entry in heap.entries.sorted() {
            writer.write(batch.events[Self.index(entry)], textsIn: batch.text.span)
        }
    }

    /// - Parameter range: Where the events' effective times must lie.
    init(decoding reader: inout StateReader, within range: ClosedRange<Timestamp>) throws(StateFault) {
        for _ in 0..<(try reader.readCount(bytesEach: StateReader.leastEventBytes)) {
            let before = batch.text.count
            try reader.readEvent(into: &batch)
            guard let event = batch.events.last, range.contains(event.watermark) else { throw .invalid("an order") }
            enqueueLast(textCount: batch.text.count - before)
        }
    }
}
