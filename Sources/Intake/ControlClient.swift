import Glibc

/// The other end of a ``ControlSocket``.
package enum ControlClient {
    /// Asks the daemon one question and returns its answer, without the newline. Waits for as long as that takes.
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
        // A daemon that hears nobody of us has answered and closed already.
        let sendError = client.sendAll(Array((question + "\n").utf8)) ? 0 : errno
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            // SAFETY: the kernel writes at most the array's size into it.
            let count = unsafe read(client.raw, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == ECONNRESET, !answer.isEmpty { break }
            guard count >= 0 else { throw IntakeError(call: "read", path: path, errno: errno) }
            if count == 0 { break }
            answer.append(contentsOf: chunk[..<count])
        }
        if answer.isEmpty, sendError != 0 { throw IntakeError(call: "send", path: path, errno: sendError) }
        if answer.last == UInt8(ascii: "\n") { answer.removeLast() }
        return String(decoding: answer, as: UTF8.self)
    }
}
