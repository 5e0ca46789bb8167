internal import GRDB
package import RiskModel

/// Which rows of the quarantine.
package struct QuarantineSelection: Sendable, Hashable {
    package enum Rows: Sendable, Hashable {
        case seqs([Int])
        case reason(RejectionReason)
        case all
    }

    package var rows: Rows
    /// Of these only the ones with a smaller `seq`.
    package var before: Int?

    package init(_ rows: Rows, before: Int? = nil) {
        self.rows = rows
        self.before = before
    }

    /// Stands behind WHERE.
    var condition: SQL {
        var condition: SQL =
            switch rows {
            // As one JSON text: a list of parameters has a limit.
            case .seqs(let seqs): "seq IN (SELECT value FROM json_each(\("\(seqs)")))"
            case .reason(let reason): "reason = \(reason.rawValue)"
            case .all: "true"
            }
        if let before { condition += " AND seq < \(before)" }
        return condition
    }
}

/// `{"seqs":[7,9]}`, `{"reason":"invalid_json"}` or `{"all":true}`, each also with `"before":1000`.
///
/// Whatever else stands in it is refused: what is not understood could have been meant to spare rows.
extension QuarantineSelection: Codable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }

        static let seqs = Key("seqs")
        static let reason = Key("reason")
        static let all = Key("all")
        static let before = Key("before")
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func fault(_ text: String) -> DecodingError {
            .dataCorrupted(.init(codingPath: container.codingPath, debugDescription: text))
        }
        let keys = Set(container.allKeys.map(\.stringValue)).subtracting([Key.before.stringValue])
        switch keys {
        case ["seqs"]: rows = .seqs(try container.decode([Int].self, forKey: .seqs))
        case ["reason"]:
            let name = try container.decode(String.self, forKey: .reason)
            guard let reason = RejectionReason(rawValue: name) else { throw fault("unknown reason") }
            rows = .reason(reason)
        case ["all"]:
            guard try container.decode(Bool.self, forKey: .all) else { throw fault("all can only be true") }
            rows = .all
        default: throw fault("one of seqs, reason and all must be given, and nothing else but before")
        }
        before = try container.decodeIfPresent(Int.self, forKey: .before)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch rows {
        case .seqs(let seqs): try container.encode(seqs, forKey: .seqs)
        case .reason(let reason): try container.encode(reason.rawValue, forKey: .reason)
        case .all: try container.encode(true, forKey: .all)
        }
        try container.encodeIfPresent(before, forKey: .before)
    }
}
