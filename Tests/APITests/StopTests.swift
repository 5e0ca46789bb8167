import Foundation
import Synchronization
import TestSupport
import Testing

@testable import API

/// Each would hang if the server waited for what does not come.
@Suite struct StopTests {
    @Test(.timeLimit(.minutes(1))) func `the server's end ends streams and idle connections`() async throws {
        let harness = try await Harness()
        let stream = try RawClient(harness.socket)
        try stream.send("GET /v1/alerts/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        let idle = try RawClient(harness.socket)
        try await harness.stop()
        withExtendedLifetime((stream, idle)) {}
    }

    @Test(.timeLimit(.minutes(1))) func `a request that is being answered is answered, and the connection then closed`()
        async throws
    {
        let harness = try await Harness()
        harness.sink.hold()
        let client = try RawClient(harness.socket)
        try client.send("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        while harness.sink.lines.isEmpty { await Task.yield() }
        harness.server.stop()
        harness.sink.release()
        try await harness.stop()
        let reply = try client.read()
        #expect(reply.status == 200)
        #expect(client.isClosed())
    }

    @Test(.timeLimit(.minutes(1))) func `neither a disk nor a daemon that does not answer holds the end up`()
        async throws
    {
        var limits = APILimits()
        limits.stopSeconds = 0.2
        limits.durableSeconds = 3_600
        let harness = try await Harness(limits: limits)
        harness.sink.hold()
        let gate = Gate()
        harness.desk.state.withLock { $0.gate = gate }
        let events = try RawClient(harness.socket)
        try events.send("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        let verdict = try RawClient(harness.socket)
        let body = #"{"accounts":["a"],"verdict":"cleared","why":"x"}"#
        try verdict.send("POST /v1/verdicts HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        while harness.sink.lines.isEmpty || !harness.desk.state.withLock({ $0.isAsked }) { await Task.yield() }
        try await harness.stop()
        gate.open()
        withExtendedLifetime((events, verdict)) {}
    }
}
