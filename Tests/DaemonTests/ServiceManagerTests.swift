import Foundation
import Glibc
import Testing

@testable import banriskd

@Suite struct VitalSignsTests {
    private func signs(_ turns: UInt64, stall: String? = nil, _ desk: VitalSigns.Desk = .answers) -> VitalSigns {
        VitalSigns(turns: turns, stall: stall, desk: desk)
    }

    @Test func `the first look finds no trouble with the pipeline`() {
        #expect(signs(0).trouble(since: nil) == nil)
    }

    @Test func `a pipeline that came round has earned a ping, one that did not has not`() {
        #expect(signs(8).trouble(since: signs(7)) == nil)
        #expect(signs(7).trouble(since: signs(7)) == "the pipeline stands still")
    }

    @Test func `a pipeline that waits for the database stands still by right, and may take its time behind it`() {
        #expect(signs(7, stall: "the disk is full").trouble(since: signs(7)) == nil)
        #expect(signs(7).trouble(since: signs(7, stall: "the disk is full")) == nil)
    }

    @Test func `a desk that does not answer costs the ping whatever the pipeline does`() {
        for last in [nil, signs(7), signs(8, stall: "locked")] {
            #expect(signs(8, stall: "locked", .silent).trouble(since: last) == "the control desk does not answer")
        }
    }

    @Test func `a desk that cannot be reached costs nothing`() {
        #expect(signs(8, .unreachable("no such file")).trouble(since: signs(7)) == nil)
    }
}

/// What a service manager learns of the real daemon.
extension ProcessTests {
    @Suite struct ServiceManagerTests {
        /// The time in which a manager would wait for a ping; the daemon looks four times within it.
        private static let watchdog = ["WATCHDOG_USEC": "2000000"]

        private let folder: TemporaryFolder
        private let manager: NotifySocket

        init() throws {
            folder = try TemporaryFolder()
            manager = try NotifySocket(folder("notify.sock"))
        }

        private func start(_ environment: [String: String?] = [:]) throws -> ChildProcess {
            let variables = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": nil, "WATCHDOG_PID": nil]
            return try ChildProcess(
                Places.banriskd, RunningDaemon.arguments(folder) + ["--geoip", Places.demo],
                environment: variables.merging(environment) { $1 })
        }

        @Test func `it is told of readiness, of a reload's beginning and end, and of the end`() throws {
            let daemon = try start()
            #expect(try manager.next(with: "READY=1").contains("STATUS=running"))
            daemon.signal(SIGHUP)
            let reloading = try manager.next(with: "RELOADING=1")
            let clock = try #require(reloading.first { $0.hasPrefix("MONOTONIC_USEC=") })
            #expect(Int(clock.dropFirst("MONOTONIC_USEC=".count)) ?? 0 > 0)
            try manager.next(with: "READY=1")
            daemon.signal(SIGTERM)
            try manager.next(with: "STOPPING=1")
            #expect(try daemon.wait() == .exit(0))
            // Nobody had asked for pings.
            #expect(!manager.messages.joined().contains("WATCHDOG=1"))
        }

        @Test func `pings keep coming while there is nothing to do, and none for another process`() throws {
            let daemon = try start(Self.watchdog)
            for _ in 0..<4 { try manager.next(with: "WATCHDOG=1") }
            daemon.signal(SIGTERM)
            #expect(try daemon.wait() == .exit(0))

            let other = try start(Self.watchdog.merging(["WATCHDOG_PID": "1"]) { $1 })
            let before = manager.messages.count
            try manager.next(with: "READY=1")
            other.signal(SIGTERM)
            #expect(try other.wait() == .exit(0))
            try manager.next(with: "STOPPING=1")
            #expect(!manager.messages[before...].joined().contains("WATCHDOG=1"))
        }

        @Test func `a database that somebody has locked is no reason for pings to stay away`() throws {
            let daemon = try start(Self.watchdog)
            try manager.next(with: "READY=1")
            let lock = try folder.write("BEGIN EXCLUSIVE;\n.print locked\n.system sleep 1000\n", to: "lock.sql")
            let holder = try ChildProcess("sqlite3", [folder("banrisk.db")], input: lock)
            try eventually("the lock") { holder.output.contains("locked") }
            try StreamClient(folder("events.sock")).send(Logs.farm().joined())
            let stalled = try manager.next { $0.contains("WATCHDOG=1") && !$0.contains("STATUS=running") }
            #expect(stalled.contains { $0.hasPrefix("STATUS=") && $0.contains("lock") }, "\(stalled)")
            for _ in 0..<4 { try manager.next(with: "WATCHDOG=1") }
            holder.signal(SIGKILL)
            try manager.next { $0.contains("WATCHDOG=1") && $0.contains("STATUS=running") }
            daemon.signal(SIGTERM)
            #expect(try daemon.wait() == .exit(0))
        }

        @Test func `a removed control socket is logged, and is no reason for pings to stay away`() throws {
            let daemon = try start(Self.watchdog)
            try manager.next(with: "READY=1")
            unlink(folder("control.sock"))
            try eventually("the log") { daemon.errors.contains("nobody can reach the control desk") }
            for _ in 0..<4 { try manager.next(with: "WATCHDOG=1") }
            daemon.signal(SIGTERM)
            #expect(try daemon.wait() == .exit(0))
        }
    }
}

/// A service manager's socket (sd_notify(3)).
private final class NotifySocket {
    let path: String
    /// Everything that came, each message as its lines.
    private(set) var messages: [[String]] = []
    private let descriptor: CInt

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        var limit = timeval(tv_sec: Int(patience.components.seconds), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Waits for the next message that is as wanted; passes over others.
    @discardableResult
    func next(_ isWanted: ([String]) -> Bool) throws -> [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count >= 0 else { throw NeverCame(description: "the message; these did: \(messages)") }
            let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
            messages.append(lines)
            if isWanted(lines) { return lines }
        }
    }

    @discardableResult
    func next(with line: String) throws -> [String] { try next { $0.contains(line) } }
}
