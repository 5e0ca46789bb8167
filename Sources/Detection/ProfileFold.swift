package import RiskModel

/// What the profile fold makes of a batch.
package struct ProfileOutput: Sendable {
    /// One for each event of the batch, in the same order.
    package var standings: [Standing] = []
    package var signals: [Signal] = []
    /// In order of their first events.
    package var newAccounts: [NewAccount] = []
}

/// An account that the first fold has let go.
package struct DepartedAccount: Sendable, Hashable {
    package var account: AccountRef
    package var name: String
    package var lastSeen: Timestamp
}

/// The first fold, keyed by account: says of each event what is known of its account, and runs the account's own rules.
package final class ProfileFold: Sendable {
    private let rules: CompiledRules
    private let hash: KeyHash
    private let partitions: Partitioned<ProfilePartition>
    private let accountLimit: Int

    /// - Parameter accountLimit: How many accounts are kept; beyond it those that were not seen for longest give way at
    ///   the next ``maintain(shards:rank:)``.
    package init(rules: CompiledRules, hash: KeyHash, accountLimit: Int) {
        self.rules = rules
        self.hash = hash
        self.accountLimit = accountLimit
        partitions = Partitioned { ProfilePartition(number: $0, rules: rules) }
    }

    /// Takes the events of a batch in their order.
    ///
    /// - Parameter taints: What ties an account to a banned one.
    package func run(_ batch: EventBatch, taints: Taints, shards: Int) -> ProfileOutput {
        let (operations, starts) = route(batch)
        let results = partitions.map(shards: shards) { partition, state in
            let own = operations[starts[partition]..<starts[partition + 1]]
            return own.isEmpty
                ? ProfilePartition.Output() : state.process(own, of: batch, hash: hash, taints: taints)
        }
        var output = ProfileOutput()
        var arrivals: [ProfilePartition.Arrival] = []
        output.standings = Array(repeating: .unknown, count: batch.events.count)
        for (partition, result) in results.enumerated() {
            for (operation, standing) in zip(operations[starts[partition]..<starts[partition + 1]], result.standings) {
                output.standings[Int(operation.event)] = standing
            }
            output.signals.append(contentsOf: result.signals)
            arrivals.append(contentsOf: result.arrivals)
        }
        output.newAccounts = arrivals.sorted { $0.event < $1.event }.map(\.account)
        return output
    }

    /// An operation for each event of an account, sorted by partition and order, and where the operations of each start.
    private func route(_ batch: EventBatch) -> (operations: [ProfilePartition.Operation], starts: [Int]) {
        var partitions: [UInt8] = []
        partitions.reserveCapacity(batch.events.count)
        var starts = [Int](repeating: 0, count: Partition.count + 1)
        let text = batch.text.span
        let nowhere = UInt8(Partition.count)
        for index in batch.events.indices {
            let account = batch.events[index].account
            let partition = account.isEmpty ? nowhere : UInt8(Partition.of(text.extracting(account.range)))
            partitions.append(partition)
            if partition != nowhere { starts[Int(partition) + 1] += 1 }
        }
        for partition in 0..<Partition.count { starts[partition + 1] += starts[partition] }
        var next = starts
        let blank = ProfilePartition.Operation(event: 0, hash: 0)
        var operations = [ProfilePartition.Operation](repeating: blank, count: starts[Partition.count])
        for index in batch.events.indices where partitions[index] != nowhere {
            let name = text.extracting(batch.events[index].account.range)
            let partition = Int(partitions[index])
            operations[next[partition]] = .init(event: UInt32(index), hash: hash.hash(name))
            next[partition] += 1
        }
        return (operations, starts)
    }

    /// The account's name and first event; `nil` if it has given way since.
    package func account(_ ref: AccountRef) -> NewAccount? {
        guard ref != .none else { return nil }
        return partitions.with(ref.partition) { $0.account(ref) }
    }

    /// What ties the account to others, as far as rules of kind association ask for it; at most ``TieColumn/limit``.
    package func ties(of ref: AccountRef) -> [UInt64] {
        ref == .none ? [] : partitions.with(ref.partition) { $0.ties(of: ref) }
    }

    /// Makes room where there are more accounts than the limit: those of the lowest rank give way, of one rank those that
    /// were not seen for longest. Call only between batches, at places that follow from the events' order.
    ///
    /// - Parameter rank: How much is lost with an account: 0 for nothing, more for more.
    /// - Returns: Who gave way, in an order that follows from the state: by partition, then as they gave way.
    package func maintain(shards: Int, rank: @Sendable (AccountRef) -> UInt8) -> [DepartedAccount] {
        let share = max(1, accountLimit / Partition.count)
        return partitions.map(shards: shards) { _, state in state.evict(downTo: share, rank: rank) }.flatMap(\.self)
    }

    /// Lets those accounts go that were last seen before a time. Call only between batches, at places that follow from the
    /// events' order.
    ///
    /// - Parameter isHeld: Who stays all the same.
    /// - Returns: Who is gone, in an order that follows from the state.
    package func release(
        seenBefore time: Timestamp, shards: Int, isHeld: @Sendable (AccountRef) -> Bool
    ) -> [DepartedAccount] {
        partitions.map(shards: shards) { _, state in state.release(seenBefore: time, isHeld: isHeld) }.flatMap(\.self)
    }

    /// The accounts of whose names another is a word. Call only between batches.
    package func names(mentioning search: NameSearch) -> [String] {
        (0..<Partition.count).flatMap { partition in partitions.with(partition) { $0.names(mentioning: search) } }
    }

    /// Lets one account go with all that is known of it; `nil` where it is not there. Call only between batches.
    package func forget(_ account: String) -> AccountRef? {
        let name = Array(account.utf8)
        return partitions.with(Partition.of(name.span)) { $0.forget(name.span, hash: hash.hash(name.span)) }
    }

    /// Writes one partition's state. Call only between batches.
    package func encode(_ partition: Int, into writer: inout StateWriter) {
        partitions.with(partition) { $0.encode(into: &writer) }
    }

    /// Reads one partition's state, which replaces what is there.
    ///
    /// The rules are those of now: a rule whose shape is unchanged goes on with its state, a new or changed one starts
    /// empty. The hash must be that under which the state was made.
    ///
    /// - Throws: The bytes are no state of this partition. What was there stays.
    package func decode(_ partition: Int, from reader: inout StateReader) throws(StateFault) {
        let decoded = try ProfilePartition(number: partition, rules: rules, hash: hash, from: &reader)
        partitions.with(partition) { $0 = decoded }
    }

    /// Accounts that are kept now.
    package var accountCount: Int { (0..<Partition.count).reduce(0) { $0 + partitions.with($1) { $0.count } } }
}
