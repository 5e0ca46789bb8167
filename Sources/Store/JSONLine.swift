internal import Foundation

/// One line of JSON, its keys in a fixed order.
func jsonText(_ value: some Encodable, snakeCase: Bool = false) -> String {
    let encoder = JSONEncoder()
    if snakeCase { encoder.keyEncodingStrategy = .convertToSnakeCase }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Numbers, booleans and texts can always be written.
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
}
