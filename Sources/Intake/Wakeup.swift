import CLinux
import Glibc

/// An eventfd (eventfd(2)): any thread raises it, and epoll reports it until it is cleared.
struct Wakeup: ~Copyable, Sendable {
    private let descriptor: Descriptor

    init() throws(IntakeError) {
        let raw = eventfd(0, O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw IntakeError(call: "eventfd", path: "", errno: errno) }
        descriptor = Descriptor(raw)
    }

    var raw: CInt { descriptor.raw }

    func raise() {
        // It can only fail when the counter is full of other calls.
        var one: UInt64 = 1
        // SAFETY: the kernel reads the eight bytes of `one`.
        unsafe _ = write(descriptor.raw, &one, 8)
    }

    /// Makes the eventfd unreadable until it is raised again.
    static func clear(_ raw: CInt) {
        var count: UInt64 = 0
        // SAFETY: the kernel writes the eight bytes of `count`.
        unsafe _ = read(raw, &count, 8)
    }
}
