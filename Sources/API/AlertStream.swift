internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import RiskModel
internal import Store

/// Alerts as they are written, as server-sent events (HTML, §9.2): `id:` is the alert's id, `data:` the alert as JSON.
///
/// Bounded: nothing is kept for a client. Where he reads slowly the stream waits for him, and goes on from the database;
/// who does not read at all is cut off by ``ConnectionGuard``, and resumes by the id of what he has.
struct AlertStream: Sendable {
    /// How many alerts are read and written at once.
    private static let batch = 100
    static let type = "text/event-stream"

    let house: House
    /// In the order of the alerts, from the first that is to be sent on.
    let filter: AlertFilter
    /// Held as long as the stream is.
    let place: StreamPlaces.Place

    var answer: Answer {
        var answer = Answer(
            stream: ResponseBody { writer in
                // A comment, so that the client sees at once that he is connected, and when to come back.
                try await writer.write(ByteBuffer(string: "retry: 2000\n: connected\n\n"))
                try await run(&writer)
                try await writer.finish(nil)
            }, type: Self.type)
        // What stands between here and the client is not to collect events before it passes them on.
        answer.headers[HTTPField.Name("X-Accel-Buffering") ?? .cacheControl] = "no"
        return answer
    }

    private func run(_ writer: inout any ResponseBodyWriter) async throws {
        var filter = filter
        filter.limit = Self.batch
        var seen: CommitWatch.Version?
        var lastWrite = ContinuousClock.now
        while !house.isStopping {
            let (version, alerts) = try await look(filter, seen)
            if !alerts.isEmpty {
                // With what the filter leaves out, an id would be read again and again.
                filter.afterID = alerts.last?.id ?? filter.afterID
                try await writer.write(ByteBuffer(string: alerts.map(Self.event).joined()))
                lastWrite = .now
            }
            // Where a batch was full there is perhaps more.
            seen = alerts.count < Self.batch ? version : nil
            if seen == nil { continue }
            if ContinuousClock.now - lastWrite > .seconds(house.limits.heartbeatSeconds) {
                try await writer.write(ByteBuffer(string: ": still there\n\n"))
                lastWrite = .now
            }
            try await Task.sleep(for: .seconds(house.limits.streamPollSeconds))
        }
    }

    /// What has come since; nothing where nothing was committed.
    private func look(
        _ filter: AlertFilter, _ seen: CommitWatch.Version?
    ) async throws -> (CommitWatch.Version, [AlertRow]) {
        try await house.readers.read { reader in
            let version = try house.watch.version()
            return (version, version == seen ? [] : try reader.alerts(filter))
        }
    }

    private static func event(_ alert: AlertRow) -> String {
        "id: \(alert.id)\nevent: alert\ndata: \(alert.json.text)\n\n"
    }
}
