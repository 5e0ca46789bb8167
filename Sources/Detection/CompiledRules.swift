package import RiskModel

/// Where an operator list's bit stands in ``Event/listed``, and what of an event it names.
package struct ListBinding: Sendable {
    package var bit: Int
    package var field: Field

    package init(bit: Int, field: Field) {
        self.bit = bit
        self.field = field
    }
}

/// A rule with what its kind needs to run.
struct Bound<Parameters: Sendable>: Sendable {
    /// Index in the rule set.
    var index: Int
    /// See ``RiskModel/Rule/shape``.
    var shape: UInt64
    var condition: BoundCondition
    var blame: Blame
    var parameters: Parameters
}

/// The rules, sorted by the fold and the key that they run on.
package struct CompiledRules: Sendable {
    /// What a key is called in evidence.
    struct KeyName: Sendable {
        var field: Field
        var kind: EntityKind
        /// The name of the attribute that is the key, with a `=` behind it; empty for other keys.
        var prefix: String
    }

    /// Rules that hang on the same key and look at the same events share their keys.
    struct EntityGroup: Sendable {
        var name: KeyName
        var condition: BoundCondition
        /// The columns of its rules, without states.
        var columns: [any EntityColumn] = []
        /// Whether every event makes a state in some column.
        var startsAlways = false
        /// After this long without an event, nothing of a key is in any window.
        var idleAfter: Interval = .zero

        /// What makes keys and events those of one group.
        struct Identity: Hashable, Sendable {
            var key: Field
            var condition: Condition
        }

        var key: Field { name.field }
        var identity: Identity { Identity(key: key, condition: condition.condition) }
    }

    /// The columns of the accounts' own rules, without states.
    var accountColumns: [any AccountColumn] = []
    /// The indices of these columns by the condition that they share.
    private(set) var accountSelections: [(condition: BoundCondition, columns: [Int])] = []
    var groups: [EntityGroup] = []
    /// What events count on, by kind of event.
    private(set) var uses = KeyUses([])
    var associations: [Bound<AssociationParameters>] = []
    /// What the states of ties depend on beside their fields.
    var associationSalt: UInt64 = 0
    /// Whether some rule compares registrations.
    var comparesRegistrations = false
    /// Under which names networks are known; what was remembered under other names is not found again.
    let networkNames: UInt64
    package let meter = RuleMeter()

    /// - Parameters:
    ///   - inactive: Identifiers of rules that cannot run, for want of a database or a list.
    ///   - salt: What else a rule's state depends on, such as the key of pseudonyms; 0 for nothing.
    ///   - networkNames: Differs where networks have other pseudonyms; 0 for none.
    ///   - list: Finds a loaded operator list by its name.
    package init(
        _ ruleSet: RuleSet, inactive: Set<String>, salt: (Rule) -> UInt64 = { _ in 0 }, networkNames: UInt64 = 0,
        list: (String) -> ListBinding?
    ) {
        self.networkNames = networkNames
        for (index, rule) in ruleSet.rules.enumerated() where !inactive.contains(rule.id) {
            let condition = BoundCondition(rule.condition, list: list)
            func bind<P: Sendable>(_ parameters: P) -> Bound<P> {
                Bound(
                    index: index, shape: rule.shape ^ salt(rule), condition: condition, blame: rule.blame,
                    parameters: parameters)
            }
            switch rule.kind {
            case .travel(let parameters): accountColumns.append(TravelColumn(bind(parameters)))
            case .match(let parameters):
                var binding: ListBinding?
                if case .list(let name) = parameters.test { binding = list(name) }
                accountColumns.append(MatchColumn(bind(parameters), list: binding))
            case .ladder(let parameters): accountColumns.append(LadderColumn(bind(parameters)))
            case .modifier(let parameters): accountColumns.append(ModifierColumn(bind(parameters)))
            case .distinct(let parameters): add(DistinctColumn(bind(parameters)), of: rule, condition)
            case .rate(let parameters): add(RateColumn(bind(parameters)), of: rule, condition)
            case .overlap(let parameters): add(OverlapColumn(bind(parameters)), of: rule, condition)
            case .resale(let parameters): add(ResaleColumn(bind(parameters)), of: rule, condition)
            case .rhythm(let parameters): addToGroup(RhythmColumn(bind(parameters)), of: rule, condition)
            case .likeness(let parameters):
                // Registrations are kept before the condition holds for their accounts: the column asks for it by itself.
                let types = Condition(typesOf: rule.condition)
                addToGroup(
                    LikenessColumn(bind(parameters)), of: rule, BoundCondition(types, list: list))
                comparesRegistrations = true
            case .takeover(let parameters): add(TakeoverColumn(bind(parameters)), of: rule, condition)
            case .association(let parameters):
                associations.append(bind(parameters))
                associationSalt |= salt(rule)
            }
        }
        uses = KeyUses(groups)
        for (index, column) in accountColumns.enumerated() {
            let condition = column.condition
            if let known = accountSelections.firstIndex(where: { $0.condition.condition == condition.condition }) {
                accountSelections[known].columns.append(index)
            } else {
                accountSelections.append((condition, [index]))
            }
        }
    }

    private mutating func add(_ column: some EntityColumn & AccountColumn, of rule: Rule, _ condition: BoundCondition) {
        if rule.key == .account { accountColumns.append(column) } else { addToGroup(column, of: rule, condition) }
    }

    /// Adds the column to the group of its key and condition, made if it is the first.
    private mutating func addToGroup(_ column: some EntityColumn, of rule: Rule, _ condition: BoundCondition) {
        guard let kind = rule.key.entityKind else { return }
        let identity = EntityGroup.Identity(key: rule.key, condition: condition.condition)
        let group: Int
        if let found = groups.firstIndex(where: { $0.identity == identity }) {
            group = found
        } else {
            group = groups.count
            let label = rule.key.attributeSlot == nil ? "" : rule.name(of: rule.key) + "="
            let name = KeyName(field: rule.key, kind: kind, prefix: label)
            groups.append(EntityGroup(name: name, condition: condition))
        }
        groups[group].columns.append(column)
        groups[group].startsAlways = groups[group].startsAlways || column.startsAlways
        groups[group].idleAfter = max(groups[group].idleAfter, column.memory)
    }
}

/// The keys that events count on, by kind of event; flat, for it is asked for each event.
struct KeyUses: Sendable {
    struct Use: Sendable {
        var field: Field
        /// Of the groups that hang on it, in `groups`.
        var range: Range<Int>
    }

    private(set) var all: [Use] = []
    /// Indices of groups.
    private(set) var groups: [Int] = []
    /// By the number of the kind's bit.
    private var ranges: [Range<Int>] = []

    init(_ groups: [CompiledRules.EntityGroup]) {
        var fields: [Field] = []
        for group in groups where !fields.contains(group.key) { fields.append(group.key) }
        for kind in 0..<UInt32.bitWidth {
            let start = all.count
            for field in fields {
                let members = groups.indices.filter {
                    groups[$0].key == field && groups[$0].condition.kinds & 1 << UInt32(kind) != 0
                }
                if members.isEmpty { continue }
                all.append(Use(field: field, range: self.groups.count..<self.groups.count + members.count))
                self.groups += members
            }
            ranges.append(start..<all.count)
        }
    }

    /// Where the uses of a kind of event stand in ``all``.
    @inline(__always)
    func range(of kind: UInt32) -> Range<Int> { ranges[kind.trailingZeroBitCount] }
}

extension Condition {
    /// The types and outcomes of another condition, without its clauses.
    fileprivate init(typesOf other: Condition) {
        self.init()
        types = other.types
        outcomes = other.outcomes
    }
}

extension CompiledRules.EntityGroup.Identity {
    func encode(into writer: inout StateWriter) {
        writer.write(key.rawValue)
        writer.write(condition.fingerprint)
    }
}

extension Condition {
    /// A number that differs where conditions differ.
    var fingerprint: UInt64 {
        KeyHash(seed: 0).hash(Array("\(types) \(outcomes) \(clauses)".utf8).span)
    }
}
