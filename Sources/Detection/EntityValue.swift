package import RiskModel

/// What an event has in a field that accounts can share, so that it can be looked for.
package struct EntityValue: Hashable, Sendable {
    package let field: Field
    /// Empty where the value is no text.
    let text: String
    let high: UInt64
    let low: UInt64

    init(field: Field, text: String) {
        self.field = field
        self.text = text
        high = 0
        low = 0
    }

    init(field: Field, high: UInt64, low: UInt64) {
        self.field = field
        text = ""
        self.high = high
        self.low = low
    }

    /// What an event has in one field; `nil` where nothing.
    package init?(of event: Event, in batch: EventBatch, _ field: Field) {
        if field.isText {
            let text = batch.string(field.text(of: event, in: batch.text.span))
            if text.isEmpty { return nil }
            self.init(field: field, text: text)
        } else {
            guard let words = field.words(of: event) else { return nil }
            self.init(field: field, high: words.high, low: words.low)
        }
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.field == b.field && a.high == b.high && a.low == b.low && ExactText(a.text) == ExactText(b.text)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(field)
        hasher.combine(high)
        hasher.combine(low)
        hasher.combine(ExactText(text))
    }

    /// The values of an event that can be one person's own, each with the kind and the key of its rows.
    ///
    /// - Parameter attributes: the names of the attributes, by slot.
    package static func all(
        of event: Event, in batch: EventBatch, attributes: [String]
    ) -> [(value: EntityValue, entity: EntityKey)] {
        var found: [(EntityValue, EntityKey)] = []
        for field in Field.allCases where field.canBeOwn {
            guard let kind = field.entityKind else { continue }
            guard let value = EntityValue(of: event, in: batch, field) else { continue }
            let name = field.attributeSlot.map { "attributes." + ($0 < attributes.count ? attributes[$0] : "?") + "=" }
            found.append(
                (value, EntityKey(kind: kind, text: (name ?? "") + field.label(of: event, in: batch))))
        }
        return found
    }
}

extension Field {
    /// Whether a value of the field may belong to one person, unlike a country or a language.
    fileprivate var canBeOwn: Bool {
        switch self {
        case .account, .asn, .country, .cardCountry, .language: false
        default: true
        }
    }
}
