package import RiskModel

extension Sequencer {
    /// How much later than its time an event may come, how much earlier, and how much is remembered of it.
    package struct Limits: Sendable, Hashable {
        /// Events wait so long, in event time, for others that belong before them. Zero: they do not wait.
        package var lateness: Interval
        /// How far ahead of the clock an event may be dated.
        package var futureTolerance: Interval
        /// How many ids are remembered; 36 bytes each. Zero: none.
        package var duplicateCount: Int
        /// How long an id is remembered, in event time.
        package var duplicateSpan: Interval
        /// How many events may wait for others; beyond, the earliest leave before their time.
        package var heldEvents: Int
        /// How many bytes of text they may have.
        package var heldBytes: Int

        /// Spans are taken to be within the range of valid times.
        package init(
            lateness: Interval = .zero, futureTolerance: Interval = Interval(seconds: 600),
            duplicateCount: Int = 4_194_304, duplicateSpan: Interval = Interval(seconds: 86_400),
            heldEvents: Int = 262_144, heldBytes: Int = 134_217_728
        ) {
            func valid(_ span: Interval) -> Interval { min(max(.zero, span), Timestamp.latest - .epoch) }
            self.lateness = valid(lateness)
            self.futureTolerance = valid(futureTolerance)
            self.duplicateCount = max(0, duplicateCount)
            self.duplicateSpan = valid(duplicateSpan)
            self.heldEvents = max(0, heldEvents)
            self.heldBytes = min(max(0, heldBytes), 1 << 30)
        }
    }

    /// What became of events on the way; see `docs/time.md`.
    package struct Statistics: Sendable, Hashable {
        /// Dropped: their id had been seen.
        package var duplicates = 0
        /// Came later than the lateness allows.
        package var late = 0
        /// Refused: their time was ahead of everything, and nothing confirmed it.
        package var refuted = 0
        /// Left before their time, because too many waited.
        package var releasedEarly = 0
        /// Wait now for others that belong before them.
        package var held = 0
        /// Wait now for their time to be confirmed or refuted.
        package var inDoubt = 0

        package init() {}
    }
}
