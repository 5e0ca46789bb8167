package import RiskModel

/// Accounts at `review` or above that strong entities tie together, as they become campaigns.
///
/// A sequential fold behind the risk fold: it sees only accounts that have reached `review`, in order. Accounts and entities
/// are the nodes of a graph; a tie is an edge; what hangs together is a group (union-find, smaller into larger). A group of
/// ``ScorePolicy/campaignSize`` members becomes a campaign, with a number of its own that stays; when two campaigns turn out to
/// be one, the older number stays. A campaign alerts when it is born, whenever it has doubled since, and when its level rises;
/// its members do not alert by themselves.
package struct Campaigns: Sendable {
    /// A group that has not grown for so long is forgotten; its rows stay in the database.
    static let memory = Interval(seconds: 180 * 86_400)
    /// The most groups that are kept; beyond it those that have not grown for longest are forgotten.
    static let limit = 65_536

    struct Member: Sendable {
        var account: AccountRef
        var name: String
        var entity: EntityKey
        var rule: String
        var joined: Timestamp
        var seq: UInt64
    }

    struct Group: Sendable {
        /// 0 until it is a campaign.
        var id: UInt64 = 0
        var members: [Member] = []
        /// By entity and by rule: how many members.
        var entities: [EntityKey: Int] = [:]
        var rules: [String: Int] = [:]
        var level = Level.normal
        var first = Timestamp.latest
        var last = Timestamp.epoch
        var born = Timestamp.epoch
        /// How many members there were at the last alert.
        var alertedMembers = 0
        var alertedLevel = Level.normal
        var seq: UInt64 = 0
    }

    private(set) var groups: [UInt32: Group] = [:]
    private var groupOfAccount: [AccountRef: UInt32] = [:]
    private var groupOfEntity: [EntityKey: UInt32] = [:]
    private(set) var nextGroup: UInt32 = 0
    private(set) var nextID: UInt64 = 1

    package init() {}

    /// How many campaigns there are.
    package var count: Int { groups.values.count { $0.id != 0 } }

    /// What a batch makes of the campaigns: it gets the ties and the alerts of the risk fold, in order.
    package struct Output: Sendable {
        package var campaigns: [UInt64: Campaign] = [:]
        package var members: [CampaignMember] = []
        /// Those of accounts that belong to no campaign, and those of campaigns.
        package var alerts: [Alert] = []
    }

    package mutating func run(_ ties: [Tie], alerts: [Alert], rules: RuleSet) -> Output {
        var output = Output()
        guard !ties.isEmpty else {
            output.alerts = alerts.filter { !isMember($0) }
            return output
        }
        var next = 0
        var alert = 0
        while next < ties.count || alert < alerts.count {
            let order = min(
                next < ties.count ? ties[next].score.order : .max,
                alert < alerts.count ? alerts[alert].score.order : .max)
            // All that one event did comes together: a broadcast makes one alert.
            var touched: [UInt32] = []
            var scores: [UInt32: Score] = [:]
            while next < ties.count, ties[next].score.order == order {
                let group = take(ties[next], rules, &output)
                touched.append(group)
                scores[group] = ties[next].score
                next += 1
            }
            for group in Set(touched).sorted() { settle(group, scores[group], rules, &output) }
            while alert < alerts.count, alerts[alert].score.order == order {
                if !isMember(alerts[alert]) { output.alerts.append(alerts[alert]) }
                alert += 1
            }
        }
        return output
    }

    private var names: [ExactText: UInt32] = [:]

    /// Whether the account of an alert belongs to a campaign that has alerted its level.
    private func isMember(_ alert: Alert) -> Bool {
        guard let group = names[ExactText(alert.score.account)].flatMap({ groups[$0] }) else { return false }
        return group.id != 0 && alert.level <= group.level
    }

    /// Puts an account where it belongs, joining groups where it ties them, and returns the group.
    private mutating func take(_ tie: Tie, _ rules: RuleSet, _ output: inout Output) -> UInt32 {
        var found = Set(tie.ties.compactMap { groupOfEntity[$0.entity] })
        if let group = groupOfAccount[tie.account] { found.insert(group) }
        let group = join(found.sorted(), tie, &output)
        for (entity, _) in tie.ties { groupOfEntity[entity] = group }
        let isNew = groupOfAccount[tie.account] != group
        groupOfAccount[tie.account] = group
        names[ExactText(tie.score.account)] = group
        let strongest = tie.ties[0]
        let member = Member(
            account: tie.account, name: tie.score.account, entity: strongest.entity,
            rule: rules.rules[strongest.rule].id, joined: tie.score.time, seq: tie.score.seq)
        groups[group]?.add(member, isNew: isNew, tie, rules)
        if isNew, let id = groups[group]?.id, id != 0 { output.members.append(CampaignMember(id, member)) }
        return group
    }

    /// One group of all these: the campaign with the lowest number, or the largest group. A new one of none.
    private mutating func join(_ found: [UInt32], _ tie: Tie, _ output: inout Output) -> UInt32 {
        let candidates = found.compactMap { number in groups[number].map { (number: number, group: $0) } }
        let first = candidates.min { a, b in
            if a.group.id != b.group.id { return a.group.id == 0 ? false : b.group.id == 0 || a.group.id < b.group.id }
            let (x, y) = (a.group.members.count, b.group.members.count)
            return x != y ? x > y : a.number < b.number
        }
        guard let first else {
            nextGroup += 1
            groups[nextGroup] = Group()
            return nextGroup
        }
        let (keep, id) = (first.number, first.group.id)
        for other in found where other != keep {
            guard let gone = groups.removeValue(forKey: other) else { continue }
            for member in gone.members {
                groupOfAccount[member.account] = keep
                // A name may have passed to another account since.
                let name = ExactText(member.name)
                if names[name] == other { names[name] = keep }
            }
            for entity in gone.entities.keys { groupOfEntity[entity] = keep }
            groups[keep]?.absorb(gone)
            if gone.id != 0 {
                var campaign = gone.campaign
                campaign.mergedInto = id
                campaign.seq = tie.score.seq
                output.campaigns[gone.id] = campaign
            } else if id != 0 {
                output.members += gone.members.map { CampaignMember(id, $0) }
            }
        }
        return keep
    }

    /// Makes a group that is large enough a campaign, and alerts its birth and growth.
    private mutating func settle(_ number: UInt32, _ score: Score?, _ rules: RuleSet, _ output: inout Output) {
        guard var group = groups[number], let score else { return }
        if group.id == 0 {
            guard group.members.count >= rules.policy.campaignSize else { return }
            group.id = nextID
            nextID += 1
            group.born = score.time
            output.members += group.members.map { CampaignMember(group.id, $0) }
        }
        let campaign = group.campaign
        output.campaigns[group.id] = campaign
        if group.members.count >= 2 * group.alertedMembers || group.level > group.alertedLevel {
            output.alerts.append(
                Alert(
                    level: group.level, previousLevel: group.alertedMembers == 0 ? .normal : group.alertedLevel,
                    score: score, campaign: campaign))
            group.alertedMembers = group.members.count
            group.alertedLevel = group.level
        }
        groups[number] = group
    }

    /// Forgets groups that have not grown for long. Call only between batches, at places that follow from the events' order.
    package mutating func maintain(watermark: Timestamp) {
        var gone = groups.filter { $0.value.last <= watermark - Self.memory }.map(\.key)
        if groups.count - gone.count > Self.limit {
            let oldest = groups.sorted { ($0.value.last, $0.key) < ($1.value.last, $1.key) }
            gone = oldest.prefix(groups.count - Self.limit * 9 / 10).map(\.key)
        }
        for number in gone {
            guard let group = groups.removeValue(forKey: number) else { continue }
            for member in group.members {
                groupOfAccount[member.account] = nil
                let name = ExactText(member.name)
                if names[name] == number { names[name] = nil }
            }
            for entity in group.entities.keys { groupOfEntity[entity] = nil }
        }
    }

    /// Lets go of members that are known no more; the campaigns that they belonged to stay.
    package mutating func remove(_ accounts: [AccountRef]) {
        for number in Set(accounts.compactMap { groupOfAccount.removeValue(forKey: $0) }) {
            guard var group = groups[number] else { continue }
            for member in group.members where groupOfAccount[member.account] == nil {
                let name = ExactText(member.name)
                if names[name] == number { names[name] = nil }
            }
            group.members.removeAll { groupOfAccount[$0.account] == nil }
            group.alertedMembers = min(group.alertedMembers, group.members.count)
            groups[number] = group
        }
    }

    // MARK: - State

    package func encode(into writer: inout StateWriter) {
        writer.write(nextGroup)
        writer.write(nextID)
        writer.write(count: groups.count)
        for (number, group) in groups.sorted(by: { $0.key < $1.key }) {
            writer.write(number)
            group.encode(into: &writer)
        }
    }

    package init(from reader: inout StateReader) throws(StateFault) {
        nextGroup = try reader.read()
        nextID = try reader.read()
        guard nextGroup < .max / 2, nextID > 0, nextID < .max / 2 else { throw .invalid("a campaign") }
        var joined: [ExactText: UInt64] = [:]
        for _ in 0..<(try reader.readCount(bytesEach: 60)) {
            let number = try reader.read(UInt32.self)
            let group = try Group(from: &reader)
            guard number <= nextGroup, group.id < nextID, groups.updateValue(group, forKey: number) == nil else {
                throw .invalid("a campaign")
            }
            for member in group.members {
                guard groupOfAccount.updateValue(number, forKey: member.account) == nil else {
                    throw .invalid("a member of two campaigns")
                }
                // Of accounts of one name the last is the one that is there.
                let name = ExactText(member.name)
                guard member.seq >= joined[name] ?? 0 else { continue }
                joined[name] = member.seq
                names[name] = number
            }
            for entity in group.entities.keys { groupOfEntity[entity] = number }
        }
    }
}

extension Campaigns.Group {
    /// Takes in a member, or what more there is to say of one.
    fileprivate mutating func add(_ member: Campaigns.Member, isNew: Bool, _ tie: Tie, _ rules: RuleSet) {
        for (entity, rule) in tie.ties where isNew || entities[entity] == nil {
            entities[entity, default: 0] += 1
            rulesOf(rules.rules[rule].id)
        }
        if isNew {
            members.append(member)
            last = max(last, member.joined)
            first = min(first, member.joined)
        }
        level = max(level, tie.score.level)
        seq = max(seq, tie.score.seq)
    }

    private mutating func rulesOf(_ id: String) { rules[id, default: 0] += 1 }

    fileprivate mutating func absorb(_ other: Self) {
        members += other.members
        entities.merge(other.entities, uniquingKeysWith: +)
        rules.merge(other.rules, uniquingKeysWith: +)
        level = max(level, other.level)
        first = min(first, other.first)
        last = max(last, other.last)
        alertedMembers = max(alertedMembers, other.alertedMembers)
        alertedLevel = max(alertedLevel, other.alertedLevel)
        seq = max(seq, other.seq)
    }

    /// The campaign as it stands.
    fileprivate var campaign: Campaign {
        let cause = rules.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key ?? ""
        let entity = entities.min {
            ($1.value, $0.key.kind.rawValue, ExactText($0.key.text))
                < ($0.value, $1.key.kind.rawValue, ExactText($1.key.text))
        }
        return Campaign(
            id: id, cause: cause, entity: entity?.key ?? EntityKey(kind: .device, text: ""), entities: entities.count,
            members: members.count, level: level, firstSeen: first, lastSeen: last, born: born, seq: seq)
    }

    fileprivate func encode(into writer: inout StateWriter) {
        writer.write(id)
        writer.write(level.rawValue)
        writer.write(first)
        writer.write(last)
        writer.write(born)
        writer.write(Int64(alertedMembers))
        writer.write(alertedLevel.rawValue)
        writer.write(seq)
        writer.write(count: members.count)
        for member in members {
            writer.write(member.account.rawValue)
            writer.write(member.name)
            writer.write(member.entity)
            writer.write(member.rule)
            writer.write(member.joined)
            writer.write(member.seq)
        }
        writer.write(count: entities.count)
        let sorted = entities.sorted {
            ($0.key.kind.rawValue, ExactText($0.key.text)) < ($1.key.kind.rawValue, ExactText($1.key.text))
        }
        for (entity, count) in sorted {
            writer.write(entity)
            writer.write(UInt32(count))
        }
        writer.write(count: rules.count)
        for (rule, count) in rules.sorted(by: { $0.key < $1.key }) {
            writer.write(rule)
            writer.write(UInt32(count))
        }
    }

    fileprivate init(from reader: inout StateReader) throws(StateFault) {
        id = try reader.read()
        guard let level = Level(rawValue: try reader.read()) else { throw .invalid("a level") }
        self.level = level
        first = try reader.readTimestamp()
        last = try reader.readTimestamp()
        born = try reader.readTimestamp()
        alertedMembers = Int(try reader.read(Int64.self))
        guard let alerted = Level(rawValue: try reader.read()) else { throw .invalid("a level") }
        alertedLevel = alerted
        seq = try reader.read()
        for _ in 0..<(try reader.readCount(bytesEach: 40)) {
            let account = AccountRef(rawValue: try reader.read())
            let name = try reader.readName()
            guard let entity = try reader.readEntity() else { throw .invalid("a member's tie") }
            members.append(
                Campaigns.Member(
                    account: account, name: name, entity: entity, rule: try reader.readString(),
                    joined: try reader.readTimestamp(), seq: try reader.read()))
        }
        for _ in 0..<(try reader.readCount(bytesEach: 10)) {
            guard let entity = try reader.readEntity() else { throw .invalid("a tie") }
            entities[entity] = Int(try reader.read(UInt32.self))
        }
        for _ in 0..<(try reader.readCount(bytesEach: 8)) {
            rules[try reader.readString()] = Int(try reader.read(UInt32.self))
        }
        guard (0...members.count).contains(alertedMembers) else { throw .invalid("a campaign") }
    }
}

extension CampaignMember {
    fileprivate init(_ campaign: UInt64, _ member: Campaigns.Member) {
        self.init(
            campaign: campaign, account: member.name, entity: member.entity, rule: member.rule,
            joined: member.joined, seq: member.seq)
    }
}
