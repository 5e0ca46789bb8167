package import RiskModel

/// What the entity fold makes of a batch.
package struct EntityOutput: Sendable {
    package var signals: [Signal] = []
    package var entitySignals: [EntitySignal] = []
}

/// The second fold, keyed by entity: counts what hangs on addresses, networks, devices and the rest, and tells their
/// members when one turns bad.
package final class EntityFold: Sendable {
    private let rules: CompiledRules
    private let hash: KeyHash
    /// By partition, then by group.
    private let partitions: Partitioned<[EntityTable]>
    private let entityLimit: Int

    /// - Parameter entityLimit: How many keys are kept; beyond it those that were not seen for longest give way at the next
    ///   ``maintain(turn:watermark:shards:)``.
    package init(rules: CompiledRules, hash: KeyHash, entityLimit: Int) {
        self.rules = rules
        self.hash = hash
        self.entityLimit = entityLimit
        partitions = Partitioned { _ in rules.groups.map { EntityTable(group: $0, meter: rules.meter) } }
    }

    /// Takes the events of a batch in their order, with the standings that the profile fold gave them, and counts what its
    /// registrations look like.
    package func run(
        _ batch: EventBatch, standings: [Standing], frequencies: inout TraitFrequencies, shards: Int
    ) -> EntityOutput {
        let passage = Passage(
            batch: batch, standings: standings, traits: traits(of: batch, counting: &frequencies), hash: hash)
        let (operations, starts) = route(passage)
        let groups = rules.groups.count
        let results = partitions.map(shards: shards) { partition, tables in
            var output = EntityOutput()
            for group in 0..<groups {
                let bucket = partition * groups + group
                let own = operations[starts[bucket]..<starts[bucket + 1]]
                if own.isEmpty { continue }
                tables[group].process(own, in: passage, to: &output)
            }
            return output
        }
        var output = EntityOutput()
        for result in results {
            output.signals.append(contentsOf: result.signals)
            output.entitySignals.append(contentsOf: result.entitySignals)
        }
        return output
    }

    /// What the batch's registrations look like, in the order of events: rarity depends on all before.
    private func traits(
        of batch: EventBatch, counting frequencies: inout TraitFrequencies
    ) -> [Int: RegistrationTraits] {
        guard rules.comparesRegistrations else { return [:] }
        var traits: [Int: RegistrationTraits] = [:]
        let text = batch.text.span
        for index in batch.events.indices
        where batch.events[index].type == .registration && batch.events[index].outcome != .failure {
            traits[index] = frequencies.observe(batch.events[index], text: text, hash: hash)
        }
        return traits
    }

    /// An operation for each event and each group of rules that looks at it, sorted by partition, group and order, and
    /// where the operations of each bucket start.
    private func route(_ passage: Passage) -> (operations: [EntityTable.Operation], starts: [Int]) {
        let batch = passage.batch
        let groups = rules.groups
        var unsorted: [EntityTable.Operation] = []
        unsorted.reserveCapacity(batch.events.count * 8)
        let buckets = Partition.count * groups.count
        var starts = [Int](repeating: 0, count: buckets + 1)
        let text = batch.text.span
        let uses = rules.uses
        let clauses = groups.map(\.condition.clauses)
        let events = batch.events.span
        let allStandings = passage.standings
        let standings = allStandings.span
        let allUses = uses.all.span
        let usingGroups = uses.groups.span
        for index in events.indices {
            for use in uses.range(of: events[index].kind) {
                // A key is hashed once for all groups that hang on it.
                guard let (key, partition) = key(allUses[use].field, of: events[index], text) else { continue }
                var operation = key
                operation.event = UInt32(truncatingIfNeeded: index)
                for i in allUses[use].range {
                    let group = usingGroups[i]
                    if let clauses = clauses[group] {
                        guard clauses.hold(for: index, of: batch, standing: standings[index]) else { continue }
                    }
                    let bucket = partition * groups.count + group
                    operation.bucket = UInt32(truncatingIfNeeded: bucket)
                    starts[bucket + 1] += 1
                    unsorted.append(operation)
                }
            }
        }
        for bucket in 0..<buckets { starts[bucket + 1] += starts[bucket] }
        return (sort(unsorted, by: starts), starts)
    }

    /// Puts each operation behind those of its bucket that came before.
    private func sort(_ operations: [EntityTable.Operation], by starts: [Int]) -> [EntityTable.Operation] {
        var next = starts
        // SAFETY: the buckets hold as many places as there are operations, and each operation takes the next of its own:
        // every place is initialized, and once.
        return unsafe [EntityTable.Operation](unsafeUninitializedCapacity: operations.count) { sorted, count in
            for operation in operations {
                let bucket = Int(operation.bucket)
                unsafe sorted.initializeElement(at: next[bucket], to: operation)
                next[bucket] += 1
            }
            count = operations.count
        }
    }

    /// The key that an event has in a field, hashed, and the partition of that; `nil` where it has none.
    @inline(__always)
    private func key(
        _ field: Field, of event: borrowing Event, _ text: Span<UInt8>
    ) -> (operation: EntityTable.Operation, partition: Int)? {
        var operation = EntityTable.Operation.blank
        if field.isText {
            let slice = field.text(of: event, in: text)
            if slice.isEmpty { return nil }
            let key = text.extracting(slice.range)
            operation.hash = hash.hash(key)
            return (operation, Partition.of(key))
        }
        guard let words = field.words(of: event) else { return nil }
        operation.hash = hash.hash(words.high, words.low)
        operation.high = words.high
        operation.low = words.low
        return (operation, Partition.of(words.high, words.low))
    }

    /// Forgets keys with nothing in any window, in one partition a call in turn, and makes room where there are more than
    /// the limit. Call only between batches, at places that follow from the events' order.
    ///
    /// - Returns: How many keys gave way although something was in their windows.
    package func maintain(turn: Int, watermark: Timestamp, shards: Int) -> Int {
        let share = max(1, entityLimit / Partition.count)
        return partitions.map(shards: shards) { partition, tables in
            guard tables.keyCount > share || partition == turn % Partition.count else { return 0 }
            return tables.evict(downTo: share, watermark: watermark)
        }.reduce(0, +)
    }

    /// Forgets these entities, and such as the name is a word of, like a user agent. Call only between batches.
    package func forget(_ entities: Set<EntityValue>, mentioning search: NameSearch) {
        for partition in 0..<Partition.count {
            partitions.with(partition) { tables in
                for i in tables.indices { tables[i].forget(entities, mentioning: search) }
            }
        }
    }

    /// Writes one partition's state. Call only between batches.
    package func encode(_ partition: Int, into writer: inout StateWriter) {
        partitions.with(partition) { tables in
            writer.write(count: tables.count)
            for table in tables {
                table.group.identity.encode(into: &writer)
                var block = StateWriter()
                table.encode(into: &block)
                writer.write(block.bytes)
            }
        }
    }

    /// Reads one partition's state, which replaces what is there.
    ///
    /// The rules are those of now: a rule whose shape is unchanged goes on with its state, a new or changed one starts
    /// empty. Keys that no rule asks for any more are dropped. The hash must be that under which the state was made.
    ///
    /// - Throws: The bytes are no state of this partition. What was there stays.
    package func decode(_ partition: Int, from reader: inout StateReader) throws(StateFault) {
        var tables = rules.groups.map { EntityTable(group: $0, meter: rules.meter) }
        var isRead = tables.map { _ in false }
        for _ in 0..<(try reader.readCount(bytesEach: 13)) {
            let key = try reader.read(UInt8.self)
            let condition = try reader.read(UInt64.self)
            var block = try reader.readBlock(isNamed: true)
            let known = rules.groups.firstIndex {
                $0.key.rawValue == key && $0.condition.condition.fingerprint == condition
            }
            guard let group = known else { continue }
            guard !isRead[group] else { throw .invalid("two states of one group of rules") }
            isRead[group] = true
            tables[group] = try EntityTable(
                group: rules.groups[group], meter: rules.meter, partition: partition, hash: hash, from: &block)
            try block.finish()
        }
        let decoded = tables
        partitions.with(partition) { $0 = decoded }
    }

    /// Keys that are kept now.
    package var entityCount: Int { (0..<Partition.count).reduce(0) { $0 + partitions.with($1) { $0.keyCount } } }
}

extension [EntityTable] {
    fileprivate var keyCount: Int { reduce(0) { $0 + $1.count } }

    /// Forgets idle keys; where there are still more than `limit`, those not seen for longest give way until a tenth of
    /// the limit is free.
    fileprivate mutating func evict(downTo limit: Int, watermark: Timestamp) -> Int {
        for table in indices { self[table].removeIdle(at: watermark) }
        guard keyCount > limit else { return 0 }
        let surplus = keyCount - limit * 9 / 10
        var keys: [(last: Timestamp, table: Int, slot: Int)] = []
        keys.reserveCapacity(keyCount)
        for (number, table) in enumerated() {
            for (last, slot) in table.lastSights { keys.append((last, number, slot)) }
        }
        keys.sort { $0 < $1 }
        var isGone = map { [Bool](repeating: false, count: $0.slotCount) }
        for key in keys.prefix(surplus) { isGone[key.table][key.slot] = true }
        for table in indices { self[table].removeAll { isGone[table][$0] } }
        return surplus
    }
}
