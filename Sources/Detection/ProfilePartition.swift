import RiskModel

/// The accounts of one partition.
struct ProfilePartition: Sendable {
    struct Operation: Sendable {
        /// Index in the batch.
        var event: UInt32
        var hash: UInt64
    }

    struct Arrival: Sendable {
        /// Index in the batch.
        var event: UInt32
        var account: NewAccount
    }

    struct Output: Sendable {
        /// One for each operation.
        var standings: [Standing] = []
        var signals: [Signal] = []
        var arrivals: [Arrival] = []
    }

    /// What is known of an account, whatever the rules.
    private struct Profile {
        var firstSeen: Timestamp
        var registeredAt: Timestamp = .epoch
        var familiarity = Familiarity()
        var life = Life()
    }

    private let number: Int
    /// Of no meaning: what reading ahead came to.
    private var warmth: UInt64 = 0
    private var index = KeyIndex(keysAreTexts: true)
    private var profiles = SlotArray<Profile>()
    private var columns: [any AccountColumn]
    /// The columns by what they look at: so many rules, so few conditions.
    private let selections: [(condition: BoundCondition, columns: [Int])]
    private var ties: TieColumn?
    private let meter: RuleMeter
    /// See ``CompiledRules/networkNames``.
    private let networkNames: UInt64

    init(number: Int, rules: CompiledRules) {
        self.number = number
        columns = rules.accountColumns
        selections = rules.accountSelections
        meter = rules.meter
        networkNames = rules.networkNames
        ties = rules.associations.isEmpty ? nil : TieColumn(rules.associations, salt: rules.associationSalt)
    }

    var count: Int { index.count }

    func account(_ ref: AccountRef) -> NewAccount? {
        guard index.isLive(ref.slot), index.generation(of: ref.slot) == ref.generation else { return nil }
        return NewAccount(account: index.text(of: ref.slot), firstSeen: profiles[ref.slot].firstSeen)
    }

    /// Takes the operations of this partition in their order: first each event's account is looked up, then each rule
    /// sees the events.
    mutating func process(
        _ operations: ArraySlice<Operation>, of batch: EventBatch, hash: KeyHash, taints: Taints
    ) -> Output {
        var output = Output()
        warmth &+= index.warm(operations.lazy.map(\.hash))
        resolve(operations, batch, hash, &output)
        let slots = output.standings.map { UInt32($0.account.slot) }
        for i in columns.indices {
            columns[i].grow(to: index.slotCount)
            warmth &+= columns[i].warm(slots)
        }
        ties?.grow(to: index.slotCount)
        if let ties { warmth &+= ties.warm(slots) }
        let visit = AccountVisit(operations, of: batch, standings: output.standings, hash: hash)
        let isMeasured = meter.isMeasuring
        var positions: [UInt32] = []
        positions.reserveCapacity(operations.count)
        for (condition, members) in selections {
            visit.select(condition, into: &positions)
            if positions.isEmpty { continue }
            for i in members {
                let start = isMeasured ? meter.now : nil
                columns[i].pass(visit, positions, to: &output.signals)
                if let start { meter.add(since: start, to: columns[i].shape) }
            }
        }
        ties?.pass(visit, taints: taints, to: &output.signals)
        return output
    }

    /// What ties the account to others, if that is kept.
    func ties(of account: AccountRef) -> [UInt64] {
        guard index.isLive(account.slot), index.generation(of: account.slot) == account.generation else { return [] }
        return ties?.ties(of: account.slot) ?? []
    }

    private mutating func resolve(
        _ operations: ArraySlice<Operation>, _ batch: EventBatch, _ hash: KeyHash, _ output: inout Output
    ) {
        let text = batch.text.span
        let events = batch.events.span
        output.standings.reserveCapacity(operations.count)
        var slots: [UInt32] = []
        slots.reserveCapacity(operations.count)
        for operation in operations {
            let event = Int(operation.event)
            let time = events[event].time
            let (slot, isNew) = index.slot(
                text: text.extracting(events[event].account.range), hash: operation.hash, at: time)
            if isNew {
                add(slot, firstSeen: time)
                let account = NewAccount(
                    account: index.text(of: slot), firstSeen: time, watermark: events[event].watermark)
                output.arrivals.append(Arrival(event: operation.event, account: account))
            }
            slots.append(UInt32(truncatingIfNeeded: slot))
        }
        for slot in slots { warmth &+= UInt64(truncatingIfNeeded: profiles[Int(slot)].registeredAt.microseconds) }
        for (operation, known) in zip(operations, slots) {
            let event = Int(operation.event)
            let slot = Int(known)
            let time = events[event].time
            if events[event].type == .registration, events[event].outcome != .failure,
                profiles[slot].registeredAt == .epoch
            {
                profiles[slot].registeredAt = time
            }
            let name = events[event].device
            let device = name.isEmpty ? 0 : mark(hash.hash(text.extracting(name.range)))
            let hadDevice = profiles[slot].familiarity.hasDevice
            let firsts = profiles[slot].familiarity.observe(events[event], device: device, hash: hash)
            let isFirstSight = profiles[slot].life.isUnknown
            profiles[slot].life.observe(events[event], device: device, hash: hash)
            output.standings.append(
                Standing(
                    account: ref(slot), registeredAt: profiles[slot].registeredAt,
                    firstSeen: profiles[slot].firstSeen, firsts: firsts,
                    life: profiles[slot].life, isFirstSight: isFirstSight, hadDevice: hadDevice))
        }
    }

    private mutating func add(_ slot: Int, firstSeen: Timestamp) {
        let profile = Profile(firstSeen: firstSeen)
        if slot == profiles.count {
            profiles.append(profile)
        } else {
            profiles[slot] = profile
        }
    }

    /// Gives back what a slot's states hold, and leaves them as for a new account.
    private mutating func clear(_ slot: Int) {
        for i in columns.indices { columns[i].clear(slot) }
        ties?.clear(slot)
    }

    /// Where there are more than `limit` accounts, those of the lowest rank and longest unseen give way until a tenth of
    /// the limit is free. Returns them as they gave way.
    mutating func evict(downTo limit: Int, rank: (AccountRef) -> UInt8) -> [DepartedAccount] {
        guard index.count > limit else { return [] }
        let surplus = index.count - limit * 9 / 10
        var candidates: [(rank: UInt8, lastSeen: Timestamp, account: AccountRef)] = []
        candidates.reserveCapacity(index.count)
        for slot in index.liveSlots {
            let account = ref(slot)
            candidates.append((rank(account), index.lastSeen(slot), account))
        }
        candidates.sort { ($0.rank, $0.lastSeen, $0.account.slot) < ($1.rank, $1.lastSeen, $1.account.slot) }
        return remove(candidates.prefix(surplus).map(\.account))
    }

    /// Lets those go that were last seen before a time, but for those that are held.
    mutating func release(seenBefore time: Timestamp, isHeld: (AccountRef) -> Bool) -> [DepartedAccount] {
        remove(index.liveSlots.filter { index.lastSeen($0) < time }.map(ref).filter { !isHeld($0) })
    }

    private mutating func remove(_ accounts: [AccountRef]) -> [DepartedAccount] {
        let gone = accounts.map {
            DepartedAccount(account: $0, name: index.text(of: $0.slot), lastSeen: index.lastSeen($0.slot))
        }
        guard !gone.isEmpty else { return [] }
        var isGone = [Bool](repeating: false, count: index.slotCount)
        for account in accounts { isGone[account.slot] = true }
        index.removeAll { isGone[$0] }
        for account in accounts { clear(account.slot) }
        return gone
    }

    /// The accounts of whose names another is a word.
    func names(mentioning search: NameSearch) -> [String] {
        index.liveSlots.filter { !search.words(in: index.arena[index.range(of: $0)].span).isEmpty }
            .map { index.text(of: $0) }
    }

    /// Lets one account go; `nil` where it is not there.
    mutating func forget(_ name: Span<UInt8>, hash: UInt64) -> AccountRef? {
        guard let slot = index.find(hash, where: { index.isText($0, name) }) else { return nil }
        let gone = ref(slot)
        index.removeAll { $0 == slot }
        clear(slot)
        return gone
    }

    private func ref(_ slot: Int) -> AccountRef {
        AccountRef(partition: number, generation: index.generation(of: slot), slot: slot)
    }
}

// MARK: - State

// Under which names networks are known; the accounts' names; when each was first seen, and registered; the states of each rule.
extension ProfilePartition {
    func encode(into writer: inout StateWriter) {
        writer.write(networkNames)
        index.encode(into: &writer)
        for slot in index.liveSlots {
            writer.write(profiles[slot].firstSeen)
            writer.write(profiles[slot].registeredAt)
            profiles[slot].familiarity.encode(into: &writer)
            profiles[slot].life.encode(into: &writer)
        }
        let columns: [any StateColumn] = columns + (ties.map { [$0] } ?? [])
        StateBlocks.write(columns, slotsOf: index, into: &writer)
    }

    /// Reads the accounts of one partition, with the states of the rules that there still are.
    init(
        number: Int, rules: CompiledRules, hash: KeyHash, from reader: inout StateReader
    ) throws(StateFault) {
        self.init(number: number, rules: rules)
        let knowsNetworks = try reader.read(UInt64.self) == networkNames
        index = try KeyIndex(
            keysAreTexts: true, keysAreAccounts: true, partition: number, hash: hash, from: &reader)
        profiles = SlotArray(repeating: Profile(firstSeen: .epoch), count: index.slotCount)
        for slot in index.liveSlots {
            profiles[slot].firstSeen = try reader.readTimestamp()
            profiles[slot].registeredAt = try reader.readTimestamp()
            profiles[slot].familiarity = try Familiarity(from: &reader)
            if !knowsNetworks { profiles[slot].familiarity.forgetNetworks() }
            profiles[slot].life = try Life(from: &reader)
        }
        let blocks = try StateBlocks(from: &reader)
        for i in columns.indices { try blocks.read(&columns[i], slotsOf: index) }
        if var ties {
            try blocks.read(&ties, slotsOf: index)
            self.ties = ties
        }
    }
}
