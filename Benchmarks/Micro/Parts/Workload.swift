import Assembly
import Decoding
import Enrichment
package import Foundation
import RiskModel
import Settings
import Simulation

/// What the parts work on: the events of a simulated world with its databases, in batches, all from one seed.
package final class Workload {
    /// Events in a batch: as many as the pipeline takes by default.
    package static let batchSize = 8192
    /// The first is for tables and caches to fill, and is not measured.
    package static let batches = 4

    package let folder: URL
    let assembly: Assembly
    /// The lines of each batch, numbered from 1 throughout.
    let frames: [FrameBatch]
    /// For look-ups of random addresses.
    let location: GeoDatabase

    /// Writes the world into a folder, for ``init(folder:city:)`` to read.
    package static func write(to folder: URL) throws {
        _ = try Simulation(seed: 6, accounts: 1_500, days: 14, assumptions: .standard).write(to: folder)
    }

    /// - Parameter city: A City database for look-ups of random addresses, in place of the world's.
    package init(folder: URL, city: String? = nil) throws {
        self.folder = folder
        var configuration = try Configuration.load(path: folder.appending(path: "banrisk.yaml").path)
        // All work on the thread that is measured.
        configuration.shards = 1
        assembly = try Assembly(configuration)
        location = try GeoDatabase(path: city ?? folder.appending(path: "city.mmdb").path)
        let text = Array(try Data(contentsOf: folder.appending(path: "events.ndjson")))
        let lines = text.split(separator: UInt8(ascii: "\n"), maxSplits: Self.batchSize * Self.batches)
        precondition(lines.count > Self.batchSize * Self.batches, "the world is too small")
        frames = Self.batched(lines.prefix(Self.batchSize * Self.batches).map { Array($0) })
    }

    /// Lines as frames in batches.
    static func batched(_ lines: [[UInt8]]) -> [FrameBatch] {
        (0..<batches).map { batch in
            var frames = FrameBatch()
            for i in batch * batchSize..<(batch + 1) * batchSize {
                let line = lines[i]
                frames.append(line.span, seq: UInt64(i + 1), source: .stream, flags: [])
            }
            return frames
        }
    }

    /// Every line of the workload, altered by `body`.
    func lines(_ body: (ArraySlice<UInt8>, Int) -> [UInt8]) -> [[UInt8]] {
        frames.flatMap { batch in batch.frames.map { body(batch.bytes(of: $0), Int($0.seq)) } }
    }

    /// The events of batches of frames, without places.
    static func decoded(_ frames: [FrameBatch]) -> [EventBatch] {
        var decoder = EventDecoder()
        return frames.map { frames in
            var batch = EventBatch()
            decoder.decode(frames, frames: frames.frames.indices, into: &batch)
            precondition(batch.events.count == batchSize, "every line is an event")
            return batch
        }
    }

    /// The workload's frames with an `id` in each line.
    var framesWithIDs: [FrameBatch] {
        Self.batched(
            lines { line, number in
                let digits = String(number &* 0x9e37_79b9, radix: 16)
                return Array("{\"id\":\"e-\(digits)\",".utf8) + line.dropFirst()
            })
    }
}

/// A number that depends on the work, so that none of it is left out by the optimiser.
@inline(never)
func keep(_ value: UInt64) {}

/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
