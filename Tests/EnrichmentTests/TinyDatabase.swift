import Foundation

/// Databases of a few nodes, byte by byte (MaxMind DB specification 2.0).
enum TinyDatabase {
    /// Where one side of a node leads.
    enum Link {
        case none
        case node(Int)
        /// The record with this index.
        case record(Int)
    }

    /// A value of the data section.
    indirect enum Value {
        case text(String)
        case real(Double)
        case map([(String, Value)])

        /// A record of a City database.
        static func place(_ country: String, _ latitude: Double, _ longitude: Double) -> Value {
            .map([
                ("country", .map([("iso_code", .text(country))])),
                ("location", .map([("latitude", .real(latitude)), ("longitude", .real(longitude))])),
            ])
        }

        /// Maps of less than 29 pairs, texts of at most 65,820 bytes.
        var bytes: [UInt8] {
            switch self {
            case .text(let text) where text.utf8.count < 29: [0x40 | UInt8(text.utf8.count)] + text.utf8
            case .text(let text) where text.utf8.count < 285: [0x5d, UInt8(text.utf8.count - 29)] + text.utf8
            case .text(let text):
                [0x5e, UInt8((text.utf8.count - 285) >> 8), UInt8((text.utf8.count - 285) & 255)] + text.utf8
            case .real(let value): [0x68] + withUnsafeBytes(of: value.bitPattern.bigEndian, Array.init)
            case .map(let pairs): [0xe0 | UInt8(pairs.count)] + pairs.flatMap { Value.text($0.0).bytes + $0.1.bytes }
            }
        }
    }

    /// A Connection-Type database of one node: nothing for addresses that begin with a 0 bit, one record for the others.
    static func file(record: [UInt8], ipVersion: UInt8) -> Data {
        file(
            type: "tiny-Connection-Type", built: 1_767_225_600, links: [(1, 17)], data: record, ipVersion: ipVersion)
    }

    /// A database of these nodes, of which the first is the root, and records.
    static func file(
        type: String, built: UInt32, nodes: [(Link, Link)], records: [Value], ipVersion: UInt8
    ) -> Data {
        var positions: [Int] = []
        var data: [UInt8] = []
        for record in records {
            positions.append(data.count)
            data += record.bytes
        }
        func number(_ link: Link) -> Int {
            switch link {
            case .none: nodes.count
            case .node(let index): index
            case .record(let index): nodes.count + 16 + positions[index]
            }
        }
        return file(
            type: type, built: built, links: nodes.map { (number($0.0), number($0.1)) }, data: data,
            ipVersion: ipVersion)
    }

    private static func file(
        type: String, built: UInt32, links: [(Int, Int)], data: [UInt8], ipVersion: UInt8
    ) -> Data {
        func word(_ value: Int) -> [UInt8] { [UInt8(value >> 16), UInt8(value >> 8 & 255), UInt8(value & 255)] }
        let tree = links.flatMap { word($0.0) + word($0.1) }
        return Data(tree + [UInt8](repeating: 0, count: 16) + data)
            + metadata(type: type, built: built, nodeCount: links.count, ipVersion: ipVersion)
    }

    private static func metadata(type: String, built: UInt32, nodeCount: Int, ipVersion: UInt8) -> Data {
        func text(_ text: String) -> [UInt8] { Value.text(text).bytes }
        func word(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }
        var bytes: [UInt8] = [0xab, 0xcd, 0xef] + "MaxMind.com".utf8 + [0xe9]
        bytes += text("binary_format_major_version") + [0xa1, 2] + text("binary_format_minor_version") + [0xa0]
        bytes += text("build_epoch") + [0x04, 0x02] + word(built)
        bytes += text("database_type") + text(type)
        bytes += text("description") + [0xe0] + text("languages") + [0x00, 0x04]
        bytes += text("ip_version") + [0xa1, ipVersion]
        bytes += text("node_count") + [0xc4] + word(UInt32(nodeCount)) + text("record_size") + [0xa1, 24]
        return Data(bytes)
    }
}
