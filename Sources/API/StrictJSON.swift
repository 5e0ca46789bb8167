internal import Foundation

/// Bodies of requests: what is not known is refused, for it could have been meant to limit what is done.
enum StrictJSON {
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw Problem(.invalidBody, describe(error))
        }
    }

    /// Names the place, and nothing of what stands there.
    private static func describe(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
            let path = (context.codingPath + [key].compactMap(\.self)).map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "the body" : path
        }
        return switch error {
        case .typeMismatch(_, let context): "\(place(context)) has another type than it must have."
        case .valueNotFound(_, let context): "\(place(context)) is null."
        case .keyNotFound(let key, let context): "\(place(context, key)) is missing."
        case .dataCorrupted(let context) where context.codingPath.isEmpty && context.debugDescription.hasSuffix("."):
            // Foundation's own words.
            "The body is not JSON, or has a number that is too large."
        case .dataCorrupted(let context): "\(place(context)) is not valid: \(context.debugDescription)."
        @unknown default: "The body is not as it must be."
        }
    }
}

/// Any key of an object, to see those that are not known.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// - Throws: where the object has a key that is none of these.
    func checkKeys(_ known: Set<String>) throws {
        let keys = try container(keyedBy: AnyKey.self).allKeys
        guard let other = keys.first(where: { !known.contains($0.stringValue) }) else { return }
        let names = known.sorted().joined(separator: ", ")
        throw DecodingError.dataCorrupted(
            .init(codingPath: codingPath + [other], debugDescription: "it is not known; known are \(names)"))
    }
}
