import RiskModel

/// `likeness`: registrations that are alike beyond chance.
///
/// Follows what was published on telling fake accounts at their registration (Liang, Yang, Wang, et al., "Unveiling Fake
/// Accounts at the Time of Registration", KDD 2021; Yuan, Wang, et al., "Ianus", CCS 2019): candidate pairs share a key, such
/// as a network, a device or the beginning of a phone number; a pair's score says how alike the two are; an account's
/// weighted degree says how many are alike to it. Here in a stream: each key keeps its latest registrations, at most ``limit``
/// in the window; a pair's score is the bits of rarity that it shares beyond the key (``RegistrationTraits``); a pair of at
/// least `minimumBits` counts 1 on both its ends; one of less, in one network, three quarters against. What the innocents have in common is left
/// out: whose mailboxes are of one organisation belong together by right, and whose are of different domains are not alike. Whose degree rises by a step is told, the earlier ones too.
///
/// A rule may look at more than registrations, and ask something of the account, such as that it lives only here: a
/// registration that the condition does not hold for is kept, and compared when it holds for a later event of the account.
struct LikenessColumn: EntityColumn {
    private struct Entry: Sendable {
        var account: UInt64
        var time: Timestamp
        var traits: RegistrationTraits
        var degree: UInt16 = 0
        /// How many it was compared with that are not alike.
        var unlike: UInt16 = 0
        /// Whether it is compared: at once, or when the rule's condition holds for the account.
        var isCompared = false
        var escalation = Escalation()
    }

    /// What a pair that is not alike counts against both.
    static let contrast = 0.75
    /// How many registrations are kept for a key.
    static let limit = 48

    private static let domain = RegistrationTraits.Trait.emailDomain.rawValue

    let rule: Bound<LikenessParameters>
    private var states = SparseStates<[Entry]>()

    init(_ rule: Bound<LikenessParameters>) { self.rule = rule }

    var shape: UInt64 { rule.shape }
    var memory: Interval { rule.parameters.window }

    var startsAlways: Bool { false }

    func starts(_ event: Int, of passage: Passage) -> Bool { passage.traits(of: event) != nil }

    /// The trait that all registrations of a key have in common.
    private var sharedTrait: RegistrationTraits.Trait? {
        switch rule.parameters.key {
        case .ip, .prefix: .network
        default: RegistrationTraits.Trait.allCases.first { $0.field == rule.parameters.key }
        }
    }

    mutating func pass(_ visit: EntityVisit, to output: inout EntityOutput) {
        let batch = visit.passage.batch
        for (event, slot) in zip(visit.events, visit.slots) {
            let index = Int(event)
            let standing = visit.passage.standings[index]
            guard standing.account != .none else { continue }
            let traits = visit.passage.traits(of: index)
            let isCompared = rule.condition.holds(for: index, of: batch, standing: standing)
            guard traits != nil || isCompared,
                let place = traits == nil
                    ? states.place(of: Int(slot)) : states.place(of: Int(slot), making: [])
            else { continue }
            var entries = states.take(at: place, leaving: [])
            if let traits { keep(traits, standing.account, batch.events[index].time, in: &entries) }
            let told = isCompared ? compare(standing.account, in: &entries) : []
            states[at: place] = entries
            guard let strongest = told.max(by: { $0.strength < $1.strength }) else { continue }
            let cause = visit.cause(rule.index, index, slot)
            output.entitySignals.append(cause.signal(strength: strongest.strength, count: strongest.degree))
            guard rule.blame == .accounts else { continue }
            for peer in told {
                cause.tell(
                    AccountRef(rawValue: peer.account), peer.strength,
                    .pattern(entity: cause.entity, count: peer.degree, traits: peer.traits), to: &output.signals)
            }
        }
    }

    private struct Told {
        var account: UInt64
        var strength: Double
        var degree: Int
        var traits: [String]
    }

    /// Keeps an account's first registration, in place of the earliest where there is no room.
    private func keep(
        _ traits: RegistrationTraits, _ account: AccountRef, _ time: Timestamp, in entries: inout [Entry]
    ) {
        let newest = max(time, entries.last?.time ?? .epoch)
        entries.removeAll { $0.time <= newest - rule.parameters.window }
        if entries.contains(where: { $0.account == account.rawValue }) { return }
        let place = entries.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
        entries.insert(Entry(account: account.rawValue, time: time, traits: traits), at: place)
        if entries.count > Self.limit { entries.removeFirst() }
    }

    /// Compares an account's registration with those that were compared before, and returns whose degree has risen by a step.
    private func compare(_ account: AccountRef, in entries: inout [Entry]) -> [Told] {
        guard let own = entries.firstIndex(where: { $0.account == account.rawValue }), !entries[own].isCompared else {
            return []
        }
        entries[own].isCompared = true
        let parameters = rule.parameters
        let except = sharedTrait
        let network = RegistrationTraits.Trait.network.rawValue
        var told: [Told] = []
        var common: Set<Int> = []
        for i in entries.indices where i != own && entries[i].isCompared {
            if parameters.acrossNetworks, entries[i].traits.marks[network] == entries[own].traits.marks[network] {
                continue
            }
            // The later one knows best what is rare.
            let (early, late) = (entries[min(i, own)].traits, entries[max(i, own)].traits)
            if late.isOrganisation, early.marks[Self.domain] == late.marks[Self.domain] { continue }
            // Of a mailbox that only one of them told, nobody can say whether it is an organisation's.
            if (early.marks[Self.domain] == 0) != (late.marks[Self.domain] == 0) { continue }
            let bits = late.sharedBits(with: early.marks, except: except)
            guard bits >= Float(parameters.minimumBits), !late.differs(from: early, in: Self.domain) else {
                if parameters.acrossNetworks { continue }
                entries[own].unlike = min(entries[own].unlike, .max - 1) + 1
                entries[i].unlike = min(entries[i].unlike, .max - 1) + 1
                continue
            }
            entries[own].degree = min(entries[own].degree, .max - 1) + 1
            entries[i].degree = min(entries[i].degree, .max - 1) + 1
            let shared = entries[own].traits.shared(with: entries[i].traits, except: except)
            common.formUnion(shared)
            if let peer = tell(&entries[i], shared) { told.append(peer) }
        }
        if let peer = tell(&entries[own], common.sorted()) { told.append(peer) }
        return told
    }

    private func tell(_ entry: inout Entry, _ shared: [Int]) -> Told? {
        let strength = rule.parameters.ramp.strength(Double(entry.degree) - Double(entry.unlike) * Self.contrast)
        guard entry.escalation.rises(to: strength) else { return nil }
        return Told(
            account: entry.account, strength: strength, degree: Int(entry.degree), traits: Self.words(shared))
    }

    private static func words(_ traits: [Int]) -> [String] {
        traits.compactMap { RegistrationTraits.Trait(rawValue: $0).map { "the same " + $0.label } }
    }

    mutating func clear(_ slot: Int) { states.clear(slot) }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        states.encode(into: &writer) { entries, writer in
            writer.write(count: entries.count)
            for entry in entries {
                writer.write(entry.account)
                writer.write(entry.time)
                entry.traits.encode(into: &writer)
                writer.write(entry.degree)
                writer.write(entry.unlike)
                writer.write(entry.isCompared)
                entry.escalation.encode(into: &writer)
            }
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        try states.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            var entries: [Entry] = []
            for _ in 0..<(try reader.readCount(bytesEach: 71)) {
                let account = try reader.read(UInt64.self)
                let time = try reader.readTimestamp()
                var entry = Entry(account: account, time: time, traits: try RegistrationTraits(from: &reader))
                entry.degree = try reader.read()
                entry.unlike = try reader.read()
                entry.isCompared = try reader.readBool()
                entry.escalation = try Escalation(from: &reader)
                guard entries.last.map({ $0.time <= time }) ?? true, entries.count < Self.limit,
                    AccountRef(rawValue: account).isInPartition
                else { throw .invalid("a registration") }
                entries.append(entry)
            }
            return entries
        }
    }
}
