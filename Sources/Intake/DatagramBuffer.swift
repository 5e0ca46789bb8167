import CLinux
import Glibc

/// Room for several datagrams, which one call of the kernel fills (recvmmsg(2)).
@safe struct DatagramBuffer: ~Copyable {
    /// How many datagrams one call takes at most. The kernel queues ten, or 512 under systemd (net.unix.max_dgram_qlen).
    private static let capacity = 32
    /// The longest datagram that is read whole. A sender's buffer holds 212,992 bytes unless the system was set otherwise
    /// (net.core.wmem_max).
    static let maximumBytes = 256 * 1024

    /// `capacity` rooms. Memory that no datagram has reached is never touched, so it costs nothing.
    private let bytes: UnsafeMutableRawBufferPointer
    private let parts: UnsafeMutableBufferPointer<datagram_part>
    private let datagrams: UnsafeMutableBufferPointer<datagram>

    init() {
        // SAFETY: each header leads to its part, and each part to a room of its own within `bytes`; all three live as long
        // as this value, and are initialised before they are read.
        unsafe bytes = .allocate(byteCount: Self.capacity * Self.maximumBytes, alignment: 16)
        unsafe parts = .allocate(capacity: Self.capacity)
        unsafe datagrams = .allocate(capacity: Self.capacity)
        for i in 0..<Self.capacity {
            let room = unsafe bytes.baseAddress.unsafelyUnwrapped + i * Self.maximumBytes
            unsafe parts.initializeElement(at: i, to: datagram_part(bytes: room, count: UInt(Self.maximumBytes)))
            var header = unsafe datagram_header()
            unsafe header.parts = parts.baseAddress.unsafelyUnwrapped + i
            unsafe header.part_count = 1
            unsafe datagrams.initializeElement(at: i, to: datagram(header: header, count: 0))
        }
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe parts.deallocate()
        unsafe datagrams.deallocate()
    }

    /// Reads the datagrams that wait, without waiting for any.
    ///
    /// - Parameter body: is given each in turn, and whether there was more of it than is read.
    /// - Returns: how many there were; `nil` where the kernel failed, and then `errno` says why.
    mutating func receive(
        from socket: CInt, body: (_ datagram: Span<UInt8>, _ isTruncated: Bool) throws -> Void
    ) rethrows -> Int? {
        // SAFETY: the kernel fills at most `capacity` datagrams, each within the room that its header names.
        let count = unsafe receive_datagrams(
            socket, datagrams.baseAddress, UInt32(Self.capacity), CInt(MSG_DONTWAIT), nil)
        guard count >= 0 else { return errno == EAGAIN || errno == EINTR ? 0 : nil }
        for i in 0..<Int(count) {
            // SAFETY: the kernel has written so many bytes into this room; the span is not used after the call.
            let room = unsafe bytes.baseAddress.unsafelyUnwrapped + i * Self.maximumBytes
            let filled = unsafe UnsafeRawBufferPointer(start: room, count: Int(datagrams[i].count))
            let isTruncated = unsafe datagrams[i].header.flags & CInt(MSG_TRUNC) != 0
            try unsafe filled.withMemoryRebound(to: UInt8.self) { try unsafe body($0.span, isTruncated) }
        }
        return Int(count)
    }
}
