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
        /// The latest use from a device and a network that were new; where no device is told, from a new network in a new country.
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
    }

    /// The most suspects that are kept for a source.
    private static let limit = 64

    let rule: Bound<TakeoverParameters>
    private var states = SparseStates<State>()
    private var watches = SparseStates<Watch>()

    init(_ rule: Bound<TakeoverParameters>) { self.rule = rule }

    var shape: UInt64 { rule.shape }
    var memory: Interval { rule.parameters.window }

    mutating func pass(_ visit: AccountVisit, to signals: inout [Signal]) {
        let text = visit.batch.text.span
        for (index, standing) in zip(visit.events, visit.standings) {
            let event = visit.batch.events[Int(index)]
            guard rule.condition.holds(for: event, standing: standing, text: text),
                let (strength, count, traits) = observe(event, standing)
            else { continue }
            signals.append(
                Signal(
                    event, standing.account, rule.index, strength,
                    .pattern(entity: nil, count: count, traits: traits)))
        }
    }

    /// Observes what an account does, or what is done to it.
    private mutating func observe(
        _ event: Event, _ standing: Standing
    ) -> (strength: Double, count: Int, traits: [String])? {
        let slot = standing.account.slot
        if event.type == .policyViolation {
            guard let watch = watches[slot], watch.strange != .epoch,
                event.time - watch.strange <= Self.aftermath
            else { return nil }
            return (0.5, Int(watch.failures), ["then violations of policy"])
        }
        guard event.hasAddress, !standing.isFirstSight, standing.isElsewhere(at: event.time) else { return nil }
        // One's own device in another network is a journey.
        let isAnothers =
            standing.firsts.contains(.network) && (event.device.isEmpty || standing.firsts.contains(.device))
        guard isAnothers else { return nil }
        if event.outcome == .failure {
            guard event.type == .login else { return nil }
            watches[slot, default: Watch()].failed = event.time
            watches[slot, default: Watch()].failures &+= 1
            return nil
        }
        let isStrange = standing.firsts.contains(.country) || standing.firsts.contains(.device)
        if isStrange { watches[slot, default: Watch()].strange = event.time }
        if let watch = watches[slot], watch.failed != .epoch, event.time - watch.failed <= Self.attempt {
            watches[slot, default: Watch()].strange = event.time
            return (1, Int(watch.failures), Self.words(standing.firsts))
        }
        return isStrange ? (Self.suspicion, 0, Self.words(standing.firsts)) : nil
    }

    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput) {
        let text = visit.passage.batch.text.span
        for (operation, slot) in zip(visit.operations, visit.slots) {
            let index = Int(operation.event)
            let event = visit.passage.batch.events[index]
            let standing = visit.passage.standings[index]
            let failed = event.outcome == .failure
            // A name that nobody has is an account that was tried, too.
            let tried =
                standing.account != .none
                ? standing.account.rawValue
                : Field.username.member(of: event, account: .none, text: text, hash: visit.passage.hash)
            guard let tried else { continue }
            // Sources without a failure need no state.
            if !failed, states[Int(slot)] == nil, !standing.isElsewhere(at: event.time) { continue }
            var state = states[Int(slot)] ?? State()
            defer { states[Int(slot), default: State()] = state }
            let strength = observe(tried, failed, standing, event.time, &state)
            guard strength > 0 else { continue }
            let count = state.failed.count
            let cause = visit.cause(rule.index, index, slot)
            if state.escalation.rises(to: strength) {
                output.entitySignals.append(cause.signal(strength: strength, count: count))
            }
            for suspect in state.suspects {
                cause.tell(
                    AccountRef(rawValue: suspect.account), strength,
                    .pattern(entity: cause.entity, count: count, traits: Self.words(suspect.firsts)),
                    to: &output.signals)
            }
            state.suspects.removeAll()
        }
    }

    /// Notes an attempt, and returns how much the source attacks.
    private func observe(
        _ tried: UInt64, _ failed: Bool, _ standing: Standing, _ time: Timestamp, _ state: inout State
    ) -> Double {
        let parameters = rule.parameters
        state.suspects.removeAll { $0.time <= time - parameters.window }
        state.failed.advance(to: time, window: parameters.window)
        state.held.advance(to: time, window: parameters.window)
        if failed {
            _ = state.failed.observe(tried, at: time, isFresh: false, window: parameters.window)
        } else if standing.isElsewhere(at: time) {
            state.suspects.removeAll { $0.account == tried }
            state.suspects.append(Suspect(account: tried, time: time, firsts: standing.firsts))
            if state.suspects.count > Self.limit { state.suspects.removeFirst() }
            // Of an account that nobody knew before, nobody can say where it lives: it speaks for the source, too.
            if standing.isFirstSight {
                _ = state.held.observe(tried, at: time, isFresh: false, window: parameters.window)
            }
        } else {
            _ = state.held.observe(tried, at: time, isFresh: false, window: parameters.window)
        }
        let strength = parameters.ramp.strength(Double(state.failed.count))
        guard strength > 0 else { return 0 }
        let share = Double(state.failed.count) / Double(state.failed.count + state.held.count)
        // Who attacks, attacks: the victims of the first hour are no less victims than those of the last.
        return share >= parameters.minimumShare ? max(strength, Self.leastCertain) : 0
    }

    private static func words(_ firsts: Sights) -> [String] {
        if firsts.isEmpty { return ["before anything was known of the account"] }
        let news = Sights.names.filter { firsts.contains($0.sight) && $0.sight != .switched }
        return news.map { "from a new " + $0.name }
    }

    mutating func append() {}

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
