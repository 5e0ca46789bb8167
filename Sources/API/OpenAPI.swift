internal import Foundation
internal import HTTPTypes
internal import Intake
internal import RiskModel

/// This interface by OpenAPI 3.1: the paths of the table of routes, the schemas of `components.json`.
enum OpenAPI {
    static let document: String = {
        var paths: [(path: String, item: JSONObject)] = []
        for route in Endpoints.all {
            // What is at one path stands there together.
            if paths.last?.path != route.path { paths.append((route.path, JSONObject())) }
            for method in route.methods {
                paths[paths.count - 1].item.add(method.rawValue.lowercased(), json: operation(route, method).text)
            }
        }
        var info = JSONObject()
        info.add("title", "banrisk")
        info.add("version", "1")
        info.add(
            "description",
            "Risk scores of accounts: events in, accounts, alerts, campaigns and verdicts out. On a Unix socket the kernel says who "
                + "asks, and the groups of the user say what he may do; over TCP a token is shown.")
        var all = JSONObject()
        for (path, item) in paths { all.add(path, json: item.text) }
        var document = JSONObject()
        document.add("openapi", "3.1.0")
        document.add("info", json: info.text)
        document.add("servers", json: #"[{"url":"/"}]"#)
        document.add("security", json: #"[{},{"token":[]}]"#)
        document.add("paths", json: all.text)
        document.add("components", json: String(decoding: PackageResources.components_json, as: UTF8.self))
        return document.text
    }()

    private static func operation(_ route: Route, _ method: HTTPRequest.Method) -> JSONObject {
        var operation = JSONObject()
        operation.add(
            "operationId", method == route.methods[0] ? route.name : "\(route.name)By\(method.rawValue.capitalized)")
        operation.add("summary", route.summary)
        operation.add("description", "Needs the role \(route.roles.names.replacing(",", with: " or ")).")
        operation.add(
            "parameters",
            route.parameters.map { parameter in
                var object = JSONObject()
                object.add("name", parameter.name)
                object.add("in", parameter.place.rawValue)
                object.add("required", parameter.place == .path)
                object.add("description", parameter.summary)
                object.add("schema", json: parameter.schema.text)
                return object
            })
        if let body = route.body {
            var content = JSONObject()
            for (type, schema) in body.content { content.add(type, json: reference(schema)) }
            var object = JSONObject()
            object.add("required", body.isRequired)
            object.add("content", json: content.text)
            operation.add("requestBody", json: object.text)
        }
        operation.add("responses", json: responses(route).text)
        return operation
    }

    private static func responses(_ route: Route) -> JSONObject {
        var success = JSONObject()
        success.add("description", "Done.")
        var content = JSONObject()
        content.add(route.answerType, json: route.schema.map(reference) ?? #"{"schema":{"type":"string"}}"#)
        success.add("content", json: content.text)
        var responses = JSONObject()
        responses.add("200", json: success.text)
        let usual: [Problem.Kind] = [
            .malformedRequest, .unauthorized, .forbidden, .timeout, .targetTooLong, .headersTooLarge, .unavailable,
            .internalError,
        ]
        let statuses = Dictionary(grouping: usual + route.problems, by: \.status.code)
        for (status, kinds) in statuses.sorted(by: { $0.key < $1.key }) {
            var problem = JSONObject()
            problem.add(
                "description",
                kinds.map(\.title).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(
                    separator: "; ") + ".")
            problem.add("content", json: #"{"application/problem+json":\#(reference("Problem"))}"#)
            responses.add(String(status), json: problem.text)
        }
        return responses
    }

    private static func reference(_ schema: String) -> String {
        ##"{"schema":{"$ref":"#/components/schemas/\##(schema)"}}"##
    }
}
