import Foundation
import HTTPTypes
import RiskModel
import Store
import Synchronization
import Testing

@testable import API

@Suite struct DescriptionTests {
    private static func document() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(OpenAPI.document.utf8)) as? [String: Any])
    }

    @Test func `every route of the server is in the OpenAPI document, and every operation of it is a route`() throws {
        let paths = try #require(try Self.document()["paths"] as? [String: [String: Any]])
        let described = Set(paths.flatMap { path, item in item.keys.map { "\($0.uppercased()) \(path)" } })
        let served = Set(Endpoints.all.flatMap { route in route.methods.map { "\($0.rawValue) \(route.path)" } })
        #expect(described == served)
    }

    @Test func `every schema that is named is there, and every one that is there is named`() throws {
        let text = OpenAPI.document
        let named = Set(text.matches(of: /"#\/components\/schemas\/(\w+)"/).map { String($0.1) })
        let components = try #require(try Self.document()["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: Any])
        #expect(named == Set(schemas.keys))
    }

    @Test func `the document's words are the program's own`() throws {
        let components = try #require(try Self.document()["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: [String: Any]])
        let selection = try #require(schemas["QuarantineSelection"]?["oneOf"] as? [[String: Any]])
        let reason = try #require(
            (selection[1]["properties"] as? [String: [String: Any]])?["reason"]?["enum"] as? [String])
        #expect(reason == RejectionReason.allCases.map(\.rawValue))
        for schema in ["Verdict", "VerdictRequest"] {
            let words = (schemas[schema]?["properties"] as? [String: [String: Any]])?["verdict"]?["enum"] as? [String]
            #expect(Set(words ?? []) == Set(Verdict.Kind.allCases.map(\.rawValue)))
        }
        let levels = (schemas["Account"]?["properties"] as? [String: [String: Any]])?["level"]?["enum"] as? [String]
        #expect(levels == Level.allCases.map(\.name))
    }

    @Test func `routes do not stand in each other's way`() throws {
        for route in Endpoints.all {
            let path = route.path.replacing("{account}", with: "x").replacing("{id}", with: "1")
            let target = try #require(Target(path))
            let found = Endpoints.all.filter { $0.match(target) != nil }
            #expect(Set(found.map(\.path)) == [route.path])
            #expect(Set(found.flatMap { $0.methods.map(\.rawValue) }).count == found.flatMap(\.methods).count)
        }
    }
}
