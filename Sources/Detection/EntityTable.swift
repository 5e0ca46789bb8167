import RiskModel

/// The keys of one group of rules in one partition, with their states.
///
/// A state is found by its key's slot. Batches pass in two steps: first every key's slot is looked up, each look-up
/// independent of the others so that their cache misses overlap, then rule by rule every state takes its events.
struct EntityTable: Sendable {
    /// One event on one key.
    struct Operation: Sendable {
        /// Index in the batch.
        var event: UInt32
        /// Number of the group, and of the partition before it: what operations are sorted by.
        var bucket: UInt32
        var hash: UInt64
        /// The key, where it is no text.
        var high: UInt64
        var low: UInt64

        static let blank = Operation(event: 0, bucket: 0, hash: 0, high: 0, low: 0)
    }

    let group: CompiledRules.EntityGroup
    private var index: KeyIndex
    /// The first event of each key while its state lived.
    private var firstSeen = SlotArray<Timestamp>()
    private var columns: [any EntityColumn]
    private let meter: RuleMeter

    /// Of no meaning: what reading ahead came to.
    private var warmth: UInt64 = 0

    init(group: CompiledRules.EntityGroup, meter: RuleMeter) {
        self.group = group
        self.meter = meter
        index = KeyIndex(keysAreTexts: group.key.isText)
        columns = group.columns
    }

    var count: Int { index.count }

    /// How many slots there are, free ones among them.
    var slotCount: Int { index.slotCount }

    /// Takes the operations of this table in their order.
    mutating func process(_ operations: ArraySlice<Operation>, in passage: Passage, to output: inout EntityOutput) {
        warmth &+= index.warm(operations.lazy.map(\.hash))
        let (events, slots) = resolve(operations, passage)
        if events.isEmpty { return }
        for i in columns.indices {
            columns[i].grow(to: index.slotCount)
            warmth &+= columns[i].warm(slots)
        }
        let visit = EntityVisit(
            passage: passage, name: group.name, events: events, slots: slots, firstSeen: firstSeen)
        let isMeasured = meter.isMeasuring
        for i in columns.indices {
            let start = isMeasured ? meter.now : nil
            columns[i].pass(visit, to: &output)
            if let start { meter.add(since: start, to: columns[i].shape) }
        }
    }

    /// The events that concern a state, and the slots of their keys, made where an event starts one.
    private mutating func resolve(
        _ operations: ArraySlice<Operation>, _ passage: Passage
    ) -> (events: [UInt32], slots: [UInt32]) {
        let batch = passage.batch
        let text = batch.text.span
        let key = group.key
        let isText = key.isText
        let startsAlways = group.startsAlways
        var events: [UInt32] = []
        var slots: [UInt32] = []
        events.reserveCapacity(operations.count)
        slots.reserveCapacity(operations.count)
        for operation in operations {
            let event = Int(operation.event)
            let time = batch.events[event].time
            let name = isText ? text.extracting(key.text(of: batch.events[event], in: text).range) : Span()
            let known =
                isText
                ? index.known(text: name, hash: operation.hash, at: time)
                : index.known(high: operation.high, low: operation.low, hash: operation.hash, at: time)
            let slot: Int
            if let known {
                slot = known
            } else if startsAlways || starts(event, passage) {
                slot =
                    isText
                    ? index.add(text: name, hash: operation.hash, at: time)
                    : index.add(high: operation.high, low: operation.low, hash: operation.hash, at: time)
                add(slot, at: time)
            } else {
                continue
            }
            events.append(operation.event)
            slots.append(UInt32(truncatingIfNeeded: slot))
        }
        return (events, slots)
    }

    private func starts(_ event: Int, _ passage: Passage) -> Bool {
        for i in columns.indices where columns[i].starts(event, of: passage) { return true }
        return false
    }

    private mutating func add(_ slot: Int, at time: Timestamp) {
        if slot < firstSeen.count {
            firstSeen[slot] = time
            return
        }
        firstSeen.append(time)
    }

    /// The latest sights of all keys, each with its slot.
    var lastSights: [(last: Timestamp, slot: Int)] {
        index.liveSlots.map { (index.lastSeen($0), $0) }
    }

    /// Forgets the keys of which nothing is in any window at `watermark`.
    mutating func removeIdle(at watermark: Timestamp) {
        let horizon = watermark - group.idleAfter
        removeAll { [index] in index.lastSeen($0) <= horizon }
    }

    /// Forgets those of these keys that are here, and texts of which the name is a word but not the whole: those of other
    /// accounts' names stay, and so do all where the name is an ordinary word.
    mutating func forget(_ entities: Set<EntityValue>, mentioning search: NameSearch) {
        let key = group.key
        removeAll { [index] slot in
            if key.isText, key != .account, !search.isOrdinary {
                let text = index.arena[index.range(of: slot)]
                let words = search.words(in: text.span)
                if words.contains(where: { $0.count < text.count }) { return true }
            }
            let value =
                key.isText
                ? EntityValue(field: key, text: index.text(of: slot))
                : EntityValue(field: key, high: index.entries[slot].high, low: index.entries[slot].low)
            return entities.contains(value)
        }
    }

    /// Removes the keys of the slots for which `isDead` holds, and gives back what their states hold.
    mutating func removeAll(where isDead: (Int) -> Bool) {
        let dead = index.liveSlots.filter(isDead)
        guard !dead.isEmpty else { return }
        for slot in dead {
            for i in columns.indices { columns[i].clear(slot) }
        }
        var isGone = [Bool](repeating: false, count: index.slotCount)
        for slot in dead { isGone[slot] = true }
        index.removeAll { isGone[$0] }
    }
}

// MARK: - State

// The keys; the first event of each; the states of each rule.
extension EntityTable {
    func encode(into writer: inout StateWriter) {
        index.encode(into: &writer)
        for slot in index.liveSlots { writer.write(firstSeen[slot]) }
        StateBlocks.write(columns, slotsOf: index, into: &writer)
    }

    /// Reads the keys of one partition, with the states of the rules that the group still has.
    init(
        group: CompiledRules.EntityGroup, meter: RuleMeter, partition: Int, hash: KeyHash,
        from reader: inout StateReader
    ) throws(StateFault) {
        self.init(group: group, meter: meter)
        index = try KeyIndex(
            keysAreTexts: group.key.isText, keysAreAccounts: group.key == .account, partition: partition, hash: hash,
            from: &reader)
        firstSeen = SlotArray(repeating: .epoch, count: index.slotCount)
        for slot in index.liveSlots { firstSeen[slot] = try reader.readTimestamp() }
        let blocks = try StateBlocks(from: &reader)
        for i in columns.indices { try blocks.read(&columns[i], slotsOf: index) }
    }
}
