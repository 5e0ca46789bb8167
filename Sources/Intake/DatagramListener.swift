import CLinux
import Glibc
package import RiskModel
import Synchronization

/// Listens on a Unix datagram socket and hands every line that is sent to a sink.
///
/// A datagram is one line; one that has newlines in it is several. Nothing is answered: a shipper that must know what is on
/// disk needs another way in. When the sink waits, nothing is read: the socket's queue fills, and the shippers wait, or drop,
/// as they please. docs/specs/wire.md has it all.
package final class DatagramListener: Sendable {
    private let path: String
    /// Until ``run(sink:)`` takes it.
    private let listening: Mutex<ListeningSocket?>
    private let stopping: Wakeup
    private let counters = Mutex(IntakeStatistics())

    /// Takes the socket from the service manager if it has it, else binds it; see ``StreamListener`` for what stands in the
    /// way.
    package init(path: String, mode: UInt32 = 0o660, inherited: InheritedSockets = .none) throws(IntakeError) {
        self.path = path
        stopping = try Wakeup()
        listening = Mutex(try ListeningSocket(path: path, mode: mode, kind: .datagram, inherited: inherited))
    }

    /// Reads datagrams until ``stop()``; to be called once.
    ///
    /// After ``stop()`` the socket's file is removed, nobody can send any more (EPIPE), and what waits in the socket is given
    /// to the sink. An inherited socket stays as it is, and what waits in it is for the next process.
    ///
    /// - Throws: what the sink threw, or ``IntakeError``.
    package func run(sink: any AcknowledgingSink) throws {
        guard let socket = listening.withLock({ $0.take() }) else { preconditionFailure("run(sink:) is called once") }
        var sink = CountedSink(sink, source: .datagram)
        var buffer = DatagramBuffer()
        while try waitForDatagram(socket.descriptor.raw) { _ = try receive(socket.descriptor.raw, &buffer, &sink) }
        guard !socket.isInherited else { return }
        socket.removeFile()
        // Senders fail from now on, while what has been queued can still be read (`unix_dgram_sendmsg`,
        // `unix_dgram_recvmsg` of Linux).
        shutdown(socket.descriptor.raw, CInt(SHUT_RD))
        while try receive(socket.descriptor.raw, &buffer, &sink) {}
    }

    /// Makes ``run(sink:)`` read what has arrived and return. From any thread, at any time.
    package func stop() { stopping.raise() }

    package var statistics: IntakeStatistics { counters.withLock { $0 } }

    /// - Returns: false when it is time to stop.
    private func waitForDatagram(_ raw: CInt) throws(IntakeError) -> Bool {
        while true {
            var waiting = [
                pollfd(fd: stopping.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: raw, events: Int16(POLLIN), revents: 0),
            ]
            // SAFETY: two pollfds are given and counted.
            guard unsafe poll(&waiting, 2, -1) >= 0 else {
                if errno == EINTR { continue }
                throw IntakeError(call: "poll", path: path, errno: errno)
            }
            return waiting[0].revents == 0
        }
    }

    /// Gives what has arrived, at most a buffer's worth, to the sink.
    ///
    /// - Returns: whether there was something.
    private func receive(_ raw: CInt, _ buffer: inout DatagramBuffer, _ sink: inout CountedSink) throws -> Bool {
        defer { counters.withLock { $0 = sink.statistics } }
        let count = try buffer.receive(from: raw) { bytes, isTruncated in
            sink.statistics.datagrams += 1
            sink.statistics.bytes += bytes.count
            if isTruncated { sink.statistics.truncatedDatagrams += 1 }
            try Self.frames(of: bytes, isTruncated: isTruncated) { try sink.append($0, flags: $1) }
        }
        guard let count else { throw IntakeError(call: "recvmmsg", path: path, errno: errno) }
        return count > 0
    }

    /// The lines of a datagram, as the framer makes them.
    ///
    /// Zeros at its end, which some senders take along with a C string, are none of it. The last line of one that is
    /// truncated is oversized.
    static func frames(
        of datagram: Span<UInt8>, isTruncated: Bool, emit: (Span<UInt8>, FrameFlags) throws -> Void
    ) rethrows {
        var end = datagram.count
        if isTruncated {
            while end > 0, datagram[end - 1] != UInt8(ascii: "\n") { end -= 1 }
        } else {
            while end > 0, datagram[end - 1] == 0 { end -= 1 }
        }
        try LineFramer.consume(whole: datagram.extracting(first: end), emit: emit)
        if end < datagram.count, isTruncated {
            try emit(datagram.extracting(end...).extracting(first: Frame.keptOfOversized), .oversized)
        }
    }
}
