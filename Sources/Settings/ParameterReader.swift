import RiskModel

/// What the parameters of every kind of rule are read with.
struct ParameterReader {
    /// The detection tells no more members of a key apart, so a higher count is never seen.
    static let maximumMembers = 4096.0
    static let maximumEvents = 1_000_000.0
    /// Nor does it keep more events of a key for the rhythm, nor compare a registration with more others, nor keep more of
    /// what may tie an account.
    static let maximumBeats = 24.0
    static let maximumAlike = 31.0
    static let maximumTies = 4.0

    let section: Section
    let mentions: Mentions
    /// Every kind has one.
    let window: Interval?

    init(_ section: Section, _ mentions: Mentions) {
        self.section = section
        self.mentions = mentions
        window = section.required("window", "a duration such as 24h")?
            .interval(in: Interval(seconds: 1)...Rule.longestWindow)
    }

    func ramp(upTo maximum: Double = maximumMembers) -> Ramp? { Ramp.read(section, upTo: maximum) }

    /// A ramp under a key of its own.
    func ramp(_ key: String, _ form: String, upTo maximum: Double) -> Ramp? {
        section.required(key, form)?.section { Ramp.read($0, upTo: maximum) }
    }

    /// What the rule counts by.
    func key() -> Field? { section.required("key", "what the rule counts by, such as ip")?.field(mentions) }

    /// What the rule counts by, for kinds that look at what accounts share.
    func entityKey(_ kind: RuleKind.Name) -> Field? {
        guard let cursor = section.required("key", "what the accounts share, such as ip"),
            let field = cursor.field(mentions)
        else { return nil }
        if field == .account {
            cursor.note("\"key\" cannot be \"account\" in a rule of kind \(kind.rawValue); give what accounts share")
        }
        return field
    }

    func member(of key: Field?) -> Field? {
        guard let cursor = section.required("member", "what is counted, such as account"),
            let field = cursor.field(mentions)
        else { return nil }
        if field == key, let name = cursor.scalar {
            cursor.note("\"member\" must differ from \"key\": a key has only itself as its \(name)")
        }
        return field
    }

    /// A span shorter than the window.
    func part(_ key: String, _ form: String, from least: Interval) -> Interval? {
        let cursor = section.required(key, form)
        let span = cursor?.interval(in: least...Rule.longestWindow)
        if let span, let window, span >= window {
            cursor?.note("\(JSONText.quote(key)) must be shorter than \"window\", \(window)")
        }
        return span
    }
}

extension Ramp {
    static func read(_ section: Section, upTo maximum: Double) -> Ramp? {
        let allow = section.required("allow", "the count up to which the rule is silent")?.number(in: 0...maximum)
        let saturateCursor = section.required("saturate", "the count from which the strength is 1")
        let saturate = saturateCursor?.number(in: 0...maximum)
        guard let allow, let saturate else { return nil }
        if allow >= saturate {
            saturateCursor?.note("\"saturate\" must be more than \"allow\", \(allow.short), not \(saturate.short)")
        }
        return Ramp(allow: allow, saturate: saturate)
    }
}
