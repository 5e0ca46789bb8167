import RiskModel
import TestSupport
import Testing

@testable import Intake

/// Where a MessagePack value ends, before anything of it is read.
struct MessageScannerTests {
    /// A value of every format, nested as chance has it.
    private func value(_ random: inout SeededGenerator, depth: Int = 0) -> Packed {
        func count() -> Int { random.pick([0, 1, 2, 15, 16, 31, 32, 255, 256, 300]) }
        switch Int.random(in: 0..<(depth < 3 ? 11 : 9), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .int(Int64(truncatingIfNeeded: random.next()) >> random.pick([0, 20, 40, 50, 57, 60]))
        case 3: return .uint(random.next() >> random.pick([0, 33, 49, 57, 60]))
        case 4: return .float(1.5)
        case 5: return .double(-2.5)
        case 6: return .text(String(repeating: "t", count: count()))
        case 7: return .binary([UInt8](repeating: 0xc1, count: count()))
        case 8: return .ext(-3, [UInt8](repeating: 0xc1, count: random.pick([0, 1, 2, 3, 4, 8, 16, 17, 300])))
        case 9:
            return .array(
                (0..<random.pick([0, 1, 2, 3, depth == 0 ? 17 : 4])).map { _ in value(&random, depth: depth + 1) })
        default:
            return .map(
                (0..<random.pick([0, 1, 2, 3, depth == 0 ? 17 : 4])).map { _ in
                    (value(&random, depth: depth + 1), value(&random, depth: depth + 1))
                })
        }
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `a value ends where its encoder ended it, however it arrives`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bytes = value(&random).bytes(isWide: seed % 2 == 0)
        // What stands behind a value changes nothing.
        let followed = bytes + [0xc1, 0xff]
        var scanner = MessageScanner(limit: bytes.count)
        var arrived = 0
        while arrived < bytes.count {
            #expect(try scanner.end(in: bytes.span.extracting(first: arrived)) == nil)
            arrived += Int.random(in: 1...max(1, bytes.count / 10), using: &random)
        }
        #expect(try scanner.end(in: followed.span) == bytes.count)
        var strict = MessageScanner(limit: bytes.count - 1)
        #expect(throws: ForwardFault.tooLong) { _ = try strict.end(in: followed.span) }
        #expect(try MessageScanner.end(of: 1, in: ([0xc0] + followed).span) == bytes.count + 1)
        // msgpack-c reads just what was found.
        var isRead = false
        try unsafe MessageReader().read(bytes.span) { _ in isRead = true }
        #expect(isRead)
    }

    @Test(
        arguments: [
            [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdd, 0x7f, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff],
            [0xc6, 0x01, 0x00, 0x00, 0x00], [0xc9, 0x01, 0x00, 0x00, 0x00, 0x00], [0xde, 0xff, 0xff],
            [0x92, 0xdc, 0x80, 0x00, 0xdc, 0x80, 0x00],
        ] as [[UInt8]])
    func `what promises more than the limit is refused at its header`(bytes: [UInt8]) {
        var scanner = MessageScanner(limit: 65_536)
        #expect(throws: ForwardFault.tooLong) { _ = try scanner.end(in: bytes.span) }
    }

    @Test func `values are nested so deep and no deeper`() throws {
        func nested(_ depth: Int) -> [UInt8] { [UInt8](repeating: 0x91, count: depth) + [0xc0] }
        var deepest = MessageScanner(limit: 100)
        #expect(try deepest.end(in: nested(32).span) == 33)
        try unsafe MessageReader().read(nested(32).span) { _ in }
        var deeper = MessageScanner(limit: 100)
        #expect(throws: ForwardFault.tooDeep) { _ = try deeper.end(in: nested(33).span) }
    }

    @Test func `the byte that is no format is refused`() {
        var scanner = MessageScanner(limit: 100)
        #expect(throws: ForwardFault.notMessagePack) { _ = try scanner.end(in: ([0x91, 0xc1] as [UInt8]).span) }
    }
}
