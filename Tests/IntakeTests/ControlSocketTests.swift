import Dispatch
import Glibc
import Intake
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ControlSocketTests {
    private let folder: TemporaryFolder
    private let path: String
    private let socket: ControlSocket
    private let ended = DispatchGroup()

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/control.sock"
        socket = try ControlSocket(path: path, mode: 0o600)
    }

    private func run(_ answer: @escaping @Sendable (String) -> String) {
        DispatchQueue(label: "control").async(group: ended) { [socket] in
            try? socket.run { question, _ in answer(question) }
        }
    }

    private func end() {
        socket.stop()
        ended.wait()
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 65_534])
    func `a question of any length is answered`(length: Int) throws {
        run { "<\($0)>" }
        let question = String(repeating: "q", count: length)
        #expect(try ControlClient.ask(question, path: path) == "<\(question)>")
        end()
        #expect(access(path, F_OK) == -1)
    }

    @Test func `the kernel says who asks`() throws {
        DispatchQueue(label: "control").async(group: ended) { [socket] in
            try? socket.run { _, peer in "\(peer.uid) \(peer.name ?? "?")" }
        }
        let name = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) }
        #expect(try ControlClient.ask("who", path: path) == "\(getuid()) \(name ?? "?")")
        end()
    }

    @Test func `a question that is too long is not answered`() throws {
        run { _ in "answer" }
        let client = try Client(path: path)
        client.send(String(repeating: "q", count: 65_537))
        #expect(client.readLine() == nil)
        end()
    }

    @Test func `an answer that takes long, and clients that do not ask or do not read, hold up nobody`() throws {
        let gate = Gate()
        let large = String(repeating: "a", count: 1 << 20)
        run { question in
            if question == "slow" { gate.pass() }
            return question == "large" ? large : question
        }
        let slow = try Client(path: path)
        slow.send("slow\n")
        let mute = try (0..<5).map { _ in try Client(path: path) }
        let deaf = try (0..<5).map { _ in
            let client = try Client(path: path)
            client.send("large\n")
            return client
        }
        for i in 0..<50 { #expect(try ControlClient.ask("\(i)", path: path) == "\(i)") }
        gate.open()
        #expect(slow.readLine() == "slow")
        #expect(deaf[0].readLine() == large)
        end()
        withExtendedLifetime((mute, deaf)) {}
    }

    @Test func `more clients than are served at once are all answered`() throws {
        let most = Mutex((now: 0, most: 0))
        let gate = Gate()
        run { question in
            most.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
                if $0.now == ControlSocket.maximumClients { gate.open() }
            }
            gate.pass()
            most.withLock { $0.now -= 1 }
            return question
        }
        let clients = try (0..<50).map { i in
            let client = try Client(path: path)
            client.send("\(i)\n")
            return client
        }
        for (i, client) in clients.enumerated() { #expect(client.readLine() == "\(i)") }
        #expect(most.withLock { $0.most } == ControlSocket.maximumClients)
        end()
    }
}
