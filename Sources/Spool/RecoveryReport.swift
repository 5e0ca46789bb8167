/// What ``Spool`` found when it was opened.
package struct RecoveryReport: Sendable, Equatable {
    /// A part of a segment file that holds no frame that can be read.
    package struct Damage: Sendable, Equatable {
        /// The file's name in the spool's directory.
        package var segment: String
        /// The first byte of the part.
        package var offset: Int
        package var bytes: Int
        /// The numbers of the frames that are lost with it; `nil` where none is known to be.
        package var lost: ClosedRange<UInt64>?
    }

    package var segments = 0
    /// Size of all segments.
    package var bytes = 0
    /// How much of that was read and verified now: the newest ``Spool/Limits/verifiedBytes``.
    package var verifiedBytes = 0
    /// The number of the oldest frame; 0 if there is none.
    package var firstSequence: UInt64 = 0
    /// The number of the newest frame, or the number that the next one continues from; 0 in a new spool.
    package var lastSequence: UInt64 = 0
    /// The number from which frames can be read: the oldest, or else the next one.
    package var firstReadable: UInt64 { firstSequence > 0 ? firstSequence : lastSequence + 1 }
    /// The end of the newest segment that was cut off: a write that a crash had interrupted, never acknowledged.
    package var tornTail: Damage?
    /// Damage before the end: acknowledged frames are lost. Readers skip it.
    package var damages: [Damage] = []

    package init() {}
}

extension RecoveryReport: CustomStringConvertible {
    package var description: String {
        firstSequence == 0
            ? "the spool is empty, the next frame is \(lastSequence + 1)"
            : "the spool has frames \(firstSequence) to \(lastSequence), \(bytes) bytes in \(segments) segments"
    }
}

extension RecoveryReport.Damage: CustomStringConvertible {
    package var description: String {
        let place = "\(bytes) bytes at \(offset) of \(segment)"
        guard let lost else { return place }
        return "\(place), frames \(lost.lowerBound) to \(lost.upperBound)"
    }
}
