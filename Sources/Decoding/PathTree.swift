import RiskModel

/// All paths that the mappings in force ask for, in one tree: a line is read once, whatever asks.
///
/// A key with dots in it stands for the keys between them: `{"source.ip": …}` is `{"source": {"ip": …}}`. Of several values
/// of one path the last one counts.
struct PathTree: Sendable {
    private struct Node: Sendable {
        /// Where the value is noted.
        var slot: Int?
        /// The table of children: 0 or a power of two entries.
        var first = 0
        var mask = -1
    }

    private struct Entry: Sendable {
        var hash: UInt64 = 0
        var name = 0..<0
        var node = -1
    }

    private var nodes: [Node] = []
    private var entries: [Entry] = []
    private var names: [UInt8] = []
    private let hash = KeyHash(seed: 0)
    /// The value at each path, by slot; `count` 0 where there is none.
    private(set) var tokens: [Token]
    private let slots: [Mapping.Path: Int]
    /// The text of a key that was spelled with escapes.
    private var key: [UInt8] = []

    init(_ paths: [Mapping.Path]) {
        var slots: [Mapping.Path: Int] = [:]
        var children: [[(name: String, node: Int)]] = [[]]
        var slotOf: [Int?] = [nil]
        for path in paths where slots[path] == nil {
            var node = 0
            for key in path.keys {
                if let child = children[node].first(where: { $0.name == key }) {
                    node = child.node
                } else {
                    children[node].append((key, children.count))
                    node = children.count
                    children.append([])
                    slotOf.append(nil)
                }
            }
            slotOf[node] = slots.count
            slots[path] = slots.count
        }
        self.slots = slots
        tokens = Array(repeating: Token(), count: slots.count)
        for node in children.indices { add(children[node], slot: slotOf[node]) }
    }

    private mutating func add(_ children: [(name: String, node: Int)], slot: Int?) {
        guard !children.isEmpty else { return nodes.append(Node(slot: slot)) }
        var size = 2
        while size < 2 * children.count { size *= 2 }
        let first = entries.count
        entries += Array(repeating: Entry(), count: size)
        for child in children {
            let name = Array(child.name.utf8)
            let hash = hash.hash(name.span)
            var i = Int(truncatingIfNeeded: hash) & (size - 1)
            while entries[first + i].node >= 0 { i = (i + 1) & (size - 1) }
            entries[first + i] = Entry(hash: hash, name: names.count..<names.count + name.count, node: child.node)
            names += name
        }
        nodes.append(Node(slot: slot, first: first, mask: size - 1))
    }

    /// Where the value of a path stands, of those that the tree was made of.
    func slot(of path: Mapping.Path) -> Int? { slots[path] }

    /// Notes the values of a line that is a JSON object, and known to be valid.
    mutating func read(_ line: Span<UInt8>) throws(Fault) {
        for slot in tokens.indices { tokens[slot] = Token() }
        var i = 0
        line.skipWhitespace(&i)
        try readObject(line, &i, node: 0, depth: 1)
    }

    /// The recursion is as deep as the longest path.
    private mutating func readObject(_ line: Span<UInt8>, _ i: inout Int, node: Int, depth: Int) throws(Fault) {
        i += 1
        line.skipWhitespace(&i)
        while i < line.count, line[i] != UInt8(ascii: "}") {
            let start = i + 1
            let isEscaped = try line.skipString(&i)
            let child: Int?
            if isEscaped {
                key.removeAll(keepingCapacity: true)
                _ = key.append(unescaping: line.extracting(start..<i - 1))
                child = self.child(of: node, key.span)
            } else {
                child = self.child(of: node, line.extracting(start..<i - 1))
            }
            try line.skipColon(&i)
            try readValue(line, &i, node: child, depth: depth)
            line.skipWhitespace(&i)
            if i < line.count, line[i] == UInt8(ascii: ",") {
                i += 1
                line.skipWhitespace(&i)
            }
        }
        try line.expect(UInt8(ascii: "}"), &i)
    }

    private mutating func readArray(_ line: Span<UInt8>, _ i: inout Int, node: Int, depth: Int) throws(Fault) {
        i += 1
        line.skipWhitespace(&i)
        var index = 0
        while i < line.count, line[i] != UInt8(ascii: "]") {
            key.removeAll(keepingCapacity: true)
            key.append(contentsOf: "\(index)".utf8)
            try readValue(line, &i, node: child(of: node, key.span), depth: depth)
            index += 1
            line.skipWhitespace(&i)
            if i < line.count, line[i] == UInt8(ascii: ",") {
                i += 1
                line.skipWhitespace(&i)
            }
        }
        try line.expect(UInt8(ascii: "]"), &i)
    }

    private mutating func readValue(_ line: Span<UInt8>, _ i: inout Int, node: Int?, depth: Int) throws(Fault) {
        guard let node else { return try line.skipValue(&i, depth: depth) }
        let start = i
        var kind = Token.Kind.number
        guard i < line.count else { throw line.unexpected(at: i) }
        switch line[i] {
        case UInt8(ascii: "\""): kind = try line.skipString(&i) ? .escapedString : .string
        case UInt8(ascii: "{"):
            kind = .object
            if nodes[node].mask >= 0 {
                try readObject(line, &i, node: node, depth: depth + 1)
            } else {
                try line.skipValue(&i, depth: depth)
            }
        case UInt8(ascii: "["):
            kind = .array
            if nodes[node].mask >= 0 {
                try readArray(line, &i, node: node, depth: depth + 1)
            } else {
                try line.skipValue(&i, depth: depth)
            }
        case UInt8(ascii: "n"):
            kind = .null
            try line.skipLiteral(&i)
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            kind = .boolean
            try line.skipLiteral(&i)
        default: _ = try line.skipNumber(&i)
        }
        if let slot = nodes[node].slot {
            tokens[slot] = Token(
                kind: kind, start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: i))
        }
    }

    /// The node under a key: the whole key, or what the keys between its dots lead to.
    private func child(of node: Int, _ key: Span<UInt8>) -> Int? {
        if let child = exactChild(of: node, key) { return child }
        var node = node
        var start = 0
        for i in 0..<key.count where key[i] == UInt8(ascii: ".") {
            guard let next = exactChild(of: node, key.extracting(start..<i)) else { return nil }
            node = next
            start = i + 1
        }
        return start > 0 ? exactChild(of: node, key.extracting(start..<key.count)) : nil
    }

    private func exactChild(of node: Int, _ key: Span<UInt8>) -> Int? {
        let node = nodes[node]
        guard node.mask >= 0 else { return nil }
        let hash = hash.hash(key)
        var i = Int(truncatingIfNeeded: hash) & node.mask
        while true {
            let entry = entries[node.first + i]
            if entry.node < 0 { return nil }
            if entry.hash == hash, key.equals(names.span.extracting(entry.name)) { return entry.node }
            i = (i + 1) & node.mask
        }
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes are the same.
    func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for i in 0..<count where self[i] != other[i] { return false }
        return true
    }

    /// Whether the bytes begin so.
    func begins(with other: Span<UInt8>) -> Bool {
        count >= other.count && extracting(0..<other.count).equals(other)
    }
}
