import Glibc
import Intake

/// A folder that is removed with its content when it is released.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/banrisk-intake-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(errno: errno) }
        path = String(cString: made)
    }

    deinit {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                }
                unlink("\(path)/\(name)")
            }
            closedir(stream)
        }
        rmdir(path)
    }

    struct Failure: Error { var errno: CInt }
}

/// A shipper: a connected Unix socket.
final class Client: Sendable {
    let raw: CInt

    init(path: String, kind: SocketKind = .stream) throws {
        raw = socket(AF_UNIX, CInt(kind == .stream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue), 0)
        let code = Self.withAddress(path) { connect(raw, $0, $1) == 0 ? 0 : errno }
        if code != 0 { throw TemporaryFolder.Failure(errno: code) }
    }

    deinit { close(raw) }

    /// Writes everything, waiting where it must.
    ///
    /// - Returns: how much was taken before the other side ended.
    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Int {
        var done = 0
        while done < bytes.count {
            let count = Array(bytes[done...]).withUnsafeBytes {
                Glibc.send(raw, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count <= 0 { break }
            done += count
        }
        return done
    }

    /// Writes as much as goes without waiting.
    func sendWithoutWaiting(_ text: String) -> Int {
        let bytes = Array(text.utf8)
        return Glibc.send(raw, bytes, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
    }

    func finish() { shutdown(raw, CInt(SHUT_WR)) }

    /// Neither reads nor writes any more: to the other side this is a client that was killed.
    func hangUp() { shutdown(raw, CInt(SHUT_RDWR)) }

    /// How much may be under way, and how long a datagram may be; for root (socket(7)).
    func growSendBuffer(to bytes: CInt) {
        var bytes = bytes
        // SO_SNDBUFFORCE, which Glibc's module leaves out (asm-generic/socket.h).
        setsockopt(raw, SOL_SOCKET, 32, &bytes, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Whether the other side has sent something that was not read yet.
    var hasAnswer: Bool {
        var byte: UInt8 = 0
        return recv(raw, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)) == 1
    }

    /// What the other side sends, so many bytes, or less if it ends.
    func read(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = bytes[done...].withUnsafeMutableBytes { recv(raw, $0.baseAddress, $0.count, 0) }
            if read <= 0 { break }
            done += read
        }
        return Array(bytes[..<done])
    }

    /// The next line that the other side sends, without its newline; `nil` at the end.
    func readLine() -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while recv(raw, &byte, 1, 0) == 1 {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    /// Asks for acknowledgements, and gives the answer.
    func ask(session: String) -> String? {
        send("banrisk/1 acks session=\(session)\n")
        return readLine()
    }

    /// Waits until the other side has closed.
    func waitForEnd() {
        var byte: UInt8 = 0
        while recv(raw, &byte, 1, 0) > 0 {}
    }

    static func withAddress<R>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
