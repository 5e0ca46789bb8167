import Foundation
import class GRDB.DatabaseQueue
import Glibc
import RiskModel
import Settings
import Store
import Testing

@testable import Notification

/// Nothing here takes longer on a slow and busy machine, unless it never comes.
let patience = Duration.seconds(180)

struct NeverCame: Error, CustomStringConvertible {
    var description: String
}

/// Asks again and again until it is so.
func eventually(_ fact: @autoclosure () -> String, _ isSo: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + patience
    while try !isSo() {
        guard ContinuousClock.now < deadline else { throw NeverCame(description: "waited in vain: \(fact())") }
        poll(nil, 0, 5)
    }
}

/// A folder with a short path; it goes with its owner.
final class Folder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/banrisk-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        path = String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: self(name), atomically: false, encoding: .utf8)
        return self(name)
    }

    func text(_ name: String) -> String { (try? String(contentsOfFile: self(name), encoding: .utf8)) ?? "" }

    /// The whole lines of a file.
    func lines(_ name: String) -> [String] {
        text(name).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}

/// A database as the daemon makes it, whose alerts the test writes.
final class AlertDatabase {
    let path: String
    private let queue: DatabaseQueue

    init(_ path: String) throws {
        self.path = path
        let writer = try StoreWriter(
            path: path, rules: RuleSet.embedded(), inactive: [:], configuration: ConfigurationRecord())
        writer.close()
        queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 10000")
        }
    }

    /// Writes alerts in one transaction.
    func add(_ alerts: [AlertFacts]) throws {
        try queue.write { db in
            for alert in alerts {
                try db.execute(
                    sql: """
                        INSERT INTO alerts (id, account, level, previous_level, score, event_time, seq, reason, explanation,
                            campaign, members) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        alert.id, alert.account, alert.level, alert.previousLevel, alert.score, alert.eventTime,
                        alert.seq,
                        alert.reason, alert.explanation, alert.campaign, alert.members,
                    ])
            }
        }
    }

    func add(_ ids: ClosedRange<Int>, salt: Int = 0) throws { try add(ids.map { AlertFacts.sample($0, salt: salt) }) }

    func remove(_ ids: ClosedRange<Int>) throws {
        try queue.write { db in
            try db.execute(
                sql: "DELETE FROM alerts WHERE id BETWEEN ? AND ?", arguments: [ids.lowerBound, ids.upperBound])
        }
    }

    func close() throws { try queue.close() }
}

extension AlertFacts {
    /// - Parameter salt: tells histories apart.
    static func sample(
        _ id: Int, salt: Int = 0, account: String = "alice", level: String = "review", before: String = "normal",
        campaign: Int? = nil, members: Int? = nil
    ) -> AlertFacts {
        AlertFacts(
            id: id, account: account, level: level, previousLevel: before, score: 66.5,
            eventTime: "2026-03-02T08:04:30.000000Z", seq: 100 * id + salt,
            reason: "shared_ip +9.94: 10 accounts from address 203.0.113.66",
            explanation:
                #"{"score":66.50,"base":1.00,"contributions":[{"rule":"shared_ip","points":9.94},{"rule":"rhythm"}]}"#,
            campaign: campaign, members: members)
    }
}

/// A receiver of webhooks that fails as it is told.
final class Receiver: Sendable {
    private let process: Program
    private let folder: Folder

    struct Request: Decodable {
        var line: String
        var headers: [[String]]
        var body: String
        var step: String

        func header(_ name: String) -> String? { headers.first { $0[0].lowercased() == name.lowercased() }?[1] }
    }

    private struct Begin: Decodable { var port: Int }

    /// - Parameter address: a port, `0` for any, or the path of a socket.
    init(_ plan: [String] = [], address: String = "0", certificate: (file: String, key: String)? = nil) throws {
        folder = try Folder()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "receiver.py").path
        let tls = certificate.map { [$0.file, $0.key] } ?? []
        process = try Program(
            "/usr/bin/env", ["python3", script, folder("log"), address, plan.joined(separator: ",")] + tls)
        try eventually("the receiver to begin") { !folder.lines("log").isEmpty }
    }

    deinit { process.end() }

    var port: Int {
        (try? JSONDecoder().decode(Begin.self, from: Data(folder.lines("log")[0].utf8)).port) ?? 0
    }

    var url: String { "http://127.0.0.1:\(port)/in" }

    var requests: [Request] {
        folder.lines("log").dropFirst().compactMap { try? JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
    }

    /// The numbers of the alerts of answered requests, in their order.
    var delivered: [Int] { requests.filter { $0.step == "200" }.flatMap { alertNumbers($0.body) } }
}

/// The one sink of a configuration.
func settings(_ yaml: String) throws -> Configuration.AlertSink {
    let text = "alerts:\n  - {name: a, \(yaml)}\n"
    return try #require(try Configuration.parse(yaml: text, file: "c", baseDirectory: "/").alerts.first)
}

/// The numbers of the alerts in a body of the format `json`.
func alertNumbers(_ body: String) -> [Int] {
    struct Body: Decodable {
        struct Alert: Decodable { var id: Int }
        var alerts: [Alert]
    }
    return (try? JSONDecoder().decode(Body.self, from: Data(body.utf8)))?.alerts.map(\.id) ?? []
}

/// The tool, beside the test bundle.
let banriskPath: String = {
    let running =
        [try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")] + CommandLine.arguments
    let folders = running.compactMap { $0 }.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
    guard let found = folders.map({ "\($0)/banrisk" }).first(where: FileManager.default.isExecutableFile) else {
        fatalError("there is no banrisk beside the test bundle; swift build makes it")
    }
    return found
}()
