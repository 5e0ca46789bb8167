import Foundation
import RiskModel
import TestSupport
import Testing

@testable import Enrichment

@Suite struct SearchTreeSampleTests {
    @Test(arguments: [4, 6] as [UInt8], [2, 16, 1_024])
    func `of all networks every n-th is taken, with the smallest power of two that fits`(
        ipVersion: UInt8, limit: Int
    ) throws {
        var generator = SeededGenerator(seed: UInt64(limit) + UInt64(ipVersion))
        for _ in 0..<20 {
            var tree = RandomTree(depth: Int.random(in: 1...11, using: &generator), bits: ipVersion == 4 ? 32 : 128)
            tree.grow(using: &generator)
            let database = try open(tree.nodes, ipVersion: ipVersion)
            var step = 1
            while (tree.networks.count + step - 1) / step > limit { step *= 2 }
            let expected = stride(from: 0, to: tree.networks.count, by: step).map { tree.networks[$0] }
            let sample = database.sample(limit: limit)
            #expect(sample == expected)
            #expect(sample.allSatisfy { database.place(of: $0).flags == .cellular })
        }
    }

    @Test func `a tree that loops, or whose branches meet, is gone through once`() throws {
        let loop = try open([(.node(0), .record(0))], ipVersion: 6)
        #expect(loop.sample(limit: 1_024) == [IPAddress(high: 1 << 63, low: 0)])
        // Two to the power of a hundred ways through a hundred nodes.
        let mesh = (0..<100).map { i -> (TinyDatabase.Link, TinyDatabase.Link) in
            i < 99 ? (.node(i + 1), .node(i + 1)) : (.record(0), .record(0))
        }
        #expect(try open(mesh, ipVersion: 6).sample(limit: 1_024).count == 2)
    }

    private func open(
        _ nodes: [(TinyDatabase.Link, TinyDatabase.Link)], ipVersion: UInt8
    ) throws -> GeoDatabase {
        let content = TinyDatabase.file(
            type: "tiny-Connection-Type", built: 1, nodes: nodes,
            records: [.map([("connection_type", .text("Cellular"))])], ipVersion: ipVersion)
        return try TestFiles.with(content) { try GeoDatabase(path: $0) }
    }
}

/// A tree made at random, and the first addresses of its networks in rising order.
private struct RandomTree {
    let depth: Int
    let bits: Int
    var nodes: [(TinyDatabase.Link, TinyDatabase.Link)] = []
    var networks: [IPAddress] = []

    init(depth: Int, bits: Int) {
        self.depth = depth
        self.bits = bits
    }

    mutating func grow(using generator: inout SeededGenerator) { _ = node(0, 0, &generator) }

    private mutating func node(_ level: Int, _ address: UInt128, _ generator: inout SeededGenerator) -> Int {
        let index = nodes.count
        nodes.append((.none, .none))
        let low = link(level + 1, address, &generator)
        let high = link(level + 1, address | 1 << UInt128(bits - 1 - level), &generator)
        nodes[index] = (low, high)
        return index
    }

    private mutating func link(
        _ level: Int, _ address: UInt128, _ generator: inout SeededGenerator
    ) -> TinyDatabase.Link {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return .none
        case 1...5 where level < depth: return .node(node(level, address, &generator))
        default:
            networks.append(
                address >> 32 == 0
                    ? IPAddress(v4: UInt32(address))
                    : IPAddress(high: UInt64(address >> 64), low: UInt64(truncatingIfNeeded: address)))
            return .record(0)
        }
    }
}
