import CLinux
import Glibc

/// An eventfd (eventfd(2)): any thread raises it, and epoll reports it from then on.
struct Wakeup: ~Copyable, Sendable {
    private let descriptor: Descriptor

    init() throws(IntakeError) {
        let raw = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        guard raw >= 0 else { throw IntakeError(call: "eventfd", path: "", errno: errno) }
        descriptor = Descriptor(raw)
    }

    var raw: CInt { descriptor.raw }

    func raise() {
        // It can only fail when the counter is full of other calls.
        _ = eventfd_write(descriptor.raw, 1)
    }
}
