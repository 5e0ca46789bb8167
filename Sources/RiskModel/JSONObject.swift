/// One JSON object on one line, keys in the order in which they are added. Writes; nothing is read with it.
package struct JSONObject: Sendable {
    private var members: [String] = []

    package init() {}

    package mutating func add(_ key: String, _ value: String?) { add(key, json: value.map(JSONText.quote)) }
    package mutating func add(_ key: String, _ value: Int?) { add(key, json: value.map(String.init)) }
    package mutating func add(_ key: String, _ value: Bool) { add(key, json: value ? "true" : "false") }
    /// `value` must be finite.
    package mutating func add(_ key: String, _ value: Double?) { add(key, json: value.map { "\($0)" }) }
    package mutating func add(_ key: String, _ values: [JSONObject]) {
        add(key, json: "[" + values.map(\.text).joined(separator: ",") + "]")
    }

    /// Adds a value that is JSON already; `nil` is null.
    package mutating func add(_ key: String, json: String?) {
        members.append("\(JSONText.quote(key)):\(json ?? "null")")
    }

    package var text: String { "{" + members.joined(separator: ",") + "}" }
}
