import Glibc

/// Owns a file descriptor and closes it.
struct Descriptor: ~Copyable, Sendable {
    let raw: CInt

    init(_ raw: CInt) { self.raw = raw }

    deinit { close(raw) }
}
