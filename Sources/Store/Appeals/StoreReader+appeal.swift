internal import GRDB
internal import Glibc
package import RiskModel

extension StoreReader {
    /// At most so many other accounts are looked at for each charge.
    private static let sharerLimit = 20_000

    /// Gathers what a person needs to answer an appeal; `nil` where there is no such account.
    ///
    /// Reads all of `signals`, and all of `contributions` once for each entity that the evidence names: seconds in a large
    /// database, and one transaction.
    ///
    /// - Parameter flags: what the databases say of an address now; without one, no clue comes from there.
    package func appeal(
        of name: String, flags: ((IPAddress) -> NetworkFlags)? = nil
    ) throws(StoreError) -> Appeal? {
        guard let (account, parts) = try explanation(of: name) else { return nil }
        var filter = VerdictFilter()
        filter.account = name
        let verdicts = try verdicts(filter)
        var alertFilter = AlertFilter()
        alertFilter.account = name
        alertFilter.newestFirst = false
        let rises = try alerts(alertFilter).filter { $0.campaign == nil }
        let latest = try watermark()
        let hidden = try hiddenNetworks()
        return try read { db in
            let now = latest ?? account.scoredAt.flatMap(Timestamp.init(column:)) ?? .epoch
            let rules = try Self.rules(db)
            let charges = try parts.filter { !$0.isPrior }.map { part in
                try Self.charge(part, of: account, among: parts, rules, verdicts, now, hidden ? nil : flags, db)
            }
            return Appeal(
                standing: Appeal.Standing(account), now: now.column, charges: charges,
                outlook: Self.outlook(parts, scored: account.scoredAt.flatMap(Timestamp.init(column:)), now: now),
                exhibits: try Self.exhibits(of: name, db),
                rises: rises.map { Appeal.Rise(time: $0.eventTime, level: $0.level, score: $0.score) },
                membership: try Self.membership(of: name, db),
                verdicts: verdicts.map {
                    Appeal.Word(
                        verdict: $0.verdict, until: $0.until, by: $0.by, why: $0.why, time: $0.eventTime,
                        inForce: $0.isInForce)
                },
                addressesAreHidden: hidden)
        }
    }

    /// What of a rule an appeal needs.
    private struct RuleNotes {
        var kind: String
        var member: String?
        var reason: String
    }

    private static func rules(_ db: Database) throws -> [String: RuleNotes] {
        try Row.fetchAll(db, sql: "SELECT rule, kind, member, reason FROM rules").reduce(into: [:]) { rules, row in
            rules[try row.value("rule")] = RuleNotes(
                kind: try row.value("kind"), member: try row.value("member"), reason: try row.value("reason"))
        }
    }

    private static func charge(
        _ part: ContributionRow, of account: AccountRow, among parts: [ContributionRow],
        _ rules: [String: RuleNotes], _ verdicts: [VerdictRow], _ now: Timestamp,
        _ flags: ((IPAddress) -> NetworkFlags)?, _ db: Database
    ) throws -> Appeal.Charge {
        let rule = rules[part.rule]
        let evidence = EvidenceRecord(json: part.evidence)
        let since = part.since.flatMap(Timestamp.init(column:)) ?? now
        var sharing: Appeal.Sharing?
        if let kind = evidence?.entity, let key = evidence?.key {
            sharing = try Self.sharing(kind, key, with: account, since: since, db)
        }
        var explanations: [Appeal.Explanation] = []
        if let evidence {
            let bases = parts.compactMap(\.basis).filter { $0 != part.basis }
            let facts = Circumstances(
                now: now, firstSeen: account.firstSeen.flatMap(Timestamp.init(column:)), since: since,
                updated: part.updated.flatMap(Timestamp.init(column:)) ?? now, evidence: evidence, sharing: sharing,
                otherBases: Array(Set(bases)).sorted(), usesRelays: parts.contains { $0.heuristic == "anonymizer" },
                isCompromised: account.compromised, wasCleared: verdicts.contains { $0.verdict == "cleared" },
                networkFlags: flags.map { ask in
                    evidence.addresses.map(ask).reduce(into: NetworkFlags()) { $0.formUnion($1) }
                })
            let topic = AppealTopic(heuristic: part.heuristic, kind: rule?.kind, entity: evidence.entity)
            explanations = InnocentCase.fitting(topic, facts)
        }
        return Appeal.Charge(
            rule: part.rule, heuristic: part.heuristic, basis: part.basis, points: part.points,
            statement: part.explanation,
            plainStatement: evidence?.plainStatement(
                sentence: part.explanation, reason: rule?.reason, member: rule?.member) ?? rule?.reason ?? part.rule,
            since: part.since ?? "", updated: part.updated ?? "", halfLifeSeconds: part.halfLifeSeconds,
            sharing: sharing, explanations: explanations)
    }

    /// The others with evidence on the same entity, counted without a name.
    private static func sharing(
        _ kind: String, _ key: String, with account: AccountRow, since: Timestamp, _ db: Database
    ) throws -> Appeal.Sharing {
        let prefix = EvidenceRecord.prefix(entity: kind, key: key)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT a.first_seen, a.level, a.verdict, EXISTS (
                    SELECT 1 FROM contributions o WHERE o.account = a.account AND o.rule <> 'prior'
                        AND substr(o.evidence, 1, length(?1)) <> ?1) AS has_other
                FROM accounts a WHERE a.account <> ?2 AND a.account IN (
                    SELECT account FROM contributions WHERE substr(evidence, 1, length(?1)) = ?1)
                ORDER BY a.account LIMIT ?3
                """, arguments: [prefix, account.account, sharerLimit])
        var sharing = Appeal.Sharing(kind: kind, key: key)
        let own = account.firstSeen.flatMap(Timestamp.init(column:))
        while let row = try rows.next() {
            sharing.others += 1
            let firstSeen = try (row.value("first_seen") as String?).flatMap(Timestamp.init(column:))
            if let firstSeen {
                if since - firstSeen >= Interval(seconds: 30 * 86_400) { sharing.established += 1 }
                if let own, abs((firstSeen - own).seconds) <= 86_400 { sharing.together += 1 }
            }
            if try !(row.value("has_other") as Bool) { sharing.otherwiseClean += 1 }
            let level: String = try row.value("level")
            if level == Level.review.name || level == Level.ban.name { sharing.atReview += 1 }
            switch try row.value("verdict") as String? {
            case Verdict.Kind.banned.rawValue: sharing.banned += 1
            case Verdict.Kind.cleared.rawValue: sharing.cleared += 1
            default: break
            }
        }
        sharing.firstSeen = try String.fetchOne(
            db, sql: "SELECT min(first_seen) FROM entities WHERE kind = ? AND key = ?", arguments: [kind, key])
        return sharing
    }

    /// The score after some days without new evidence. A family at its cap falls later than this says.
    private static func outlook(
        _ parts: [ContributionRow], scored: Timestamp?, now: Timestamp
    ) -> [Appeal.Outlook] {
        guard let scored, let prior = parts.first(where: \.isPrior), parts.count > 1 else { return [] }
        let age = max((now - scored).seconds, 0)
        return [0, 7, 30, 90, 180].map { days in
            let seconds = age + Double(days) * 86_400
            let evidence = parts.filter { !$0.isPrior }.reduce(0.0) { sum, part in
                sum + part.evidenceValue * exp2(-seconds / max(part.halfLifeSeconds ?? .infinity, 1))
            }
            let score = ScorePolicy.score(logOdds: prior.evidenceValue + evidence)
            return Appeal.Outlook(days: days, score: Double(ScorePolicy.points(score)) / 100)
        }
    }

    private static func exhibits(of name: String, _ db: Database) throws -> [Appeal.Exhibit] {
        try Row.fetchAll(
            db,
            sql: "SELECT time, rule, strength, evidence, seq FROM signals WHERE account = ? ORDER BY id DESC LIMIT ?",
            arguments: [name, Appeal.exhibitLimit]
        ).map { row in
            Appeal.Exhibit(
                time: try row.value("time"), rule: try row.value("rule"), strength: try row.value("strength"),
                evidence: try row.value("evidence"), seq: try row.value("seq"))
        }
    }

    private static func membership(of name: String, _ db: Database) throws -> Appeal.Membership? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT c.id, c.cause, c.members, c.level, m.entity_kind || ' ' || m.entity_key AS tied_by, m.joined
                FROM campaign_members m JOIN campaigns c ON c.id = m.campaign WHERE m.account = ?
                """, arguments: [name]
        ).map { row in
            Appeal.Membership(
                campaign: try row.value("id"), cause: try row.value("cause"), members: try row.value("members"),
                level: try row.value("level"), tiedBy: try row.value("tied_by"), joined: try row.value("joined"))
        }
    }
}

extension Appeal.Standing {
    init(_ row: AccountRow) {
        self.init(
            account: row.account, score: row.score, level: row.level, compromised: row.compromised,
            firstSeen: row.firstSeen, scoredAt: row.scoredAt, peakLevel: row.peakLevel, peakScore: row.peakScore,
            peakAt: row.peakAt, campaign: row.campaign)
    }
}

extension EvidenceRecord {
    /// The addresses that it names; of a network its first.
    fileprivate var addresses: [IPAddress] {
        var texts = [from?.ip, to?.ip].compactMap(\.self)
        if let key, entity == EntityKind.ip.name || entity == EntityKind.prefix.name {
            texts.append(String(key.prefix { $0 != "/" }))
        }
        return texts.compactMap { IPAddress($0) }
    }
}
