internal import RiskModel

/// From addresses to record numbers: a database's search tree in one form for all record sizes.
///
/// The file's tree is a binary trie over the 128 bits of an IPv6 address (or the 32 of an IPv4 address in an IPv4-only
/// database); each node is a pair of records, each of them the number of the next node, "nothing", or the position of
/// the data (MaxMind DB specification 2.0, "Binary Search Tree Section"). It is read once, as a whole:
///
/// - `links` holds two words a node, for the bits 0 and 1. A word below ``leaf`` is the number of a node, else a leaf
///   with the record's number in the lower bits. Record 0 is "nothing"; the others are numbered from 1 in order of
///   their position in the file, so the numbers depend on nothing but the file.
/// - every word was checked, so a look-up cannot leave the tables. A tree that loops is cut by the address's length.
/// - `v4` holds the words that the first `v4Bits` bits of an IPv4 address lead to.
///
/// IPv4 addresses stand below 96 zero bits. The aliases ::ffff:0:0/96 and 2002::/16 (6to4) are in the file itself, as
/// links to the IPv4 part; so an address in 2002::/16 is found as its IPv4 address, as with libmaxminddb.
struct SearchTree: Sendable {
    let links: [UInt32]
    private let v4: [UInt32]
    private let v4Bits: Int
    let hasV6: Bool

    static let leaf: UInt32 = 1 << 31

    /// Reads the tree of `nodeCount` nodes of two records of `recordBits` (24, 28, 32), before `dataBytes` of data.
    ///
    /// - Returns: the tree, and the position in the data section of each record; record 1 is the first.
    static func read(
        _ tree: Span<UInt8>, nodeCount: Int, recordBits: Int, ipVersion: Int, dataBytes: Int
    ) throws(MalformedDatabase) -> (tree: SearchTree, positions: [Int]) {
        var links: [UInt32] = []
        links.reserveCapacity(nodeCount * 2)
        var marks = PositionSet(count: dataBytes)
        let nodeBytes = recordBits / 4
        for node in 0..<nodeCount {
            let at = node * nodeBytes
            for side in 0..<2 {
                let record = record(in: tree, node: at, side: side, bits: recordBits)
                let position = Int(record) - nodeCount - DatabaseImage.separatorBytes
                if position >= 0, position < dataBytes {
                    marks.insert(position)
                } else if Int(record) > nodeCount {
                    throw MalformedDatabase(detail: "its search tree points outside the data")
                }
                links.append(record)
            }
        }
        let positions = marks.finish()
        guard nodeCount < Int(leaf), positions.count < Int(leaf) else {
            throw MalformedDatabase(detail: "more nodes than the format allows")
        }
        for i in links.indices {
            let record = Int(links[i])
            if record == nodeCount {
                links[i] = leaf
            } else if record > nodeCount {
                links[i] = leaf | UInt32(marks.rank(record - nodeCount - DatabaseImage.separatorBytes) + 1)
            }
        }
        return (SearchTree(links: links, nodeCount: nodeCount, ipVersion: ipVersion), positions)
    }

    private init(links: [UInt32], nodeCount: Int, ipVersion: Int) {
        self.links = links
        hasV6 = ipVersion == 6
        var start: UInt32 = 0
        if hasV6 {
            for _ in 0..<96 where start < Self.leaf { start = links[2 * Int(start)] }
        }
        // A table of about as many words as there are nodes: 4 MiB for a City database, nothing to speak of for a small
        // one.
        v4Bits = min(20, max(1, Int.bitWidth - nodeCount.leadingZeroBitCount))
        var level = [start]
        for _ in 0..<v4Bits {
            var next: [UInt32] = []
            next.reserveCapacity(level.count * 2)
            for word in level {
                next.append(word < Self.leaf ? links[2 * Int(word)] : word)
                next.append(word < Self.leaf ? links[2 * Int(word) + 1] : word)
            }
            level = next
        }
        v4 = level
    }

    /// The number of the record of `address`; 0 where there is none.
    @inline(__always)
    func record(of address: IPAddress) -> Int {
        var word: UInt32
        if address.isV4 {
            word = v4[Int(address.v4Bits >> UInt32(32 - v4Bits))]
            if word < Self.leaf {
                word = walk(from: word, bits: UInt64(address.v4Bits) << UInt64(32 + v4Bits), 32 - v4Bits)
            }
        } else {
            guard hasV6 else { return 0 }
            word = walk(from: 0, bits: address.high, 64)
            if word < Self.leaf { word = walk(from: word, bits: address.low, 64) }
        }
        return word < Self.leaf ? 0 : Int(word & ~Self.leaf)
    }

    /// Follows at most `count` bits, the most significant first.
    @inline(__always)
    private func walk(from start: UInt32, bits: UInt64, _ count: Int) -> UInt32 {
        var word = start
        var bits = bits
        for _ in 0..<count {
            word = links[2 * Int(word) + Int(bits >> 63)]
            if word >= Self.leaf { break }
            bits <<= 1
        }
        return word
    }

    /// One of the two records of the node that begins at `node`. Records of 28 bits share the node's fourth byte.
    @inline(__always)
    private static func record(in tree: Span<UInt8>, node: Int, side: Int, bits: Int) -> UInt32 {
        func byte(_ i: Int) -> UInt32 { UInt32(tree[node + i]) }
        switch (bits, side) {
        case (24, 0): return byte(0) << 16 | byte(1) << 8 | byte(2)
        case (24, _): return byte(3) << 16 | byte(4) << 8 | byte(5)
        case (28, 0): return (byte(3) >> 4) << 24 | byte(0) << 16 | byte(1) << 8 | byte(2)
        case (28, _): return (byte(3) & 0xf) << 24 | byte(4) << 16 | byte(5) << 8 | byte(6)
        case (_, 0): return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3)
        default: return byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7)
        }
    }
}

/// Positions in the data section: a bit for each byte, and the rank of each position among those that were inserted.
private struct PositionSet {
    private var words: [UInt64]
    private var ranks: [UInt32] = []

    init(count: Int) { words = Array(repeating: 0, count: count / 64 + 1) }

    mutating func insert(_ position: Int) { words[position / 64] |= 1 << UInt64(position % 64) }

    /// Ends the inserting; the positions in rising order.
    mutating func finish() -> [Int] {
        var positions: [Int] = []
        ranks.reserveCapacity(words.count)
        for (index, word) in words.enumerated() {
            ranks.append(UInt32(positions.count))
            var rest = word
            while rest != 0 {
                positions.append(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return positions
    }

    /// How many smaller positions there are; only after ``finish()``.
    func rank(_ position: Int) -> Int {
        let below = words[position / 64] & (1 << UInt64(position % 64) - 1)
        return Int(ranks[position / 64]) + below.nonzeroBitCount
    }
}
