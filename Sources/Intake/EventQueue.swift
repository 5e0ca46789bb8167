import CLinux
import Glibc

/// An epoll instance (epoll(7)), level-triggered: what is left unread is reported again, after the others.
struct EventQueue: ~Copyable {
    private let descriptor: Descriptor
    private var events: [epoll_event]

    /// - Parameter capacity: how many descriptors one wait reports.
    init(capacity: Int) throws(IntakeError) {
        let raw = epoll_create1(O_CLOEXEC)
        guard raw >= 0 else { throw IntakeError(call: "epoll_create1", path: "", errno: errno) }
        descriptor = Descriptor(raw)
        events = [epoll_event](repeating: epoll_event(), count: capacity)
    }

    /// Reports `target` from now on when it can be read, or has ended.
    ///
    /// - Returns: whether the kernel had the memory for it.
    func add(_ target: CInt) -> Bool {
        var event = epoll_event(events: UInt32(EPOLLIN), data: UInt64(target))
        // SAFETY: the kernel copies `event` before the call returns.
        return unsafe epoll_ctl(descriptor.raw, CInt(EPOLL_CTL_ADD), target, &event) == 0
    }

    func remove(_ target: CInt) {
        _ = epoll_ctl(descriptor.raw, CInt(EPOLL_CTL_DEL), target, nil)
    }

    /// Waits until something can be read.
    ///
    /// - Parameter milliseconds: how long to wait at most; −1 for as long as it takes.
    /// - Returns: how many descriptors can be read; ``subscript(_:)`` gives them.
    mutating func wait(milliseconds: CInt) throws(IntakeError) -> Int {
        // SAFETY: the kernel fills at most `count` events of the array that is borrowed for the call.
        let count = unsafe epoll_wait(descriptor.raw, &events, CInt(events.count), milliseconds)
        if count < 0, errno != EINTR { throw IntakeError(call: "epoll_wait", path: "", errno: errno) }
        return max(0, Int(count))
    }

    /// A descriptor that the last wait reported.
    subscript(_ index: Int) -> CInt { CInt(events[index].data) }
}
