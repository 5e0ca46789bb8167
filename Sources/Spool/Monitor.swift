import Glibc

/// A lock around a state, and the events that threads wait for.
///
/// The condition variables of pthreads, because `Mutex` has none.
@safe final class Monitor<State: ~Copyable>: @unchecked Sendable {  // because `state` is touched under the mutex only
    /// What a waiting thread is woken for.
    enum Event: Int, CaseIterable { case work, space, durable }

    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// One for each event.
    private let conditions: UnsafeMutablePointer<pthread_cond_t>

    init(_ state: consuming State) {
        self.state = state
        // SAFETY: allocated here, freed in deinit; pthreads needs addresses that do not move.
        unsafe mutex = .allocate(capacity: 1)
        unsafe conditions = .allocate(capacity: Event.allCases.count)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        for event in Event.allCases { unsafe pthread_cond_init(conditions + event.rawValue, &attributes) }
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        for event in Event.allCases { unsafe pthread_cond_destroy(conditions + event.rawValue) }
        unsafe pthread_mutex_destroy(mutex)
        unsafe conditions.deallocate()
        unsafe mutex.deallocate()
    }

    @inline(__always)
    func withLock<Result, Failure>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Waits until `isReady`, or the deadline, and then calls `body`, all under the lock.
    ///
    /// - Parameter milliseconds: how long to wait at most; `nil` for as long as it takes.
    @inline(__always)
    func wait<Result, Failure>(
        for event: Event, milliseconds: Int? = nil, until isReady: (borrowing State) -> Bool,
        then body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        if !isReady(state) { sleep(event, milliseconds, isReady) }
        return try body(&state)
    }

    @inline(never)
    private func sleep(_ event: Event, _ milliseconds: Int?, _ isReady: (borrowing State) -> Bool) {
        let deadline = milliseconds.map(Self.time(in:))
        let condition = unsafe conditions + event.rawValue
        repeat {
            // SAFETY: the mutex is held by this thread; both objects live as long as `self`.
            if var deadline {
                if unsafe pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return }
            } else {
                unsafe pthread_cond_wait(condition, mutex)
            }
        } while !isReady(state)
    }

    private static func time(in milliseconds: Int) -> timespec {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let nanoseconds = time.tv_nsec + milliseconds % 1000 * 1_000_000
        return timespec(
            tv_sec: time.tv_sec + milliseconds / 1000 + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000)
    }

    func wakeOne(_ event: Event) { unsafe pthread_cond_signal(conditions + event.rawValue) }

    func wakeAll(_ event: Event) { unsafe pthread_cond_broadcast(conditions + event.rawValue) }
}
