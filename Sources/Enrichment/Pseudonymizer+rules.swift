package import RiskModel

/// What rules say of texts of which they see only pseudonyms.
extension Pseudonymizer {
    /// The rules with pseudonyms in place of the texts that their conditions name, so that these still hold.
    package func applied(to ruleSet: RuleSet) -> RuleSet {
        var ruleSet = ruleSet
        for i in ruleSet.rules.indices {
            for c in ruleSet.rules[i].condition.clauses.indices {
                if case .text(let field, let values) = ruleSet.rules[i].condition.clauses[c].test,
                    fields.contains(field)
                {
                    ruleSet.rules[i].condition.clauses[c].test = .text(field, values.map { pseudonyms(of: $0)[0] })
                }
            }
        }
        return ruleSet
    }

    /// Why a rule cannot see what it asks for; `nil` where it can.
    package func blinds(_ rule: Rule) -> String? {
        switch rule.kind {
        case .match(let parameters):
            guard case .differ(let one, let other) = parameters.test, fields.contains(one) != fields.contains(other)
            else { return nil }
            let hidden = fields.contains(one) ? one : other
            return "compares \(one.name) with \(other.name), of which only \(hidden.name) is a pseudonym"
        case .modifier(let parameters) where fields.contains(parameters.field):
            return "names values of \(parameters.field.name), of which it sees only pseudonyms"
        default: return nil
        }
    }

    /// Whether a rule's state holds anything that was made of pseudonyms.
    package func isSeen(by rule: Rule) -> Bool {
        // The account is every rule's: under another name it is another account.
        if fields.contains(.account) { return true }
        switch rule.kind {
        case .association(let parameters): return !fields.isDisjoint(with: parameters.ties)
        // They compare networks, whatever their key.
        case .travel, .likeness: return !fields.isDisjoint(with: [rule.key, .prefix])
        default: return !fields.isDisjoint(with: [rule.key] + rule.kind.fields)
        }
    }
}

extension Pseudonymizer {
    /// By which names rows know a text of this kind, one for each key, the current one first; of an address also its networks.
    /// `nil` where the text is to be an address and is none.
    package func names(of subject: Subject, _ text: String) -> [(field: Field, name: String)]? {
        guard subject == .ip else {
            return subject.texts(of: text).flatMap { field, text in pseudonyms(of: text).map { (field, $0) } }
        }
        guard let address = IPAddress(text) else { return nil }
        let networks: [(Field, Int)] = address.isV4 ? [(.prefix, 120)] : [(.prefix, 64), (.prefix48, 48)]
        return pseudonyms(of: address).flatMap { address in
            [(.ip, address.description)]
                + networks.map { ($0, IPPrefix(address, length: $1).description) }
        }
    }
}

extension Pseudonymizer.Subject {
    /// The texts of which the pipeline makes pseudonyms, by field: written as the pipeline writes them.
    fileprivate func texts(of text: String) -> [(field: Field, text: String)] {
        var batch = EventBatch()
        batch.text = Array(text.utf8)
        var event = Event()
        let whole = TextSlice(offset: 0, count: UInt32(batch.text.count))
        switch self {
        case .phone: event.phone = whole
        case .email: event.email = whole
        default: return fields.map { ($0, text) }
        }
        batch.events = [event]
        batch.derive(0)
        let derived = batch.events[0]
        switch self {
        case .phone: return [(.phone, batch.string(derived.phone))]
        default: return [(.email, text), (.mailbox, batch.string(derived.mailbox))].filter { !$0.1.isEmpty }
        }
    }
}
