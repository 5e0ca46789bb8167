import Foundation
import Glibc

/// What the daemon answers on its control socket, as far as tests look at it.
struct DaemonStatus: Decodable {
    struct Sequence: Decodable { var received, durable, processed, applied: Int }
    struct Intake: Decodable { var connections, frames, bytes, oversized, unterminated: Int }
    struct Pipeline: Decodable { var events, rejected: Int }
    struct Rule: Decodable {
        var rule: String
        var active: Bool
        var inactiveBecause: String?
    }

    var pid: Int32
    var sequence: Sequence
    var intake: Intake
    var pipeline: Pipeline
    var rules: [Rule]

    init(_ data: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(DaemonStatus.self, from: data)
    }
}

/// A `banriskd` that serves, with state and sockets in one folder.
final class RunningDaemon {
    let folder: TemporaryFolder
    let process: ChildProcess

    var database: String { folder("banrisk.db") }
    var events: String { folder("events.sock") }
    var control: String { folder("control.sock") }

    /// Starts the daemon and waits until it answers.
    init(_ folder: TemporaryFolder, _ arguments: [String] = ["--geoip", Places.demo]) throws {
        self.folder = folder
        process = try ChildProcess(Places.banriskd, Self.arguments(folder) + arguments)
        let process = process
        try eventually("the daemon's first answer; it has said: \(process.errors)") {
            if let end = process.poll() {
                throw NeverCame(description: "the daemon ended, \(end): \(process.errors)")
            }
            return (try? self.status())?.pid == process.pid
        }
    }

    /// What puts a daemon's state and sockets into a folder.
    static func arguments(_ folder: TemporaryFolder) -> [String] {
        ["--state-directory", folder.path, "--runtime-directory", folder.path]
    }

    func status() throws -> DaemonStatus {
        let client = try StreamClient(control)
        try client.send("status\n")
        return try DaemonStatus(try client.receive())
    }

    /// Sends text on a connection of its own.
    func feed(_ bytes: some Collection<UInt8>) throws { try StreamClient(events).send(bytes) }
    func feed(_ lines: some Sequence<String>) throws { try feed(lines.joined().utf8) }

    /// Waits until a status is as wanted.
    @discardableResult
    func wait(_ fact: String, _ isSo: (DaemonStatus) -> Bool) throws -> DaemonStatus {
        var last: DaemonStatus?
        return try answer(to: "\(fact); the last status was \(last as Any)") {
            last = try status()
            return last.flatMap { isSo($0) ? $0 : nil }
        }
    }

    /// Waits until this many frames are in the database.
    func waitUntilApplied(_ count: Int) throws {
        try wait("\(count) frames in the database") { $0.sequence.applied >= count }
    }

    /// Asks it to end, and waits.
    func stop() throws -> ChildProcess.End {
        process.signal(SIGTERM)
        return try process.wait()
    }

    /// Ends it as a power cut would, as far as the process goes.
    func kill() throws {
        process.signal(SIGKILL)
        _ = try process.wait()
    }
}
