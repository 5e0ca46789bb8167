import RiskModel

/// An event whose time is not believed yet, with its line for the quarantine.
struct Doubt: Sendable {
    private(set) var event: Event
    /// The event's texts.
    let text: [UInt8]
    /// Of the event's id; ``IDDigest/none`` where it has none.
    let digest: IDDigest
    /// The beginning of its line.
    let line: [UInt8]

    /// Copies an event's texts and the beginning of its frame.
    init(_ event: Event, textsIn arena: Span<UInt8>, digest: IDDigest, line: ArraySlice<UInt8>) {
        var own = EventBatch()
        own.append(event, textsIn: arena)
        self.event = own.events[0]
        text = own.text
        self.digest = digest
        self.line = Array(line.prefix(Frame.keptOfOversized))
    }

    /// The same doubt about an event that is placed anew.
    init(_ doubt: Doubt, as event: Event) {
        self = doubt
        self.event.place = event.place
        self.event.listed = event.listed
    }

    /// The word that the doubt was right.
    var rejection: Rejection {
        Rejection(
            seq: event.seq, source: event.source, reason: .timeInFuture, position: 0, field: "ts", bytes: line)
    }
}

/// Doubts in a row, without a believable event between them.
struct Doubts: Sendable {
    /// So many, over such a time, are taken for the truth: the service has moved on, and the clock is wrong.
    ///
    /// The time tells them from a single sender with a wrong clock, whose lines come many at once.
    static let enough = 256
    static let longEnough = Interval(seconds: 60)
    /// No more are kept; with their lines and texts they are at most 50 MB.
    static let limit = 4_096

    var waiting: [Doubt] = []
    /// How many came in a row, whether they still wait or not; no further than ``enough``.
    private var run = 0
    /// When the first of them was received, by the wall clock.
    private var since = Timestamp.latest

    /// Adds a doubt that was received at `received`.
    mutating func append(_ doubt: Doubt, received: Timestamp) {
        waiting.append(doubt)
        run = min(run + 1, Self.enough)
        since = min(since, received)
    }

    /// Whether the doubts, the last of which was received at `received`, are to be believed.
    func isConfirmed(at received: Timestamp) -> Bool {
        run == Self.enough && received - since >= Self.longEnough
    }

    /// Whether there is no room for another.
    var isFull: Bool { waiting.count == Self.limit }

    /// The row has ended.
    mutating func end() {
        run = 0
        since = .latest
    }

    /// How many are believed at a pause where no event ever was.
    static let enoughAtTheBeginning = 16

    /// Below this are nine in ten of the doubts' times: a few that are wrong among many that are right say nothing.
    var credibleTime: Timestamp? {
        let times = waiting.map(\.event.time).sorted()
        return times.isEmpty ? nil : times[(times.count - 1) * 9 / 10]
    }
}

extension Doubts {
    /// Removes events that will never have a turn.
    mutating func removeAll(where isGone: (Event, Span<UInt8>) -> Bool) {
        waiting.removeAll { isGone($0.event, $0.text.span) }
    }

    /// Lets `body` change what databases and lists say of the events.
    mutating func annotate(_ body: (inout EventBatch) -> Void) {
        var batch = EventBatch()
        for doubt in waiting { batch.append(doubt.event, textsIn: doubt.text.span) }
        body(&batch)
        for i in waiting.indices { waiting[i] = Doubt(waiting[i], as: batch.events[i]) }
    }
}

// MARK: - State

extension Doubts {
    func encode(into writer: inout StateWriter) {
        writer.write(UInt32(run))
        writer.write(since)
        writer.write(count: waiting.count)
        for doubt in waiting {
            writer.write(doubt.event, textsIn: doubt.text.span)
            writer.write(doubt.digest.high)
            writer.write(doubt.digest.low)
            writer.write(doubt.line)
        }
    }

    init(decoding reader: inout StateReader) throws(StateFault) {
        run = Int(try reader.read(UInt32.self))
        since = try reader.readTimestamp()
        let count = try reader.readCount(bytesEach: StateReader.leastEventBytes)
        guard run <= Self.enough, count <= Self.limit else { throw .invalid("a number of doubts") }
        for _ in 0..<count {
            var batch = EventBatch()
            try reader.readEvent(into: &batch)
            let digest = IDDigest(high: try reader.read(), low: try reader.read())
            let line = try reader.readLine()
            waiting.append(
                Doubt(batch.events[0], textsIn: batch.text.span, digest: digest, line: line[...]))
        }
    }
}
