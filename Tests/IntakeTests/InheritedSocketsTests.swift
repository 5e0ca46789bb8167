import Dispatch
import Glibc
import RiskModel
import TestSupport
import Testing

@testable import Intake

/// Sockets that another process has made, here the test itself; `descriptor` is what it keeps of one.
@Suite(.timeLimit(.minutes(1)))
struct InheritedSocketsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// A bound socket, listening if it can.
    private func make(_ kind: SocketKind, at path: String) -> CInt {
        let raw = socket(AF_UNIX, kind.type, 0)
        #expect(Client.withAddress(path) { bind(raw, $0, $1) } == 0)
        if kind == .stream { #expect(listen(raw, 16) == 0) }
        return raw
    }

    @Test func `each way in takes the socket that is bound to its path, or has its name`() throws {
        let descriptors = [
            make(.stream, at: path("events.sock")), make(.datagram, at: path("events.dgram")),
            make(.stream, at: path("other")),
            make(.stream, at: path("unknown")),
        ]
        let sockets = try InheritedSockets([
            (descriptors[0], "banriskd.socket"), (descriptors[1], ""), (descriptors[2], "forward.sock"),
            (descriptors[3], "stray"),
        ])
        #expect(try sockets.take(.stream, path: path("events.sock")) == descriptors[0])
        #expect(try sockets.take(.stream, path: path("events.sock")) == nil)
        // Another way to the same file.
        #expect(symlink(folder.path, "\(folder.path)/run") == 0)
        #expect(try sockets.take(.datagram, path: path("run/events.dgram")) == descriptors[1])
        #expect(try sockets.take(.stream, path: path("forward.sock")) == descriptors[2])
        #expect(try sockets.take(.stream, path: path("control.sock")) == nil)
        #expect(sockets.leftOver == ["stray (\(path("unknown")))"])
        for descriptor in descriptors {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
        }
        for descriptor in descriptors.dropLast() { close(descriptor) }
    }

    @Test func `what cannot be listened on is refused by its name`() throws {
        let unbound = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        let internet = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        let file = open("/dev/null", O_RDONLY)
        let packets = socket(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue), 0)
        for descriptor in [unbound, internet, file, packets] {
            #expect(throws: IntakeError.inheritedNoListener(name: "x")) {
                _ = try InheritedSockets([(descriptor, "x")])
            }
            #expect(throws: IntakeError.inheritedNoListener(name: "number 1")) {
                _ = try InheritedSockets([(descriptor, "")])
            }
            close(descriptor)
        }
        let sockets = try InheritedSockets([(make(.datagram, at: path("events.sock")), "d")])
        let error = #expect(throws: IntakeError.self) {
            _ = try StreamListener(path: path("events.sock"), inherited: sockets)
        }
        #expect(error == .inheritedKind(name: "d (\(path("events.sock")))", expected: .stream))
        #expect(error?.description.contains("ListenStream=") == true)
    }

    @Test func `a stream socket and who waits in it outlive the listener`() throws {
        let path = path("events.sock")
        let raw = make(.stream, at: path)
        let sink = RecordingSink()
        for life in 0..<2 {
            let inherited = try InheritedSockets([(dup(raw), "")])
            let listener = try StreamListener(path: path, inherited: inherited)
            let run = ListenerRun(listener, sink)
            if life == 0 {
                let client = try Client(path: path)
                client.send("connected\nha")
                sink.waitForLines(1)
                listener.stop()
                client.waitForEnd()
            } else {
                sink.waitForLines(3)
                listener.stop()
            }
            try run.wait()
            #expect(access(path, F_OK) == 0)
            if life == 0 {
                let waiting = try Client(path: path)
                waiting.send("waited\n")
                // It stays connected beyond its process's end, as far as the listener can tell.
            }
        }
        #expect(sink.texts == ["connected", "ha", "waited"])
        close(raw)
    }

    @Test func `who is not accepted yet when an inherited socket's listener stops waits for the next`() throws {
        let path = path("events.sock")
        let raw = make(.stream, at: path)
        let client = try Client(path: path)
        client.send("waited\n")
        let first = try StreamListener(path: path, inherited: try InheritedSockets([(dup(raw), "")]))
        first.stop()
        let second = try StreamListener(path: path, inherited: try InheritedSockets([(dup(raw), "")]))
        let sink = RecordingSink()
        // Either of them may accept him, nobody refuses him.
        try first.run(sink: sink)
        let run = ListenerRun(second, sink)
        sink.waitForLines(1)
        second.stop()
        try run.wait()
        #expect(sink.texts == ["waited"])
        close(raw)
    }

    @Test func `a datagram socket and what waits in it outlive the listener`() throws {
        let path = path("events.dgram")
        let raw = make(.datagram, at: path)
        let client = try Client(path: path, kind: .datagram)
        let sink = RecordingSink()
        for life in 0..<3 {
            let listener = try DatagramListener(path: path, inherited: try InheritedSockets([(dup(raw), "")]))
            let run = ListenerRun(listener, sink)
            client.send("alive \(life)")
            sink.waitForLines(2 * life + 1)
            listener.stop()
            try run.wait()
            client.send("between \(life)")
        }
        #expect(sink.texts == ["alive 0", "between 0", "alive 1", "between 1", "alive 2"])
        #expect(access(path, F_OK) == 0)
        close(raw)
    }
}
