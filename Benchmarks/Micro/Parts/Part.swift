/// One part of an event's way, with all that it works on: made, then taken through the batches of the workload.
///
/// Everything in it is seeded: two runs do the same work.
package protocol Part: SendableMetatype {
    /// What is measured, as it is called in tables and thresholds.
    static var name: String { get }

    init(_ workload: Workload) throws

    /// Does the work of one batch of ``Workload/batchSize`` events; called for 0, 1, 2 and so on.
    mutating func step(_ batch: Int) throws
}

/// Every part, in the order of the flow.
package let parts: [any Part.Type] = [
    SpoolAppend.self, SpoolRead.self,
    DecodeNative.self, DecodeMapped.self, DecodeRefused.self,
    PlaceStream.self, PlaceRandom.self, PlaceRandomV6.self,
    OrderWithIDs.self, OrderWithoutIDs.self,
    IndexAddresses.self, IndexTexts.self, MemberWindows.self, RateWindows.self,
    WeighSignals.self,
    WriteChanges.self,
    WholePipeline.self,
]
