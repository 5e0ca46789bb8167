/// Finds where a MessagePack value ends, without reading what it says. A state machine: it goes on where it stopped.
///
/// This is what stands between a hostile peer and the library that reads values: a value is given to that only when all
/// that its headers promise is there. Depth, length and the number of values are bounded while it arrives, and the memory
/// is a number for each level.
struct MessageScanner {
    /// The library's own limit (MSGPACK_EMBED_STACK_SIZE).
    static let maximumDepth = 32

    private let limit: Int
    /// Where the next header is expected.
    private var position: Int
    /// For each level the values that are still to come, from the outside in; none is 0 between two steps.
    private var open: [Int] = []
    /// Their sum. Each has a byte at least.
    private var missing = 1

    /// - Parameters:
    ///   - start: where the value begins.
    ///   - limit: the most bytes that it may have.
    init(from start: Int = 0, limit: Int) {
        position = start
        self.limit = start + limit
    }

    /// Goes on with what has arrived: all bytes from the first on, more of them at each call.
    ///
    /// - Returns: where the value ends; `nil` if it goes on behind `bytes`. When it has ended, no further call may follow.
    /// - Throws: ``ForwardFault/notMessagePack``, ``ForwardFault/tooLong``, ``ForwardFault/tooDeep``.
    mutating func end(in bytes: Span<UInt8>) throws(ForwardFault) -> Int? {
        repeat {
            guard let header = try MessageHeader(bytes, at: position) else { return nil }
            let next = position + header.count
            guard next + missing - 1 + header.values <= limit else { throw .tooLong }
            guard next <= bytes.count else { return nil }
            position = next
            missing += header.values - 1
            if header.values > 0 {
                guard open.count < Self.maximumDepth else { throw .tooDeep }
                open.append(header.values)
            } else {
                while let values = open.popLast() {
                    if values > 1 {
                        open.append(values - 1)
                        break
                    }
                }
            }
        } while missing > 0
        return position
    }

    /// Where the value that begins at `start` ends.
    ///
    /// - Throws: ``ForwardFault/brokenOff`` if it is not all there.
    static func end(of start: Int, in bytes: Span<UInt8>) throws(ForwardFault) -> Int {
        var scanner = MessageScanner(from: start, limit: .max / 2)
        guard let end = try scanner.end(in: bytes) else { throw .brokenOff }
        return end
    }
}
