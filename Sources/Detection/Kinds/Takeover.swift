import RiskModel

/// `takeover`: failures over many accounts from one source, then a success from a place that is new to the account.
///
/// A source attacks where it failed to get into more accounts than `allow`, and nearly all that it tried held: behind a
/// carrier's address many forget their passwords, and many more do not. Whoever is logged in to from an attacking source, from
/// a device or network that the account never used, is taken over, also where that came before the source was known to
/// attack. The source is to blame; the account is its victim.
///
/// With the account for its key the rule looks at one account alone. A success from a device and a network that are new to it,
/// within a day of a failure from such a place, is a takeover. One without a failure is
/// none by itself: people travel and buy telephones; it is ``suspicion``, and says only that nobody shall be banned for what
/// follows, and a takeover if a violation of policy follows within days.
struct TakeoverColumn: EntityColumn, AccountColumn {
    /// What the account's own doings may have been seen for.
    private struct Watch: Sendable {
        /// The latest failure from a place that was not the account's.
        var failed = Timestamp.epoch
        var failures: UInt16 = 0
        /// The latest use from a device and a network that were new; where no device was known or is told, from a new network
        /// in a new country.
        var strange = Timestamp.epoch
    }

    /// The strength of what may be a takeover: too little for the account to count as compromised.
    static let suspicion = 0.05
    private static let leastCertain = 0.5
    private static let attempt = Interval(seconds: 86_400)
    private static let aftermath = Interval(seconds: 5 * 86_400)

    private struct Suspect: Sendable {
        var account: UInt64
        var time: Timestamp
        var firsts: Sights
    }

    private struct State: Sendable {
        var failed = MemberWindow()
        var held = MemberWindow()
        /// Logged in to from here, from a place that was new to them; not told yet.
        var suspects: [Suspect] = []
        var escalation = Escalation()

        /// Notes an attempt, and returns how much the source attacks.
        mutating func observe(_ attempt: Attempt, _ parameters: TakeoverParameters) -> Double {
            let window = parameters.window
            let (tried, time) = (attempt.tried, attempt.time)
            if !suspects.isEmpty { suspects.removeAll { $0.time <= time - window } }
            failed.advance(to: time, window: window)
            held.advance(to: time, window: window)
            if attempt.failed {
                _ = failed.observe(tried, at: time, isFresh: false, window: window)
            } else if attempt.isElsewhere {
                suspects.removeAll { $0.account == tried }
                suspects.append(Suspect(account: tried, time: time, firsts: attempt.standing.firsts))
                if suspects.count > TakeoverColumn.limit { suspects.removeFirst() }
                // Of an account that nobody knew before, nobody can say where it lives: it speaks for the source, too.
                if attempt.standing.isFirstSight {
                    _ = held.observe(tried, at: time, isFresh: false, window: window)
                }
            } else {
                _ = held.observe(tried, at: time, isFresh: false, window: window)
            }
            let strength = parameters.ramp.strength(Double(failed.count))
            guard strength > 0 else { return 0 }
            let share = Double(failed.count) / Double(failed.count + held.count)
            // Who attacks, attacks: the victims of the first hour are no less victims than those of the last.
            return share >= parameters.minimumShare ? max(strength, TakeoverColumn.leastCertain) : 0
        }
    }

    /// A login from a source.
    private struct Attempt {
        var tried: UInt64
        var time: Timestamp
        var failed: Bool
        /// It succeeded from where the account is not known to be.
        var isElsewhere: Bool
        var standing: Standing
    }

    /// The most suspects that are kept for a source.
    private static let limit = 64

    let rule: Bound<TakeoverParameters>
    private var states = SparseStates<State>()
    private var watches = SparseStates<Watch>()

    init(_ rule: Bound<TakeoverParameters>) { self.rule = rule }

    var shape: UInt64 { rule.shape }
    var memory: Interval { rule.parameters.window }

    // Sources without a failure need no state.
    var startsAlways: Bool { false }

    func starts(_ event: Int, of passage: Passage) -> Bool {
        if passage.batch.events[event].outcome == .failure { return true }
        return passage.standings[event].isElsewhere(at: passage.batch.events[event].time)
    }

    var condition: BoundCondition { rule.condition }

    mutating func pass(_ visit: AccountVisit, _ positions: [UInt32], to signals: inout [Signal]) {
        for position in positions {
            let found = observe(visit.event(position), of: visit.batch, visit.standing(position))
            guard let (strength, count, traits) = found else { continue }
            signals.append(
                visit.signal(
                    position, rule.index, strength, .pattern(entity: nil, count: count, traits: traits)))
        }
    }

    /// Observes what an account does, or what is done to it.
    private mutating func observe(
        _ event: Int, of batch: borrowing EventBatch, _ standing: Standing
    ) -> (strength: Double, count: Int, traits: [String])? {
        let slot = standing.account.slot
        let time = batch.events[event].time
        let type = batch.events[event].type
        if type == .policyViolation {
            guard let watch = watches[slot], watch.strange != .epoch, time - watch.strange <= Self.aftermath else {
                return nil
            }
            return (0.5, Int(watch.failures), ["then violations of policy"])
        }
        guard batch.events[event].hasAddress, !standing.isFirstSight, standing.isElsewhere(at: time) else {
            return nil
        }
        // One's own device in another network is a journey. Whose clients tell none cannot be told by one.
        let isOwnDevice =
            !batch.events[event].device.isEmpty && standing.hadDevice && !standing.firsts.contains(.device)
        let isAnothers = standing.firsts.contains(.network) && !isOwnDevice
        guard isAnothers else { return nil }
        if batch.events[event].outcome == .failure {
            guard type == .login else { return nil }
            let place = watches.place(of: slot, making: Watch())
            watches[at: place].failed = time
            watches[at: place].failures &+= 1
            return nil
        }
        let isStrange = standing.firsts.contains(.country) || standing.firsts.contains(.device)
        if isStrange { watches[slot, default: Watch()].strange = time }
        if let watch = watches[slot], watch.failed != .epoch, time - watch.failed <= Self.attempt {
            watches[slot, default: Watch()].strange = time
            return (1, Int(watch.failures), Self.words(standing.firsts))
        }
        return isStrange ? (Self.suspicion, 0, Self.words(standing.firsts)) : nil
    }

    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput) {
        let batch = visit.passage.batch
        let text = batch.text.span
        for (index, slot) in zip(visit.events, visit.slots) {
            let event = Int(index)
            let standing = visit.passage.standings[event]
            // A name that nobody has is an account that was tried, too.
            let tried =
                standing.account != .none
                ? standing.account.rawValue
                : Field.username.member(
                    of: batch.events[event], account: .none, text: text, hash: visit.passage.hash)
            guard let tried else { continue }
            let time = batch.events[event].time
            let failed = batch.events[event].outcome == .failure
            let isElsewhere = !failed && standing.isElsewhere(at: time)
            let known =
                failed || isElsewhere
                ? states.place(of: Int(slot), making: State()) : states.place(of: Int(slot))
            guard let place = known else { continue }
            let strength = states[at: place].observe(
                Attempt(tried: tried, time: time, failed: failed, isElsewhere: isElsewhere, standing: standing),
                rule.parameters)
            guard strength > 0 else { continue }
            let count = states[at: place].failed.count
            let cause = visit.cause(rule.index, event, slot)
            if states[at: place].escalation.rises(to: strength) {
                output.entitySignals.append(cause.signal(strength: strength, count: count))
            }
            for suspect in states[at: place].suspects {
                cause.tell(
                    AccountRef(rawValue: suspect.account), strength,
                    .pattern(entity: cause.entity, count: count, traits: Self.words(suspect.firsts)),
                    to: &output.signals)
            }
            states[at: place].suspects.removeAll()
        }
    }

    private static func words(_ firsts: Sights) -> [String] {
        if firsts.isEmpty { return ["before anything was known of the account"] }
        let news = Sights.names.filter { firsts.contains($0.sight) && $0.sight != .switched }
        return news.map { "from a new " + $0.name }
    }

    mutating func clear(_ slot: Int) {
        states.clear(slot)
        watches.clear(slot)
    }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        states.encode(into: &writer) { state, writer in
            state.failed.encode(into: &writer)
            state.held.encode(into: &writer)
            state.escalation.encode(into: &writer)
            writer.write(count: state.suspects.count)
            for suspect in state.suspects {
                writer.write(suspect.account)
                writer.write(suspect.time)
                writer.write(suspect.firsts.rawValue)
            }
        }
        watches.encode(into: &writer) { watch, writer in
            writer.write(watch.failed)
            writer.write(watch.failures)
            writer.write(watch.strange)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let window = rule.parameters.window
        try states.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            var state = State()
            state.failed = try MemberWindow(from: &reader, window: window)
            state.held = try MemberWindow(from: &reader, window: window)
            state.escalation = try Escalation(from: &reader)
            for _ in 0..<(try reader.readCount(bytesEach: 17)) {
                let suspect = Suspect(
                    account: try reader.read(), time: try reader.readTimestamp(),
                    firsts: Sights(rawValue: try reader.read()))
                guard AccountRef(rawValue: suspect.account).isInPartition, state.suspects.count < Self.limit else {
                    throw .invalid("a suspect")
                }
                state.suspects.append(suspect)
            }
            return state
        }
        try watches.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            Watch(
                failed: try reader.readTimestamp(), failures: try reader.read(), strange: try reader.readTimestamp())
        }
    }
}

extension Standing {
    /// An account this young when it is "taken over" may be the attacker's own.
    private static let youngest = Interval(seconds: 86_400)

    /// Whether the account is used from a device or a network that is not known to be its own.
    fileprivate func isElsewhere(at time: Timestamp) -> Bool {
        if isFresh(at: time, for: Self.youngest) { return false }
        return isFirstSight ? registeredAt == .epoch : !firsts.isDisjoint(with: [.device, .network])
    }
}
