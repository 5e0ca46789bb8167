internal import RiskModel

/// What is known around one charge.
struct Circumstances {
    var now: Timestamp
    /// The account's first event.
    var firstSeen: Timestamp?
    var since: Timestamp
    var updated: Timestamp
    var evidence: EvidenceRecord
    var sharing: Appeal.Sharing?
    /// What else speaks against the account: the bases of its other charges.
    var otherBases: [String]
    /// Whether it was seen behind a relay or in a data centre.
    var usesRelays: Bool
    var isCompromised: Bool
    var wasCleared: Bool
    /// What the databases say of the addresses in the evidence now; `nil` where none was asked.
    var networkFlags: NetworkFlags?
}

/// Something in the data that can speak for or against an innocent explanation. Each is a fact: what it means depends on the
/// explanation.
enum Clue: CaseIterable {
    case accountOld, accountYoung
    case othersOld, othersYoung, registeredTogether, registeredApart
    case othersClean, othersRisky, othersBanned, othersCleared
    case fewShare, manyShare, entityOld, entityNew
    case nothingElse, otherFacts, sharesStrongTie
    case relaySeen, noRelaySeen
    case cellular, hosting, relayNetwork
    case sameDevice, differentDevices, nearlyPossible, sameCountry
    case once, often, over, goesOn
    case compromised, clearedBefore

    private static let established = Interval(seconds: 30 * 86_400)
    private static let week = Interval(seconds: 7 * 86_400)
    private static let strongTies: Set<String> = ["device", "contact", "card", "api_key"]

    /// What is so, in words; `nil` where it is not so, or not known.
    func statement(_ facts: Circumstances) -> String? {
        switch self {
        case .accountOld, .accountYoung: Self.age(facts, self)
        case .othersOld, .othersYoung, .registeredTogether, .registeredApart, .othersClean, .othersRisky, .othersBanned,
            .othersCleared, .fewShare, .manyShare, .entityOld, .entityNew:
            facts.sharing.flatMap { Self.sharing($0, facts, self) }
        case .nothingElse: facts.otherBases.isEmpty ? "nothing else speaks against the account" : nil
        case .otherFacts:
            facts.otherBases.isEmpty ? nil : "there are facts of another kind too: \(Self.list(facts.otherBases))"
        case .sharesStrongTie:
            facts.otherBases.first(where: Self.strongTies.contains).map { "it shares more with others: \($0)" }
        case .relaySeen: facts.usesRelays ? "the account was seen behind relays or in data centres" : nil
        case .noRelaySeen: facts.usesRelays ? nil : "the account was never seen behind a relay or in a data centre"
        case .cellular: Self.flag(facts, .cellular, "the databases call the network a mobile carrier's")
        case .hosting: Self.flag(facts, .hosting, "the databases call the network a data centre's")
        case .relayNetwork:
            Self.flag(
                facts, [.anonymous, .vpn, .publicProxy, .tor, .residentialProxy],
                "the databases call the address a relay's")
        case .sameDevice, .differentDevices, .nearlyPossible, .sameCountry: Self.journey(facts, self)
        case .once: facts.evidence.count == 1 ? "it happened once" : nil
        case .often: facts.evidence.count.flatMap { $0 >= 3 ? "it was counted \($0) times" : nil }
        case .over:
            facts.now - facts.updated > Self.week
                ? "it has been over for \((facts.now - facts.updated).approximate)" : nil
        case .goesOn:
            facts.now - facts.updated <= Interval(seconds: 86_400) && facts.updated > facts.since
                ? "it goes on: the last was \((facts.now - facts.updated).approximate) ago" : nil
        case .compromised: facts.isCompromised ? "the account is marked as the victim of a takeover" : nil
        case .clearedBefore: facts.wasCleared ? "a person has cleared the account before" : nil
        }
    }

    private static func age(_ facts: Circumstances, _ clue: Clue) -> String? {
        guard let firstSeen = facts.firstSeen else { return nil }
        let age = max(facts.since - firstSeen, .zero)
        let text =
            age < Interval(seconds: 3_600)
            ? "it began in the account's first hour" : "the account had been known for \(age.approximate) when it began"
        return switch clue {
        case .accountOld: age >= established ? text : nil
        default: age <= Interval(seconds: 2 * 86_400) ? text : nil
        }
    }

    private static func sharing(_ sharing: Appeal.Sharing, _ facts: Circumstances, _ clue: Clue) -> String? {
        let others = sharing.others
        func share(_ count: Int, _ least: Double, _ text: String) -> String? {
            others >= 2 && Double(count) >= least * Double(others) ? "\(count) of \(others) others \(text)" : nil
        }
        let entityAge = sharing.firstSeen.flatMap(Timestamp.init(column:)).map { max(facts.since - $0, .zero) }
        switch clue {
        case .othersOld: return share(sharing.established, 0.5, "had been known for a month or longer")
        case .othersYoung: return share(others - sharing.established, 0.8, "had been known for less than a month")
        case .registeredTogether:
            return sharing.together >= 2 ? share(sharing.together, 0.3, "first came within a day of this account") : nil
        case .registeredApart:
            return others >= 2 && Double(sharing.together) <= 0.1 * Double(others)
                ? "only \(sharing.together) of \(others) others first came within a day of this account" : nil
        case .othersClean: return share(sharing.otherwiseClean, 0.67, "have nothing else against them")
        case .othersRisky: return share(sharing.atReview, 0.5, "are at review or ban")
        case .othersBanned: return sharing.banned > 0 ? "a person has banned \(sharing.banned) of the others" : nil
        case .othersCleared: return sharing.cleared > 0 ? "a person has cleared \(sharing.cleared) of the others" : nil
        case .fewShare:
            return (facts.evidence.count ?? .max) <= 6
                ? "there are only \(facts.evidence.count ?? 0) of them" : nil
        case .manyShare:
            return (facts.evidence.count ?? 0) >= 50
                ? "there are \(facts.evidence.count ?? 0) of them" : nil
        case .entityOld:
            return entityAge.flatMap {
                $0 >= established ? "the \(sharing.kind) had been in use for \($0.approximate) before" : nil
            }
        case .entityNew:
            return entityAge.flatMap {
                $0 <= Interval(seconds: 2 * 86_400)
                    ? "the \(sharing.kind) was first seen \($0.approximate) before" : nil
            }
        default: return nil
        }
    }

    private static func flag(_ facts: Circumstances, _ flags: NetworkFlags, _ text: String) -> String? {
        facts.networkFlags.flatMap { $0.isDisjoint(with: flags) ? nil : text }
    }

    private static func journey(_ facts: Circumstances, _ clue: Clue) -> String? {
        guard let from = facts.evidence.from, let to = facts.evidence.to else { return nil }
        let devices = [from.device, to.device].compactMap(\.self).filter { !$0.isEmpty }
        switch clue {
        case .sameDevice: return devices.count == 2 && devices[0] == devices[1] ? "both ends name the same device" : nil
        case .differentDevices:
            return devices.count == 2 && devices[0] != devices[1] ? "the two ends name different devices" : nil
        case .nearlyPossible:
            guard let kilometres = facts.evidence.distanceKilometres, kilometres <= 1_500 else { return nil }
            return "the places are \(Int(kilometres)) km apart, which a database can be wrong by"
        default:
            return from.country != nil && from.country == to.country ? "both places are in one country" : nil
        }
    }

    private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}
