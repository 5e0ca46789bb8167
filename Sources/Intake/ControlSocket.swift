import CLinux
import Dispatch
import Glibc
import Synchronization

/// A Unix stream socket that answers questions: a client sends one line, gets one line, and the connection ends.
///
/// Each client has a thread of its own, so that one that dawdles, or an answer that takes long, holds up nobody. There are at
/// most ``maximumClients``; further ones wait to be accepted.
package final class ControlSocket: Sendable {
    /// The longest question, with its newline.
    package static let maximumBytes = 65_536
    package static let maximumClients = 16
    /// Clients of one user at a time, but for root and this process's own.
    package static let maximumClientsPerUser = 4
    /// How long a client may take to ask.
    private static let patience = Duration.milliseconds(500)
    /// How long a client may take to read its answer.
    private static let readingPatience = Duration.seconds(5)
    /// How long the end waits for answers that are being made.
    private static let endPatience = DispatchTimeInterval.seconds(2)

    private let socket: ListeningSocket
    private let stopping: Wakeup
    /// Raised when a client has been served.
    private let served: Wakeup
    private let clients = Atomic(0)
    /// By user, but for root and this process's own.
    private let crowds = Mutex<[UInt32: Int]>([:])

    /// Binds the socket; see ``StreamListener`` for what stands in the way.
    package init(path: String, mode: UInt32, inherited: InheritedSockets = .none) throws(IntakeError) {
        stopping = try Wakeup()
        served = try Wakeup()
        socket = try ListeningSocket(path: path, mode: mode, inherited: inherited)
    }

    /// Answers until ``stop()``, and then the questions that were asked before, for two seconds at most.
    ///
    /// - Parameters:
    ///   - refusal: what one is told who may ask nothing at all, before he has asked; `nil` for all others. So strangers
    ///     take no place and no time of anybody's.
    ///   - answer: called on several threads at once, with the question and who asks it.
    package func run(
        refusal: @escaping @Sendable (Peer) -> String? = { _ in nil },
        answer: @escaping @Sendable (_ question: String, _ peer: Peer) -> String
    ) throws {
        defer { socket.removeFile() }
        let serving = DispatchGroup()
        defer { _ = serving.wait(timeout: .now() + Self.endPatience) }
        while true {
            let hasRoom = clients.load(ordering: .acquiring) < Self.maximumClients
            var waiting = [
                pollfd(fd: stopping.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: served.raw, events: Int16(POLLIN), revents: 0),
                // A negative descriptor is left out (poll(2)).
                pollfd(fd: hasRoom ? socket.descriptor.raw : -1, events: Int16(POLLIN), revents: 0),
            ]
            // SAFETY: three pollfds are given and counted.
            guard unsafe poll(&waiting, 3, -1) >= 0 else {
                if errno == EINTR { continue }
                throw IntakeError(call: "poll", path: socket.path.path, errno: errno)
            }
            if waiting[0].revents != 0 { return }
            if waiting[1].revents != 0 { Wakeup.clear(served.raw) }
            if waiting[2].revents != 0 { accept(serving, refusal, answer) }
        }
    }

    /// Makes ``run(answer:)`` return. From any thread, at any time.
    package func stop() { stopping.raise() }

    private func accept(
        _ serving: DispatchGroup, _ refusal: (Peer) -> String?,
        _ answer: @escaping @Sendable (String, Peer) -> String
    ) {
        // The listener does not block, but an accepted socket does, within the time limits. A client that has gone again,
        // or a lack of descriptors, is nothing that the daemon should end for.
        let raw = accept4(socket.descriptor.raw, nil, nil, CInt(SOCK_CLOEXEC.rawValue))
        guard raw >= 0 else {
            if errno == EMFILE || errno == ENFILE { usleep(100_000) }
            return
        }
        guard let peer = Peer(of: raw), refusal(peer) == nil else { return Self.refuse(Descriptor(raw), refusal) }
        guard admit(peer.uid) else { return Self.refuse(Descriptor(raw)) { _ in Self.crowded } }
        clients.add(1, ordering: .relaxed)
        // A queue of its own is what gives it a thread, whatever other queues wait for.
        DispatchQueue(label: "banrisk.control.client").async(group: serving) { [self] in
            Self.serve(Descriptor(raw), peer, answer)
            release(peer.uid)
            clients.subtract(1, ordering: .releasing)
            served.raise()
        }
    }

    /// What one is told who has as many questions open as one may.
    private static let crowded = #"{"error":"too many questions of one user at a time; try again"}"#

    private func admit(_ uid: UInt32) -> Bool {
        if uid == 0 || uid == geteuid() { return true }
        return crowds.withLock { crowds in
            guard crowds[uid, default: 0] < Self.maximumClientsPerUser else { return false }
            crowds[uid, default: 0] += 1
            return true
        }
    }

    private func release(_ uid: UInt32) {
        crowds.withLock { crowds in
            guard let count = crowds[uid] else { return }
            crowds[uid] = count > 1 ? count - 1 : nil
        }
    }

    private static func refuse(_ client: consuming Descriptor, _ refusal: (Peer) -> String?) {
        guard let text = Peer(of: client.raw).flatMap(refusal) else { return }
        let bytes = Array((text + "\n").utf8)
        // SAFETY: the kernel copies the array's own bytes; a new connection has room for them.
        unsafe _ = send(client.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
    }

    private static func serve(_ client: consuming Descriptor, _ peer: Peer, _ answer: (String, Peer) -> String) {
        var limit = timeval(tv_sec: 0, tv_usec: 100_000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            // SAFETY: the kernel copies the time before the call returns.
            unsafe _ = setsockopt(client.raw, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard let question = readLine(client.raw) else { return }
        let text = answer(question, peer)
        _ = client.sendAll(Array((text + "\n").utf8), until: .now + readingPatience)
    }

    /// The client's line; `nil` if it does not come in time, or is too long.
    private static func readLine(_ descriptor: CInt) -> String? {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        let deadline = ContinuousClock.now + patience
        while line.count < maximumBytes, ContinuousClock.now < deadline {
            // SAFETY: the kernel writes at most the array's size into it.
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count >= 0 else { return nil }
            let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n"))
            line.append(contentsOf: chunk[..<(end ?? count)])
            if count == 0 || end != nil { return String(decoding: line, as: UTF8.self) }
        }
        return nil
    }
}
