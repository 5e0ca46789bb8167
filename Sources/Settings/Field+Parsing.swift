import RiskModel

extension Field {
    static let attributePrefix = "attributes."

    /// Whether the field is a country.
    var isCountry: Bool { self == .country || self == .cardCountry }

    /// Whether a rule can name values of the field. The others are accounts, which a rule never singles out, and addresses,
    /// networks and countries, which are no texts.
    var hasNamedValues: Bool {
        switch self {
        case .account, .ip, .prefix, .prefix48, .asn: false
        default: !isCountry
        }
    }

    /// Whether the field is made of an event's, in lower case.
    private var isLowercase: Bool { self == .mailbox || self == .emailDomain }

    /// The values of a list, or the one that stands there without a list, as events have them.
    func values(_ cursor: Cursor) -> [String] { cursor.texts().compactMap(value) }

    private func value(_ cursor: Cursor) -> String? {
        guard let text = cursor.text() else { return nil }
        if isLowercase, text.lowercased() != text {
            cursor.note(
                "\(cursor.label) must be in lower case, as it is made of events; write "
                    + JSONText.quote(text.lowercased()))
        }
        return text
    }
}

extension Cursor {
    /// One of the fields, or an attribute.
    func field(_ mentions: Mentions, among fields: [Field] = Field.named) -> Field? {
        if let text = scalar, text.hasPrefix(Field.attributePrefix) {
            return attribute(String(text.dropFirst(Field.attributePrefix.count)), mentions)
        }
        let known: [(name: String, value: Field?)] = fields.map { ($0.name, $0) }
        // Only for the list of what is known: the name itself is an attribute's.
        return choice(known + [(Field.attributePrefix + "NAME", nil)]) ?? nil
    }

    /// The fields of a list, or the one that stands there without a list; at least one.
    func fields(_ mentions: Mentions) -> [Field] {
        (isList ? items(required: "field") : [self]).compactMap { $0.field(mentions) }
    }

    /// The field of the attribute that this value names or belongs to.
    func attribute(_ name: String, _ mentions: Mentions) -> Field? {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isAttributeByte) else {
            note(
                "the name of an attribute is 1 to 64 of A to Z, a to z, 0 to 9, _, . and -, not "
                    + JSONText.quote(name))
            return nil
        }
        if let field = mentions.field(ofAttribute: name) { return field }
        note(
            "\(JSONText.quote(name)) is one attribute too many; the rules in force can name \(Event.attributeSlots),"
                + " and already name " + mentions.attributes.joined(separator: ", "))
        return nil
    }

    private static func isAttributeByte(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "A"..."Z", "a"..."z", "0"..."9", "_", ".", "-": true
        default: false
        }
    }

    /// The items of a list, at least one, or the one that stands there without a list.
    func texts() -> [Cursor] {
        isList ? items(required: "text") : [self]
    }

    /// The countries of a list, or the one that stands there without a list; at least one.
    func countries() -> [CountryCode] {
        (isList ? items(required: "country") : [self]).compactMap { item in
            guard let text = item.scalar, let code = CountryCode(text), code.description == text else {
                return item.expected("a country's two letters of ISO 3166-1 in upper case, such as AT")
            }
            return code
        }
    }
}
