import CLinux
import Glibc
import Synchronization

/// A Unix stream socket that answers questions: a client sends one line, gets one line, and the connection ends.
///
/// One client at a time, each with ``patience`` to ask; who asks nothing delays the others, and the end, no longer.
package final class ControlSocket: Sendable {
    /// The longest question, with its newline.
    private static let maximumBytes = 256
    private static let patience = Duration.milliseconds(500)

    private let socket: ListeningSocket
    private let stopping: Wakeup

    /// Binds the socket; see ``StreamListener`` for what stands in the way.
    package init(path: String, mode: UInt32) throws(IntakeError) {
        stopping = try Wakeup()
        socket = try ListeningSocket(path: path, mode: mode)
    }

    /// Answers until ``stop()``.
    package func run(answer: (_ question: String) -> String) throws {
        defer { socket.removeFile() }
        while true {
            var waiting = [
                pollfd(fd: stopping.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: socket.descriptor.raw, events: Int16(POLLIN), revents: 0),
            ]
            // SAFETY: two pollfds are given and counted.
            guard unsafe poll(&waiting, 2, -1) >= 0 else {
                if errno == EINTR { continue }
                throw IntakeError(call: "poll", path: socket.path.path, errno: errno)
            }
            if waiting[0].revents != 0 { return }
            serve(answer)
        }
    }

    /// Makes ``run(answer:)`` return. From any thread, at any time.
    package func stop() { stopping.raise() }

    private func serve(_ answer: (String) -> String) {
        // The listener does not block, but an accepted socket does, within the time limits. A client that has gone again,
        // or a lack of descriptors, is nothing that the daemon should end for.
        let raw = accept4(socket.descriptor.raw, nil, nil, CInt(SOCK_CLOEXEC.rawValue))
        guard raw >= 0 else {
            if errno == EMFILE || errno == ENFILE { usleep(100_000) }
            return
        }
        let client = Descriptor(raw)
        var limit = timeval(tv_sec: 0, tv_usec: 100_000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            // SAFETY: the kernel copies the time before the call returns.
            unsafe _ = setsockopt(client.raw, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard let question = readLine(client.raw) else { return }
        write(answer(question) + "\n", to: client.raw)
    }

    /// The client's line; `nil` if it does not come in time, or is too long.
    private func readLine(_ descriptor: CInt) -> String? {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: Self.maximumBytes)
        let deadline = ContinuousClock.now + Self.patience
        while line.count < Self.maximumBytes, ContinuousClock.now < deadline {
            // SAFETY: the kernel writes at most the array's size into it.
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count >= 0 else { return nil }
            line.append(contentsOf: chunk[..<count])
            if count == 0 || line.contains(UInt8(ascii: "\n")) {
                return String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            }
        }
        return nil
    }

    private func write(_ text: String, to descriptor: CInt) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            // SAFETY: the array holds `count - sent` bytes from `sent` on; no signal where the client has gone.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress.map { unsafe $0 + sent }, $0.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}

/// The other end of a ``ControlSocket``.
package enum ControlClient {
    /// Asks the daemon one question and returns its answer, without the newline.
    package static func ask(_ question: String, path: String) throws(IntakeError) -> String {
        let place = try SocketPath(path)
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let raw = socket(AF_UNIX, type, 0)
        guard raw >= 0 else { throw IntakeError(call: "socket", path: path, errno: errno) }
        let client = Descriptor(raw)
        // SAFETY: the kernel copies the address before the call returns.
        let code = unsafe place.withAddress { address, length in
            unsafe connect(client.raw, address, length) == 0 ? 0 : errno
        }
        guard code == 0 else { throw IntakeError(call: "connect", path: path, errno: code) }
        let bytes = Array((question + "\n").utf8)
        // SAFETY: the kernel reads the array's own bytes, which a socket buffer takes at once.
        guard unsafe send(client.raw, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
            throw IntakeError(call: "send", path: path, errno: errno)
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            // SAFETY: the kernel writes at most the array's size into it.
            let count = unsafe read(client.raw, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw IntakeError(call: "read", path: path, errno: errno) }
            if count == 0 { break }
            answer.append(contentsOf: chunk[..<count])
        }
        if answer.last == UInt8(ascii: "\n") { answer.removeLast() }
        return String(decoding: answer, as: UTF8.self)
    }
}
