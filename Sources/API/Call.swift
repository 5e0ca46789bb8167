internal import Assembly
internal import HTTPTypes
internal import HummingbirdCore
internal import Intake
internal import NIOCore
internal import RiskModel
internal import Store

/// A request on its way to an endpoint: who asks for what, its parameters checked.
struct Call: Sendable {
    let request: Request
    let caller: Caller
    let roles: Roles
    /// The parameters that were given, by name.
    let parameters: [String: String]
    let house: House
    /// Of the request's body: says that the client is to send it, and whether it came to its end.
    let exchange: Exchange

    subscript(name: String) -> String? { parameters[name] }

    var head: HTTPRequest { request.head }
    var headers: HTTPFields { request.headers }

    func integer(_ name: String) -> Int? { parameters[name].flatMap(Parameter.integer) }

    func flag(_ name: String) -> Bool { parameters[name] == "true" }

    /// One of the words of a choice, as what it names.
    func choice<Word: RawRepresentable<String>>(_ name: String, _ standard: Word) -> Word {
        parameters[name].flatMap(Word.init) ?? standard
    }

    var limit: Int { integer("limit") ?? 100 }

    var level: Level { Level.allCases.first { $0.name == parameters["level"] } ?? .normal }

    var since: SinceArgument? { parameters["since"].flatMap(SinceArgument.init(argument:)) }

    /// The place that an earlier answer ended with.
    func cursor<Place: Decodable>(_ type: Place.Type) throws -> Place? {
        guard let text = parameters["after"] else { return nil }
        guard let place = PageCursor.decode(type, from: text) else {
            throw Problem(
                .invalidParameter, "after is not from an answer of this list in this order; begin without it.")
        }
        return place
    }

    /// Asks the database, on a thread that may wait.
    func read<Value: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> Value) async throws -> Value {
        try await house.readers.read(body)
    }

    /// One page of a list.
    ///
    /// - Parameters:
    ///   - rows: one more than ``limit`` where there is another page.
    ///   - place: what the next page begins behind, of the last row of this one.
    func page<Row>(_ name: String, _ rows: [Row], _ json: (Row) -> JSONObject, after place: (Row) -> String) -> Answer {
        let page = rows.prefix(limit)
        var object = JSONObject()
        object.add(name, page.map(json))
        var next: String?
        if rows.count > limit, let last = page.last {
            var pairs = parameters.filter { $0.key != "after" }.sorted { $0.key < $1.key }.map {
                "\($0.key)=\(Target.encode($0.value))"
            }
            pairs.append("after=\(Target.encode(place(last)))")
            let path = (head.path ?? "/").prefix { $0 != "?" }
            next = "\(path)?\(pairs.joined(separator: "&"))"
        }
        object.add("next", next)
        var answer = Answer(json: object)
        if let next { answer.headers[.nextPage] = "<\(next)>; rel=\"next\"" }
        return answer
    }

    /// The body as a value of JSON; what it may be, the type says.
    func decode<Value: Decodable>(_ type: Value.Type) async throws -> Value {
        let media = headers[.contentType]?.prefix { $0 != ";" }.lowercased() ?? "application/json"
        guard media.trimmingSpaces == "application/json" else {
            throw Problem(.unsupportedMediaType, "Send application/json.", headers: [.accept: "application/json"])
        }
        let body = try await BodyReader(call: self, limit: house.limits.bodyBytes).collect()
        return try StrictJSON.decode(type, from: body.bytes)
    }
}

extension HTTPField.Name {
    /// RFC 8288.
    static let nextPage = Self("Link") ?? .location
}

extension String {
    var trimmingSpaces: String { String(self[...].trimming { $0 == " " || $0 == "\t" }) }
}
