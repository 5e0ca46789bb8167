import Glibc

/// Owns a file descriptor and closes it.
struct Descriptor: ~Copyable, Sendable {
    let raw: CInt

    init(_ raw: CInt) { self.raw = raw }

    deinit { close(raw) }

    /// Sends everything on a blocking socket, without a signal where the peer has gone.
    ///
    /// - Parameter deadline: when it is given up if the socket has a time limit (SO_SNDTIMEO); `nil` for never.
    /// - Returns: whether everything was sent; if not, `errno` says why.
    func sendAll(_ bytes: [UInt8], until deadline: ContinuousClock.Instant? = nil) -> Bool {
        var sent = 0
        while sent < bytes.count {
            // SAFETY: the array holds `count - sent` bytes from `sent` on.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe send(raw, $0.baseAddress.map { unsafe $0 + sent }, $0.count - sent, CInt(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno != EINTR, errno != EAGAIN {
                return false
            }
            if let deadline, deadline < .now { return sent == bytes.count }
        }
        return true
    }
}
