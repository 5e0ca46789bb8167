/// A sink that says what of it is on disk, and remembers the numbers that senders gave their frames.
package protocol AcknowledgingSink: FrameSink {
    /// The number up to which all frames are on disk. Never falls.
    var durableSequence: UInt64 { get }

    /// The highest ordinal of the session that was appended, on disk or not yet; `nil` if there is none.
    func lastOrdinal(of session: UInt64) -> UInt64?

    /// Has `body` called after each rise of ``durableSequence``, on any thread, beside those that were given before; it must
    /// be quick. For good: each way in asks once.
    func onDurable(_ body: @escaping @Sendable () -> Void)
}
