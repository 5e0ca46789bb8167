import Foundation

/// A Connection-Type database of one node: nothing for addresses that begin with a 0 bit, one record for the others.
enum TinyDatabase {
    static func file(record: [UInt8], ipVersion: UInt8) -> Data {
        let nodes: [UInt8] = [0, 0, 1, 0, 0, 17]
        return Data(nodes + [UInt8](repeating: 0, count: 16) + record) + metadata(ipVersion: ipVersion)
    }

    private static func metadata(ipVersion: UInt8) -> Data {
        func text(_ text: String) -> [UInt8] { [0x40 | UInt8(text.utf8.count)] + text.utf8 }
        var bytes: [UInt8] = [0xab, 0xcd, 0xef] + "MaxMind.com".utf8 + [0xe9]
        bytes += text("binary_format_major_version") + [0xa1, 2] + text("binary_format_minor_version") + [0xa0]
        bytes += text("build_epoch") + [0x04, 0x02, 0x69, 0x55, 0xb9, 0x00]
        bytes += text("database_type") + text("tiny-Connection-Type")
        bytes += text("description") + [0xe0] + text("languages") + [0x00, 0x04]
        bytes +=
            text("ip_version") + [0xa1, ipVersion] + text("node_count") + [0xc1, 1] + text("record_size") + [0xa1, 24]
        return Data(bytes)
    }
}
