import Foundation
import Glibc

/// A client that sends bytes as they are, and reads answers by RFC 9112, with an own reading of it.
final class RawClient {
    struct Reply {
        var status: Int
        /// By name in lower case; of several of a name the last.
        var headers: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        var json: [String: Any] {
            get throws { try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:] }
        }
    }

    private let descriptor: CInt
    private var buffered: [UInt8] = []

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        guard Harness.withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw Broken(what: "connect: \(errno)")
        }
        limit()
    }

    init(port: Int) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Broken(what: "connect: \(errno)") }
        limit()
    }

    deinit { close(descriptor) }

    /// A test that waits for what never comes is to fail, not to hang.
    private func limit() {
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// - Throws: where the server has closed.
    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let rest = Array(bytes[sent..<min(bytes.count, sent + (1 << 20))])
            let count = Glibc.send(descriptor, rest, rest.count, CInt(MSG_NOSIGNAL))
            guard count > 0 else { throw Broken(what: "send: \(errno)") }
            sent += count
        }
    }

    func finishSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Sends a request with what must be in it, and reads the answer.
    func ask(
        _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil
    ) throws -> Reply {
        let length = body.map { ["Content-Length: \($0.count)"] } ?? []
        let head = ["\(method) \(target) HTTP/1.1", "Host: localhost"] + headers + length
        try send(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? []))
        return try read(method: method)
    }

    func read(method: String = "GET") throws -> Reply {
        var reply = try readHead()
        let (status, headers) = (reply.status, reply.headers)
        var body: [UInt8] = []
        if method == "HEAD" || status == 204 || status == 304 || status < 200 {
        } else if headers["transfer-encoding"] == "chunked" {
            while let chunk = try readChunk() { body += chunk }
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            body = try read(count: length)
        }
        reply.body = body
        return reply
    }

    /// An answer's head; its body is left for later.
    func readHead() throws -> Reply {
        let lines = String(decoding: try readThrough("\r\n\r\n"), as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Broken(what: "no status line: \(lines[0])")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() where !line.isEmpty {
            let sides = line.split(separator: ":", maxSplits: 1)
            headers[sides[0].lowercased()] = sides.count > 1 ? sides[1].trimmingCharacters(in: .whitespaces) : ""
        }
        return Reply(status: status, headers: headers, body: [])
    }

    /// The next chunk of a chunked body; `nil` for the last.
    func readChunk() throws -> [UInt8]? {
        let size = String(decoding: try readThrough("\r\n").dropLast(2), as: UTF8.self)
        guard let count = Int(size, radix: 16) else { throw Broken(what: "no chunk size") }
        let bytes = try read(count: count)
        _ = try readThrough("\r\n")
        return count == 0 ? nil : bytes
    }

    /// The next server-sent event, or comment.
    func readEvent() throws -> String {
        while true {
            if let end = events.range(of: "\n\n") {
                defer { events.removeSubrange(..<end.upperBound) }
                return String(events[..<end.lowerBound])
            }
            guard let chunk = try readChunk() else { throw Broken(what: "the stream ended") }
            events += String(decoding: chunk, as: UTF8.self)
        }
    }

    private var events = ""

    /// Whether something can be read now.
    var hasBytes: Bool {
        var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return !buffered.isEmpty || poll(&query, 1, 0) > 0
    }

    /// Whether the server closes, with nothing more to read.
    func isClosed() -> Bool {
        guard buffered.isEmpty else { return false }
        return (try? fill()) == false
    }

    private func readThrough(_ mark: String) throws -> [UInt8] {
        let mark = Array(mark.utf8)
        var from = 0
        while true {
            var index = from
            while index + mark.count <= buffered.count {
                if buffered[index] == mark[0], Array(buffered[index..<index + mark.count]) == mark {
                    defer { buffered.removeFirst(index + mark.count) }
                    return Array(buffered[..<(index + mark.count)])
                }
                index += 1
            }
            from = max(0, buffered.count - mark.count)
            guard try fill() else { throw Broken(what: "closed after \(buffered.count) bytes") }
        }
    }

    private func read(count: Int) throws -> [UInt8] {
        while buffered.count < count { guard try fill() else { throw Broken(what: "closed in the body") } }
        defer { buffered.removeFirst(count) }
        return Array(buffered[..<count])
    }

    /// - Returns: `false` at the end.
    private func fill() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw Broken(what: "recv: \(errno)") }
        buffered += bytes[..<count]
        return count > 0
    }
}
