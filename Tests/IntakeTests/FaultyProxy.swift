import Dispatch
import Glibc
import Synchronization
import TestSupport

/// Stands between a sender and the listener, and cuts connections after a random number of bytes in either direction.
final class FaultyProxy: Sendable {
    private let socket: CInt
    private let target: String
    private let group = DispatchGroup()
    private let stopping = Mutex(false)

    /// - Parameter faults: how many connections are cut; those that come after them are not.
    init(path: String, target: String, faults: Int, seed: UInt64) {
        self.target = target
        socket = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        _ = Client.withAddress(path) { bind(socket, $0, $1) }
        listen(socket, 16)
        DispatchQueue(label: "proxy").async(group: group) {
            var random = SeededGenerator(seed: seed)
            // Connections of which the sender's end is gone and the listener does not know it.
            var halves: [Client] = []
            var left = faults
            while true {
                let raw = accept(self.socket, nil, nil)
                if self.stopping.withLock({ $0 }) || raw < 0 { break }
                left -= 1
                guard let server = try? Client(path: target) else {
                    close(raw)
                    continue
                }
                let isCut = left >= 0
                Self.forward(
                    raw, server.raw,
                    up: isCut ? random.pick([0, 10, 41, 42, 43, 200, 3000, 100_000]).jittered(&random) : .max,
                    down: isCut ? random.pick([0, 5, 14, 15, 30, 100]).jittered(&random) : .max)
                close(raw)
                if Bool.random(using: &random) { halves.append(server) }
            }
        }
    }

    /// Passes bytes on in both directions until one side ends or has used up its number.
    private static func forward(_ client: CInt, _ server: CInt, up: Int, down: Int) {
        var left = [up, down]
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            var waiting = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waiting, 2, -1) > 0 else { return }
            for i in 0..<2 where waiting[i].revents != 0 {
                let count = recv(waiting[i].fd, &chunk, min(chunk.count, left[i]), 0)
                guard count > 0, send(waiting[1 - i].fd, chunk, count, CInt(MSG_NOSIGNAL)) == count else { return }
                left[i] -= count
                if left[i] == 0 { return }
            }
        }
    }

    /// Accepts no more; to be called when the sender is done.
    func stop() {
        stopping.withLock { $0 = true }
        shutdown(socket, CInt(SHUT_RDWR))
        group.wait()
        close(socket)
    }
}

extension Int {
    fileprivate func jittered(_ random: inout SeededGenerator) -> Int {
        Int.random(in: self...2 * self + 3, using: &random)
    }
}
