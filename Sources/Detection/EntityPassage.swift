import RiskModel

/// A batch's events on their way through the rules of the entity fold's tables.
struct EntityPassage: Sendable {
    let batch: EventBatch
    let standings: [Standing]
    let hash: KeyHash

    // Of a table's keys these take: the operations on them in their order, the slot of each operation's key, by slot the
    // key's first event, and their group.

    func observe(
        _ operations: ArraySlice<EntityTable.Operation>, _ slots: [UInt32], since firstSeen: [Timestamp],
        of group: CompiledRules.EntityGroup, with column: inout DistinctColumn, to output: inout EntityOutput
    ) {
        let rule = column.rule
        let parameters = rule.parameters
        let countsAccounts = parameters.member == .account
        let text = batch.text.span
        for (operation, slot) in zip(operations, slots) {
            let event = Int(operation.event)
            let standing = standings[event]
            let time = batch.events[event].time
            let member = parameters.member.member(
                of: batch.events[event], account: standing.account, text: text, hash: hash)
            guard let member else { continue }
            let isFresh = countsAccounts && standing.isFresh(at: time, for: parameters.newFor)
            let finding = column.observe(Int(slot), member, at: time, isFresh: isFresh)
            guard let finding else { continue }
            let cause = cause(rule.index, batch.events[event], of: group, since: firstSeen[Int(slot)])
            if finding.hasRisen || finding.isNewMember { output.entitySignals.append(cause.signal(finding)) }
            guard rule.blame == .accounts else { continue }
            if countsAccounts, finding.hasRisen {
                for member in column.members(of: Int(slot)) {
                    let share = parameters.share(isFresh: member.isFresh)
                    cause.tell(AccountRef(rawValue: member.id), finding, share: share, to: &output.signals)
                }
            } else if finding.concernsMember || !countsAccounts {
                let share = countsAccounts ? parameters.share(isFresh: isFresh) : 1
                cause.tell(standing.account, finding, share: share, to: &output.signals)
            }
        }
    }

    func observe(
        _ operations: ArraySlice<EntityTable.Operation>, _ slots: [UInt32], since firstSeen: [Timestamp],
        of group: CompiledRules.EntityGroup, with column: inout RateColumn, to output: inout EntityOutput
    ) {
        let rule = column.rule
        for (operation, slot) in zip(operations, slots) {
            let event = Int(operation.event)
            let account = standings[event].account
            let finding = column.observe(Int(slot), account, at: batch.events[event].time)
            guard let finding else { continue }
            let cause = cause(rule.index, batch.events[event], of: group, since: firstSeen[Int(slot)])
            if finding.hasRisen || finding.isNewMember { output.entitySignals.append(cause.signal(finding)) }
            guard rule.blame == .accounts else { continue }
            if finding.hasRisen {
                for member in column.members(of: Int(slot)) {
                    cause.tell(AccountRef(rawValue: member.id), finding, share: 1, to: &output.signals)
                }
            } else if finding.concernsMember {
                cause.tell(account, finding, share: 1, to: &output.signals)
            }
        }
    }

    private func cause(
        _ rule: Int, _ event: Event, of group: CompiledRules.EntityGroup, since firstSeen: Timestamp
    ) -> Cause {
        Cause(
            rule: rule, entity: EntityKey(kind: group.kind, text: group.key.label(of: event, in: batch)),
            seq: event.seq, order: event.order, time: event.time, watermark: event.watermark, firstSeen: firstSeen)
    }
}

/// The event that made a finding on an entity, and what becomes of the finding.
private struct Cause {
    var rule: Int
    var entity: EntityKey
    var seq: UInt64
    var order: UInt64
    var time: Timestamp
    var watermark: Timestamp
    var firstSeen: Timestamp

    func signal(_ finding: Finding) -> EntitySignal {
        EntitySignal(
            entity: entity, rule: rule, seq: seq, order: order, time: time, strength: finding.strength,
            count: finding.count, firstSeen: firstSeen)
    }

    /// Signals an account by its share of the blame, 0 to 1.
    func tell(_ account: AccountRef, _ finding: Finding, share: Double, to signals: inout [Signal]) {
        guard account != .none, share > 0 else { return }
        signals.append(
            Signal(
                account: account, rule: rule, seq: seq, order: order, time: time, watermark: watermark,
                strength: finding.strength * share,
                evidence: .count(entity: entity, count: finding.count, fresh: finding.freshCount, names: [])))
    }
}
