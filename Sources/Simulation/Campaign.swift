/// What one operator's accounts have in common.
struct Campaign: Sendable {
    var kind: AbuseKind
    var number: Int
    /// Where the operator sits.
    var city: Int
    /// Where accounts pretend to live.
    var country: Int
    var size: Int
    /// Of the first registration, in milliseconds since the start.
    var start: Int64
    /// How names are made; `nil`: as people do.
    var template: Template?
    /// The mail provider of all accounts; `nil`: as people do.
    var domain: String?
    /// Devices that accounts share in turn; empty: a device of its own for each.
    var devices: [Int32]
    /// One client program for all, where devices differ only by their identifier.
    var agent: UInt16
    /// The ways that accounts take in turn.
    var accesses: [Int32]

    var label: Label { .abuse(kind, campaign: number) }

    /// The shape of a program's user names.
    struct Template: Sendable {
        var style: Names.Style
        var culture: Int
        var digits: Int

        func username(_ random: inout Random) -> String {
            let base: String
            switch style {
            case .letters: base = Names.letters(digits == 4 ? 8 : 7, &random)
            case .dotted: base = Names.official(culture: culture, &random)
            default: base = String(Names.username(style, culture: culture, &random).filter { !$0.isNumber })
            }
            var name = base
            for _ in 0..<digits { name += String(random.below(10)) }
            return name
        }
    }
}
