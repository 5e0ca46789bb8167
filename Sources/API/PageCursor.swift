internal import Foundation

/// The place where a page ends, as clients see it: opaque, fit for a URL.
enum PageCursor {
    static func encode(_ place: some Encodable) -> String {
        // Texts and finite numbers can always be written.
        let data = (try? JSONEncoder().encode(place)) ?? Data()
        return data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decode<Place: Decodable>(_ type: Place.Type, from text: String) -> Place? {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.count % 4) % 4)
        return Data(base64Encoded: base64 + padding).flatMap { try? JSONDecoder().decode(type, from: $0) }
    }
}
