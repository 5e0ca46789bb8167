/// How a spool stands.
package struct SpoolStatistics: Sendable, Equatable {
    /// The number of the newest frame that was appended; it may still wait for the disk.
    package var appendedSequence: UInt64
    /// The number of the newest frame that is on disk.
    package var durableSequence: UInt64
    /// The number of the oldest frame in the spool; one past the newest if there is none.
    package var oldestSequence: UInt64
    package var segments: Int
    /// Size of the segments on disk.
    package var retainedBytes: Int
    /// Bytes that wait for the committer, without those that it is writing.
    package var pendingBytes: Int
    /// Groups that were written and synced since the start.
    package var commits: UInt64
    /// Numbers for which readers found no frame since the start, because of damage.
    package var skippedSequences: UInt64
    /// Frames that were appended again since the start, and not stored again.
    package var repeatedFrames: UInt64
    /// Sessions whose last ordinal is known.
    package var sessions: Int
    /// Sessions that were forgotten since the start to make room for others.
    package var forgottenSessions: UInt64
    /// Why nothing can be written at present; `nil` while all is well.
    package var stalled: SpoolError?
}
