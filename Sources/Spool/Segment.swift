import RiskModel

/// A segment as readers see it: only what is synced.
struct Segment: Sendable, Equatable {
    /// Number of the first frame; it names the file.
    var first: UInt64
    /// Number of the last frame on disk.
    var last: UInt64
    /// Where the last frame on disk ends in the file.
    var end: Int
    /// When the last frame was received, by the wall clock.
    var received: Timestamp

    var name: String { Self.name(first: first) }

    /// What a segment can begin with: the store's numbers are signed.
    static let numbers: ClosedRange<UInt64> = 1...UInt64(Int64.max)

    /// Twenty digits, so that names sort as their numbers do.
    static func name(first: UInt64) -> String {
        let digits = String(first)
        return String(repeating: "0", count: 20 - digits.count) + digits + suffix
    }

    /// The number of the first frame of the segment file `name`; `nil` for other files.
    static func first(name: String) -> UInt64? {
        guard name.utf8.count == 20 + suffix.utf8.count, name.hasSuffix(suffix),
            let number = UInt64(name.dropLast(suffix.utf8.count)), numbers.contains(number)
        else { return nil }
        return number
    }

    private static let suffix = ".segment"
}
