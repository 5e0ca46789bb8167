import CLinux
import Glibc

/// An epoll instance (epoll(7)), level-triggered: what is left unread is reported again, after the others.
struct EventQueue: ~Copyable {
    /// What a wait says of a descriptor.
    struct Event {
        let target: CInt
        private let events: UInt32

        init(_ event: epoll_event) {
            target = CInt(event.data)
            events = event.events
        }

        /// There is room for an answer.
        var isWritable: Bool { events & UInt32(EPOLLOUT) != 0 }
        /// There is something to read, or the peer has gone (EPOLLHUP, EPOLLERR), which reading tells.
        var isReadable: Bool { events & ~UInt32(EPOLLOUT) != 0 }
    }

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
        control(CInt(EPOLL_CTL_ADD), target, UInt32(EPOLLIN))
    }

    /// Reports `target` from now on for these reasons, and in any case when its peer has gone.
    func update(_ target: CInt, reading: Bool, writing: Bool) {
        let events = (reading ? UInt32(EPOLLIN) : 0) | (writing ? UInt32(EPOLLOUT) : 0)
        _ = control(CInt(EPOLL_CTL_MOD), target, events)
    }

    /// To be called before `target` is closed: a forked child may hold its file open for a moment, and then the kernel
    /// would go on to report it.
    func remove(_ target: CInt) {
        _ = epoll_ctl(descriptor.raw, CInt(EPOLL_CTL_DEL), target, nil)
    }

    private func control(_ operation: CInt, _ target: CInt, _ events: UInt32) -> Bool {
        var event = epoll_event(events: events, data: UInt64(target))
        // SAFETY: the kernel copies `event` before the call returns.
        return unsafe epoll_ctl(descriptor.raw, operation, target, &event) == 0
    }

    /// Waits until something can be read.
    ///
    /// - Parameter milliseconds: how long to wait at most; −1 for as long as it takes.
    /// - Returns: how many descriptors have something; ``subscript(_:)`` gives them.
    mutating func wait(milliseconds: CInt) throws(IntakeError) -> Int {
        // SAFETY: the kernel fills at most `count` events of the array that is borrowed for the call.
        let count = unsafe epoll_wait(descriptor.raw, &events, CInt(events.count), milliseconds)
        if count < 0, errno != EINTR { throw IntakeError(call: "epoll_wait", path: "", errno: errno) }
        return max(0, Int(count))
    }

    /// What the last wait reported.
    subscript(_ index: Int) -> Event { Event(events[index]) }
}
