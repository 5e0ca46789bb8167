/// Why a frame could not be an event. A closed list: tables, metrics and documentation use these words.
package enum RejectionReason: String, Sendable, CaseIterable {
    /// The line was longer than 64 KiB; only its beginning is kept.
    case frameTooLong = "frame_too_long"
    /// The stream ended in the middle of a line.
    case unterminated
    /// A byte sequence that is not UTF-8 (RFC 3629).
    case invalidUTF8 = "invalid_utf8"
    /// Not a JSON text by RFC 8259.
    case invalidJSON = "invalid_json"
    /// Valid so far, but nested deeper than 64 levels.
    case nestedTooDeep = "nested_too_deep"
    /// A JSON text, but not an object.
    case notAnObject = "not_an_object"
    /// A required field is absent, null or empty; which one is in `field`.
    case missingField = "missing_field"
    /// A known field has another JSON type than it must have.
    case wrongType = "wrong_type"
    /// `type` is none of the event types.
    case unknownType = "unknown_type"
    /// A field's value cannot be read: a time, an address, a country, an outcome, a severity.
    case invalidValue = "invalid_value"
    /// A time before 1970 or after 9999.
    case timeOutOfRange = "time_out_of_range"
    /// A time ahead of the clock and of all events before, which no run of others confirmed.
    case timeInFuture = "time_in_future"
    /// A field is longer than its limit.
    case fieldTooLong = "field_too_long"
}

/// A frame on its way to quarantine.
package struct Rejection: Sendable, Hashable {
    package var seq: UInt64
    package var source: Source
    package var reason: RejectionReason
    /// Byte offset in the frame, from 0, at which the fault was found; 0 for faults of the whole.
    package var position: Int
    /// The name of the field at fault, or empty.
    package var field: String
    /// The mapping that read the line, or empty; `position` and `field` are then of the event that it made.
    package var mapping: String
    /// The beginning of the frame as received, at most ``Frame/keptOfOversized`` bytes.
    package var bytes: [UInt8]
    /// How many bytes the line had; where it was longer than ``Frame/maximumBytes``, one more than that.
    package var length: Int
    /// Whether `bytes` are the whole line as it came: nothing is cut off, nothing is masked. Only then can it be tried again.
    package var isComplete: Bool
    /// When the line was received, by the wall clock; ``Timestamp/latest`` where that is not known.
    package var received = Timestamp.latest

    /// - Parameters:
    ///   - bytes: The line; its beginning is kept.
    ///   - length: Where `bytes` is not the whole line.
    ///   - isMasked: Whether something in `bytes` was overwritten.
    package init(
        seq: UInt64, source: Source, reason: RejectionReason, position: Int, field: String = "", bytes: [UInt8],
        length: Int? = nil, isMasked: Bool = false, mapping: String = ""
    ) {
        self.mapping = mapping
        self.length = length ?? bytes.count
        isComplete = !isMasked && self.length == min(bytes.count, Frame.keptOfOversized)
        self.seq = seq
        self.source = source
        self.reason = reason
        self.position = position
        self.field = field
        self.bytes = bytes.count > Frame.keptOfOversized ? Array(bytes.prefix(Frame.keptOfOversized)) : bytes
    }
}
