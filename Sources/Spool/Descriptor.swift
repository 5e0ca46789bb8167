import Glibc

/// Owns a file descriptor and closes it; −1 is none.
struct Descriptor: ~Copyable, Sendable {
    let raw: CInt

    init(_ raw: CInt) { self.raw = raw }

    deinit { if raw >= 0 { close(raw) } }
}
