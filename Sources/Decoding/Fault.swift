import RiskModel

/// Why a line is no event, and where in it.
struct Fault: Error {
    var reason: RejectionReason
    /// Byte offset in the line, from 0.
    var position: Int
    var field: LineField?

    init(_ reason: RejectionReason, at position: Int, field: LineField? = nil) {
        self.reason = reason
        self.position = position
        self.field = field
    }
}
