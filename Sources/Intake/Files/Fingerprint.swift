import RiskModel

/// Hashes of parts of a file's content, by which the file is known again under another inode.
///
/// The hash is keyed by the state's own seed: who writes into a followed file cannot make two contents that look the same.
struct Fingerprint: Sendable {
    /// A place in a file, and a hash of bytes before it.
    struct Mark: Hashable, Sendable {
        var offset: UInt64 = 0
        var hash: UInt64 = 0
    }

    /// How much of a file's beginning is hashed, if it has so much: two lines, unless they are very long.
    static let headBytes = 8192
    /// How much is hashed of what stands before a place.
    static let tailBytes = 256
    /// How much of the beginning finds candidates; a shorter file is never taken for another.
    static let keyBytes = 32

    let seed: UInt64
    private let hash: KeyHash

    init(seed: UInt64) {
        self.seed = seed
        hash = KeyHash(seed: seed)
    }

    /// What files with the same beginning have in common; 0 where there is too little to tell.
    func key(_ beginning: [UInt8]) -> UInt64 {
        guard beginning.count >= Self.keyBytes else { return 0 }
        return max(1, hash.hash(beginning.span.extracting(first: Self.keyBytes)))
    }

    /// The mark of a file's beginning; `beginning` holds ``headBytes``, or all there are.
    func head(_ beginning: [UInt8]) -> Mark {
        let count = min(beginning.count, Self.headBytes)
        return Mark(offset: UInt64(count), hash: hash.hash(beginning.span.extracting(first: count)))
    }

    /// Whether a file that begins so has the head.
    func matches(_ head: Mark, _ beginning: [UInt8]) -> Bool {
        guard beginning.count >= head.offset else { return false }
        return hash.hash(beginning.span.extracting(first: Int(head.offset))) == head.hash
    }

    /// The mark of a place; `tail` holds the ``tailBytes`` before it, or all there are.
    func mark(at offset: UInt64, tail: [UInt8]) -> Mark { Mark(offset: offset, hash: hash.hash(tail.span)) }
}
