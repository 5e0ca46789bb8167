/// Writes a MaxMind DB file, format 2.0 (https://maxmind.github.io/MaxMind-DB/).
///
/// Layout: the search tree, nodes of two records each; 16 zero bytes; the data section; a marker and the metadata. The
/// tree is that of IPv6; IPv4 stands below ::/96, and ::ffff:0:0/96 and 2002::/16 lead there, too. A record below the
/// number of nodes is a node, equal to it "nothing", beyond it a place in the data section. Texts and records that occur
/// again are pointers to, or the place of, the first.
struct DatabaseWriter {
    private let type: String
    private let recordBits: Int
    private var nodes: [(Int32, Int32)] = [(Self.nothing, Self.nothing)]
    private var data = DataSection()

    private static let nothing = Int32.min

    /// - Parameter recordBits: 24, 28 or 32.
    init(type: String, recordBits: Int = 24) {
        self.type = type
        self.recordBits = recordBits
    }

    /// Adds a record, for ``insert(_:length:record:)``.
    mutating func add(_ value: DatabaseValue) -> Int { data.record(value) }

    /// Gives a network a record. A later network within an earlier one overrides it there; the other way round, the
    /// earlier one is lost.
    ///
    /// - Parameter length: of the prefix; for an IPv4 address up to 32.
    mutating func insert(_ address: Address, length: Int, record: Int) {
        // Leaves are negative, nodes are not.
        set(address, length: address.isV4 ? length + 96 : length, to: -1 - Int32(record))
    }

    private mutating func set(_ address: Address, length: Int, to value: Int32) {
        var node = 0
        for depth in 0..<length {
            let bit = depth < 64 ? address.high >> UInt64(63 - depth) & 1 : address.low >> UInt64(127 - depth) & 1
            let isLast = depth == length - 1
            let child = bit == 0 ? nodes[node].0 : nodes[node].1
            if !isLast, child >= 0 {
                node = Int(child)
                continue
            }
            let next = isLast ? value : Int32(nodes.count)
            if bit == 0 { nodes[node].0 = next } else { nodes[node].1 = next }
            if !isLast {
                nodes.append((child, child))
                node = nodes.count - 1
            }
        }
    }

    /// The file's bytes.
    ///
    /// - Parameter built: seconds since 1970.
    mutating func finish(built: UInt64) -> [UInt8] {
        linkAliases()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(nodes.count * recordBits / 4 + data.bytes.count + 1024)
        for node in nodes { append(number(node.0), number(node.1), to: &bytes) }
        bytes += Array(repeating: 0, count: 16)
        bytes += data.bytes
        bytes += [0xab, 0xcd, 0xef] + Array("MaxMind.com".utf8)
        var metadata = DataSection()
        _ = metadata.record(
            .map([
                ("binary_format_major_version", .number16(2)), ("binary_format_minor_version", .number16(0)),
                ("build_epoch", .number64(built)), ("database_type", .text(type)),
                ("description", .map([("en", .text("Simulated; every network is invented"))])),
                ("ip_version", .number16(6)), ("languages", .array([.text("en")])),
                ("node_count", .number32(UInt32(nodes.count))), ("record_size", .number16(UInt16(recordBits))),
            ]))
        return bytes + metadata.bytes
    }

    /// IPv4-mapped and 6to4 addresses are found as their IPv4 address, as in the vendor's files.
    private mutating func linkAliases() {
        var root: Int32 = 0
        for _ in 0..<96 where root >= 0 { root = nodes[Int(root)].0 }
        guard root >= 0 else { return }
        set(.v6(0, 0xffff_0000_0000), length: 96, to: root)
        set(.v6(0x2002 << 48, 0), length: 16, to: root)
    }

    private func number(_ child: Int32) -> UInt32 {
        if child == Self.nothing { return UInt32(nodes.count) }
        return child >= 0 ? UInt32(child) : UInt32(nodes.count + 16 + data.positions[Int(-1 - child)])
    }

    private func append(_ left: UInt32, _ right: UInt32, to bytes: inout [UInt8]) {
        func byte(_ value: UInt32, _ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        switch recordBits {
        case 24:
            bytes += [byte(left, 16), byte(left, 8), byte(left, 0), byte(right, 16), byte(right, 8), byte(right, 0)]
        case 28:
            bytes += [byte(left, 16), byte(left, 8), byte(left, 0), byte(left, 24) << 4 | byte(right, 24)]
            bytes += [byte(right, 16), byte(right, 8), byte(right, 0)]
        default:
            bytes += [byte(left, 24), byte(left, 16), byte(left, 8), byte(left, 0)]
            bytes += [byte(right, 24), byte(right, 16), byte(right, 8), byte(right, 0)]
        }
    }
}

/// A value of a database's data section.
indirect enum DatabaseValue: Hashable {
    case text(String)
    case real(Double)
    case number16(UInt16)
    case number32(UInt32)
    case number64(UInt64)
    case bool(Bool)
    case array([DatabaseValue])
    case map([Pair])

    struct Pair: Hashable {
        var key: String
        var value: DatabaseValue
    }

    static func map(_ pairs: [(String, DatabaseValue)]) -> DatabaseValue {
        .map(pairs.map { Pair(key: $0.0, value: $0.1) })
    }
}

/// The bytes of a data section, as far as written.
private struct DataSection {
    private(set) var bytes: [UInt8] = []
    /// Where each record begins.
    private(set) var positions: [Int] = []
    private var records: [DatabaseValue: Int] = [:]
    private var texts: [String: Int] = [:]

    /// Adds a record, or finds an equal one; its index in ``positions``.
    mutating func record(_ value: DatabaseValue) -> Int {
        if let index = records[value] { return index }
        positions.append(bytes.count)
        records[value] = positions.count - 1
        append(value)
        return positions.count - 1
    }

    private mutating func append(_ value: DatabaseValue) {
        switch value {
        case .text(let text): append(text: text)
        case .real(let number):
            head(3, 8)
            append(number.bitPattern, count: 8)
        case .number16(let number): append(unsigned: UInt64(number), type: 5)
        case .number32(let number): append(unsigned: UInt64(number), type: 6)
        case .number64(let number): append(unsigned: number, type: 9)
        case .bool(let flag): head(14, flag ? 1 : 0)
        case .array(let values):
            head(11, values.count)
            for value in values { append(value) }
        case .map(let pairs):
            head(7, pairs.count)
            for pair in pairs {
                append(text: pair.key)
                append(pair.value)
            }
        }
    }

    private mutating func append(text: String) {
        if let position = texts[text], text.utf8.count > 3 { return append(pointer: position) }
        texts[text] = bytes.count
        head(2, text.utf8.count)
        bytes += Array(text.utf8)
    }

    /// Only as many bytes as the number needs.
    private mutating func append(unsigned number: UInt64, type: Int) {
        let count = (64 - number.leadingZeroBitCount + 7) / 8
        head(type, count)
        append(number, count: count)
    }

    private mutating func append(_ number: UInt64, count: Int) {
        for byte in stride(from: count - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(byte * 8)))
        }
    }

    private mutating func append(pointer position: Int) {
        let (size, base) = position < 2048 ? (0, 0) : position < 526_336 ? (1, 2048) : (2, 526_336)
        let rest = position - base
        bytes.append(UInt8(1 << 5 | size << 3 | rest >> (8 * (size + 1))))
        append(UInt64(rest), count: size + 1)
    }

    /// The control byte, the byte of an extended type, and further bytes of the size.
    private mutating func head(_ type: Int, _ size: Int) {
        let short = size < 29 ? size : size < 285 ? 29 : 30
        bytes.append(UInt8((type > 7 ? 0 : type) << 5 | short))
        if type > 7 { bytes.append(UInt8(type - 7)) }
        if short == 29 { bytes.append(UInt8(size - 29)) }
        if short == 30 { append(UInt64(size - 285), count: 2) }
    }
}
