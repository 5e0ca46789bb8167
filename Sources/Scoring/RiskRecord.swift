import Glibc
import RiskModel

/// An account that some rule has spoken of: its evidence, its level, and when that will fall.
struct RiskRecord: Sendable {
    /// One rule's evidence.
    struct Entry: Sendable {
        var rule: Int
        /// Strength at `updated`, 0 to 1.
        var strength: Double
        var since: Timestamp
        var updated: Timestamp
        var evidence: Evidence

        /// Strength after decay; times before `updated` give the strength itself.
        func strength(at now: Timestamp, halfLife: Interval) -> Double {
            let age = now - updated
            return age <= .zero ? strength : strength * exp2(-age.seconds / halfLife.seconds)
        }
    }

    /// Evidence that has decayed below this strength is forgotten.
    static let negligible = 0.005
    /// An account is compromised for as long as a takeover has this strength or more.
    static let compromising = 0.1
    /// An account that was taken over is never lifted above this by what came after.
    static let compromisedLimit = Level.watch
    /// For so long another may have had the account before anyone noticed.
    static let unnoticed = Interval(seconds: 7 * 86_400)
    /// Evidence of this strength that many use the account at once says that it is sold rather than stolen; of twice this, more
    /// than a suspicion of theft can say against.
    static let sharing = 0.4
    /// An account that may have been taken over, or is sold by whoever has it, is not lifted above this.
    static let suspectedLimit = Level.review
    /// A signal counts only if it raises its rule's strength by more than this.
    static let material = 0.01

    let account: NewAccount
    /// In order of the rules.
    var entries: [Entry] = []
    var level = Level.normal
    /// When the score was last taken.
    var time: Timestamp
    /// The latest event whose signal counted.
    var seq: UInt64 = 0
    /// That event's ``Event/order``.
    var order: UInt64 = 0
    /// Not before this does the level fall if nothing else happens; ``Timestamp/latest`` for never.
    var due = Timestamp.latest
    /// Whether `due` is when it falls. To tell that takes long, and most accounts hear something new before.
    private(set) var isDueExact = false
    /// When the timers that wait for it ring, latest first. One that rings before `due` sets the next, so a timer is added
    /// only where none rings in time.
    var timers: [Timestamp] = []
    /// When each level above normal last raised an alert.
    var alerted = InlineArray<3, Timestamp?>(repeating: nil)
    var peak: Score.Peak
    /// What an analyst said last, while it holds.
    var verdict: Verdict?
    /// The rules whose evidence the verdict `cleared` has removed: what they say again counts little while it holds.
    var cleared: [Int] = []

    init(_ account: NewAccount) {
        self.account = account
        time = account.firstSeen
        peak = Score.Peak(level: .normal, points: 0, time: account.firstSeen)
    }

    /// Takes in a signal; whether it counted. Call ``settle(at:rules:)`` after the last signal of an event.
    mutating func add(_ signal: Signal, rules: RuleSet) -> Bool {
        let halfLife = rules.rules[signal.rule].halfLife
        dropVerdict(at: signal.watermark)
        let isDamped = verdict?.kind == .cleared && cleared.contains(signal.rule)
        var entry = Entry(
            rule: signal.rule, strength: signal.strength * (isDamped ? Verdict.damping : 1), since: signal.time,
            updated: signal.time, evidence: signal.evidence)
        if let i = entries.firstIndex(where: { $0.rule == signal.rule }) {
            let now = signal.watermark
            let held = entries[i].strength(at: now, halfLife: halfLife)
            guard entry.strength(at: now, halfLife: halfLife) > held + Self.material else { return false }
            if held >= Self.negligible { entry.since = entries[i].since }
            entries[i] = entry
        } else {
            guard entry.strength(at: signal.watermark, halfLife: halfLife) > Self.material else { return false }
            let place = entries.firstIndex { $0.rule > signal.rule } ?? entries.endIndex
            entries.insert(entry, at: place)
        }
        seq = signal.seq
        order = signal.order
        return true
    }

    /// Takes the score at `now`, moves the level, and says whether the rise is to be alerted.
    mutating func settle(at now: Timestamp, rules: RuleSet) -> Alert? {
        time = max(time, now)
        entries.removeAll {
            $0.strength(at: time, halfLife: rules.rules[$0.rule].halfLife) < Self.negligible
        }
        dropVerdict(at: time)
        let before = level
        let weighing = Weighing(entries, at: time, rules: rules)
        level = weighing.level(holding: before, policy: rules.policy)
        if let takeover = takeover(rules: rules) {
            // What was held against the account long before is its own; all since may be the other's.
            let own = entries.filter { $0.since < takeover.since - Self.unnoticed }
            let ownLevel = Weighing(own, at: time, rules: rules).level(holding: .normal, policy: rules.policy)
            let sharing =
                entries.lazy.filter { rules.rules[$0.rule].tellsSharing }
                .map { [time] in $0.strength(at: time, halfLife: rules.rules[$0.rule].halfLife) }.max() ?? 0
            let limit: Level =
                if takeover.isCertain {
                    sharing >= Self.sharing ? Self.suspectedLimit : Self.compromisedLimit
                } else {
                    sharing >= 2 * Self.sharing ? .ban : Self.suspectedLimit
                }
            level = min(level, max(limit, ownLevel))
        }
        let points = ScorePolicy.points(weighing.score)
        if (level, points) > (peak.level, peak.points) {
            peak = Score.Peak(level: level, points: points, time: time)
        }
        foretellFall(rules: rules)
        guard level > before else { return nil }
        let recently = time - rules.policy.cooldown
        for higher in Int(level.rawValue) - 1..<3 {
            if let last = alerted[higher], last > recently { return nil }
        }
        alerted[Int(level.rawValue) - 1] = time
        return Alert(level: level, previousLevel: before, score: score(rules: rules))
    }

    /// Takes in an analyst's word.
    mutating func decide(_ verdict: Verdict, at now: Timestamp, seq: UInt64, order: UInt64, rules: RuleSet) {
        self.verdict = verdict.kind == .withdrawn ? nil : verdict
        cleared = []
        if verdict.kind == .cleared {
            cleared = entries.map(\.rule)
            entries = []
        }
        self.seq = seq
        self.order = order
        _ = settle(at: now, rules: rules)
    }

    private mutating func dropVerdict(at now: Timestamp) {
        guard let verdict, verdict.until <= now else { return }
        self.verdict = nil
        cleared = []
    }

    /// Whether another has the account, as far as anyone knows.
    func isCompromised(rules: RuleSet) -> Bool {
        if verdict?.kind == .compromised { return true }
        return entries.contains { rules.rules[$0.rule].tellsTakeover && compromises($0, rules: rules) }
    }

    /// Since when what is held against the account may be the doing of whoever took it over, and whether that is more than a
    /// suspicion; `nil` where there is none.
    private func takeover(rules: RuleSet) -> (since: Timestamp, isCertain: Bool)? {
        if verdict?.kind == .compromised { return (.epoch, true) }
        var found: (since: Timestamp, isCertain: Bool)?
        for entry in entries where rules.rules[entry.rule].tellsTakeover && !rules.rules[entry.rule].isShadow {
            found = (
                min(found?.since ?? .latest, entry.since),
                found?.isCertain ?? false || compromises(entry, rules: rules)
            )
        }
        return found
    }

    /// When the account stops counting as compromised if nothing else happens; ``Timestamp/latest`` where it does not count as that.
    private func recovery(rules: RuleSet) -> Timestamp {
        var last = verdict?.kind == .compromised ? verdict?.until ?? time : .epoch
        for entry in entries where rules.rules[entry.rule].tellsTakeover && compromises(entry, rules: rules) {
            let halfLives = log2(entry.strength / Self.compromising)
            let seconds = rules.rules[entry.rule].halfLife.seconds * max(0, halfLives)
            last = max(last, entry.updated + Interval(seconds: Int64(seconds.rounded(.up)) + 1))
        }
        return last == .epoch ? .latest : max(min(last, .latest), time + Interval(seconds: 1))
    }

    private func compromises(_ entry: Entry, rules: RuleSet) -> Bool {
        !rules.rules[entry.rule].isShadow
            && entry.strength(at: time, halfLife: rules.rules[entry.rule].halfLife) >= Self.compromising
    }

    /// Lets the level fall as often as it is due up to `now`; whether it did.
    mutating func fall(through now: Timestamp, rules: RuleSet) -> Bool {
        var fell = false
        while due <= now, due != .latest {
            guard isDueExact else {
                due = min(nextFall(rules: rules), recovery(rules: rules))
                isDueExact = true
                continue
            }
            _ = settle(at: due, rules: rules)
            fell = true
        }
        return fell
    }

    /// For so long it is tried at once whether the level holds.
    private static let foretold: Int64 = 3600

    /// Sets `due`: exactly where the level falls soon, else for when it is to be looked at again.
    private mutating func foretellFall(rules: RuleSet) {
        let recovery = recovery(rules: rules)
        var fall = Timestamp.latest
        isDueExact = true
        if level > .normal {
            if holds(after: Self.foretold, rules: rules) {
                fall = min(time + Interval(seconds: Self.foretold), .latest)
                isDueExact = recovery < fall
            } else {
                fall = nextFall(rules: rules)
            }
        }
        due = min(fall, recovery)
    }

    private func holds(after seconds: Int64, rules: RuleSet) -> Bool {
        let then = time + Interval(seconds: seconds)
        return Weighing(entries, at: then, rules: rules).level(holding: level, policy: rules.policy) >= level
    }

    /// The first whole second after ``time`` at which the level no longer holds. The score only falls by itself.
    private func nextFall(rules: RuleSet) -> Timestamp {
        var low: Int64 = 0
        var high = Self.foretold
        while holds(after: high, rules: rules) {
            low = high
            high *= 4
            if high > 4_000_000_000 { return .latest }
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if holds(after: middle, rules: rules) { low = middle } else { high = middle }
        }
        return min(time + Interval(seconds: high), .latest)
    }

    /// Whether nothing of this is worth keeping at `now`: neither evidence nor an alert that must not be repeated yet.
    func isSpent(at now: Timestamp, rules: RuleSet) -> Bool {
        let recently = now - rules.policy.cooldown
        for i in alerted.indices {
            if let last = alerted[i], last > recently { return false }
        }
        if let verdict, verdict.until > now { return false }
        return level == .normal
            && entries.allSatisfy {
                $0.strength(at: now, halfLife: rules.rules[$0.rule].halfLife) < Self.negligible
            }
    }

    /// The score as of ``time``, taken apart.
    func score(rules: RuleSet) -> Score {
        let weighing = Weighing(entries, at: time, rules: rules)
        let base = rules.policy.basePoints
        let total = ScorePolicy.points(weighing.score)
        let strengths = entries.map { $0.strength(at: time, halfLife: rules.rules[$0.rule].halfLife) }
        let values = entries.indices.map {
            weighing.value(strength: strengths[$0], rule: rules.rules[entries[$0].rule])
        }
        let shares = Weighing.shares(of: total - base, in: values)
        let contributions = entries.indices.map { i in
            Contribution(
                rule: entries[i].rule, points: shares[i], evidenceValue: values[i], strength: strengths[i],
                since: entries[i].since, updated: entries[i].updated, evidence: entries[i].evidence)
        }
        let hasShadow = entries.contains { rules.rules[$0.rule].isShadow }
        let shadow = hasShadow ? Weighing(entries, at: time, rules: rules, countsShadow: true).score : 0
        return Score(
            account: account.account, firstSeen: account.firstSeen, points: total, basePoints: base, level: level,
            compromised: isCompromised(rules: rules), time: time, seq: seq, order: order,
            contributions: contributions, peak: peak, verdict: verdict?.kind,
            shadowPoints: hasShadow ? ScorePolicy.points(shadow) : nil)
    }

    /// By which entities the account belongs together with others, each with the rule that says so.
    func ties(rules: RuleSet) -> [(entity: EntityKey, rule: Int)] {
        entries.compactMap { entry in
            let rule = rules.rules[entry.rule]
            guard rule.tiesAccounts, !rule.isShadow, let entity = entry.evidence.entity,
                entry.strength(at: time, halfLife: rule.halfLife) >= Self.tying
            else { return nil }
            return (entity, entry.rule)
        }
    }

    /// Evidence of less strength ties nobody to a campaign.
    private static let tying = 0.25
}
