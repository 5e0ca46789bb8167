internal import RiskModel

/// One JSON object on one line, keys in the order in which they are added.
struct JSONObject {
    private var members: [String] = []

    mutating func add(_ key: String, _ value: String?) { add(key, json: value.map(JSONText.quote)) }
    mutating func add(_ key: String, _ value: Int?) { add(key, json: value.map(String.init)) }
    mutating func add(_ key: String, _ value: Bool) { add(key, json: value ? "true" : "false") }
    /// `value` must be finite.
    mutating func add(_ key: String, _ value: Double?) { add(key, json: value.map { "\($0)" }) }
    mutating func add(_ key: String, _ values: [JSONObject]) {
        add(key, json: "[" + values.map(\.text).joined(separator: ",") + "]")
    }

    /// Adds a value that is JSON already; `nil` is null.
    mutating func add(_ key: String, json: String?) { members.append("\(JSONText.quote(key)):\(json ?? "null")") }

    var text: String { "{" + members.joined(separator: ",") + "}" }
}
