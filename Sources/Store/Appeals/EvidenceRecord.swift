internal import Foundation
internal import RiskModel

/// Evidence as it is read back from the database.
struct EvidenceRecord: Decodable, Hashable {
    struct Place: Decodable, Hashable {
        var time: String?
        var ip: String?
        var country: String?
        var subdivision: String?
        var device: String?
    }

    var entity: String?
    var key: String?
    var count: Int?
    var value: String?
    var traits: [String]?
    var members: [String]?
    var from: Place?
    var to: Place?
    var distanceKilometres: Double?

    private enum CodingKeys: String, CodingKey {
        case entity, key, count, value, traits, members, from, to
        case distanceKilometres = "distance_km"
    }

    /// `nil` where the text is no evidence.
    init?(json: String?) {
        guard let json, let record = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = record
    }

    /// With what the evidence of everybody on the same entity begins: ``RiskModel/Evidence/json`` writes its keys in this order.
    static func prefix(entity: String, key: String) -> String {
        "{\"entity\":\(JSONText.quote(entity)),\"key\":\(JSONText.quote(key)),"
    }
}
