import Foundation
import RiskModel
import Settings
import Testing

@testable import Notification

@Suite struct WebhookSinkTests {
    private func sink(_ yaml: String) throws -> any Sink {
        try settings("kind: webhook, format: json, timeout: 2s, \(yaml)").sink
    }

    private let message = AlertMessage(.sample(1))

    @Test(arguments: ["200", "201", "204"])
    func `An answer of success is a delivery`(step: String) throws {
        let receiver = try Receiver([step])
        #expect(try sink("url: \"\(receiver.url)\"").deliver([message]) == .done)
    }

    @Test(arguments: [
        "500", "502", "503", "408", "425", "302", "307", "hang", "close", "half", "slow", "garbage", "100",
    ])
    func `What may pass is tried again`(step: String) throws {
        let receiver = try Receiver([step])
        guard case .failed(0, _, nil) = try sink("url: \"\(receiver.url)\"").deliver([message]) else {
            Issue.record("\(step) is not tried again")
            return
        }
        #expect(receiver.requests.count == 1)
    }

    @Test func `A receiver that has too much to do says how long to wait`() throws {
        let receiver = try Receiver(["429"])
        let delivery = try sink("url: \"\(receiver.url)\"").deliver([message])
        #expect(delivery == .failed(after: 0, why: "HTTP status 429", wait: .seconds(2)))
    }

    @Test(arguments: ["400", "401", "404", "410", "413", "422"])
    func `A refusal is for good`(step: String) throws {
        let receiver = try Receiver([step])
        #expect(try sink("url: \"\(receiver.url)\"").deliver([message]) == .refused(why: "HTTP status \(step)"))
    }

    @Test func `An answer without an end is read so far and no further`() throws {
        let receiver = try Receiver(["endless"])
        #expect(try sink("url: \"\(receiver.url)\"").deliver([message]) == .done)
    }

    @Test func `Nobody there is tried again`() throws {
        guard case .failed = try sink("url: \"http://127.0.0.1:1/\"").deliver([message]) else {
            Issue.record("a refused connection is not tried again")
            return
        }
    }

    @Test func `A redirect is not followed`() throws {
        let other = try Receiver()
        let receiver = try Receiver(["302"])
        _ = try sink("url: \"\(receiver.url)\"").deliver([message])
        #expect(other.requests.isEmpty)
    }

    @Test func `The signature is over time and body, by the secret of the moment`() throws {
        let folder = try Folder()
        let receiver = try Receiver()
        let secret = try folder.write("first\n", to: "secret")
        let sink = try sink("url: \"\(receiver.url)\", secret_file: \"\(secret)\", token_file: \"\(secret)\"")
        #expect(sink.deliver([message]) == .done)
        _ = try folder.write("second", to: "secret")
        #expect(sink.deliver([message, AlertMessage(.sample(2))]) == .done)
        for (request, key) in zip(receiver.requests, ["first", "second"]) {
            let signature = try #require(
                request.header("Banrisk-Signature")?.wholeMatch(of: /t=(\d+),v1=([0-9a-f]{64})/))
            let check = try folder.write("\(signature.1).\(request.body)", to: "signed")
            let openssl = try Program(
                "openssl", ["dgst", "-sha256", "-hmac", key, "-out", folder("code"), check])
            #expect(openssl.terminationStatus == 0)
            let text = folder.text("code")
            #expect(text.contains(signature.2))
            #expect(request.header("Authorization") == "Bearer \(key)")
        }
        #expect(receiver.requests.first?.header("Idempotency-Key") == message.key)
        #expect(receiver.requests.map { alertNumbers($0.body) } == [[1], [1, 2]])
    }

    @Test(arguments: ["", " \n", String(repeating: "x", count: 5_000)])
    func `Without its secret nothing is sent`(secret: String) throws {
        let folder = try Folder()
        let receiver = try Receiver()
        let file = try folder.write(secret, to: "secret")
        guard case .failed = try sink("url: \"\(receiver.url)\", secret_file: \"\(file)\"").deliver([message]) else {
            Issue.record("sent without a secret")
            return
        }
        #expect(receiver.requests.isEmpty)
    }

    @Test func `A token that would end its header is not sent`() throws {
        let folder = try Folder()
        let receiver = try Receiver()
        let file = try folder.write("x\r\nEvil: 1", to: "token")
        guard case .failed = try sink("url: \"\(receiver.url)\", token_file: \"\(file)\"").deliver([message]) else {
            Issue.record("sent with a broken header")
            return
        }
        #expect(receiver.requests.isEmpty)
    }

    @Test func `It speaks on a Unix socket, too`() throws {
        let folder = try Folder()
        let receiver = try Receiver(address: folder("s"))
        #expect(try sink("url: \"http://alerts/in\", socket: \"\(folder("s"))\"").deliver([message]) == .done)
        #expect(receiver.requests.first?.line == "POST /in HTTP/1.1")
    }

    @Test func `A certificate that nobody vouches for is refused, and one that is named is taken`() throws {
        let folder = try Folder()
        let made = try Program(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", folder("key"), "-out", folder("cert"),
            ])
        made.waitUntilExit()
        let receiver = try Receiver(certificate: (folder("cert"), folder("key")))
        let url = "url: \"https://localhost:\(receiver.port)/in\""
        guard case .failed = try sink(url).deliver([message]) else {
            Issue.record("a certificate of nobody's was taken")
            return
        }
        #expect(receiver.requests.isEmpty)
        #expect(try sink("\(url), ca_file: \"\(folder("cert"))\"").deliver([message]) == .done)
        // Right certificate, wrong name.
        let other = "url: \"https://127.0.0.1:\(receiver.port)/in\", ca_file: \"\(folder("cert"))\""
        guard case .failed = try sink(other).deliver([message]) else {
            Issue.record("a certificate for another name was taken")
            return
        }
        #expect(receiver.requests.count == 1)
    }

    @Test func `A delivery that hangs can be broken off`() throws {
        let receiver = try Receiver(["hang"])
        let sink = try settings("kind: webhook, format: json, timeout: 5m, url: \"\(receiver.url)\"").sink
        let waiting = Thread {
            while receiver.requests.isEmpty { poll(nil, 0, 5) }
            sink.cancel()
        }
        waiting.start()
        guard case .failed = sink.deliver([message]) else {
            Issue.record("a broken delivery counts as done")
            return
        }
    }
}
