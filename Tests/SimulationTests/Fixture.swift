import Decoding
import Foundation
import RiskModel
import Simulation

/// A folder that a small simulation wrote; removed when its last user lets go.
final class Fixture: Sendable {
    let folder: URL
    let summary: SimulationSummary

    init(seed: UInt64 = 7, accounts: Int = 900, assumptions: String = "default", kinds: [AbuseKind]? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "simulation-\(UUID())")
        guard let chosen = Assumptions.named(assumptions) else { throw CocoaError(.fileNoSuchFile) }
        var simulation = Simulation(seed: seed, accounts: accounts, days: 10, assumptions: chosen)
        if let kinds { simulation.kinds = kinds }
        summary = try simulation.write(to: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

    /// The events as the product reads them, in the file's order.
    func events() throws -> EventBatch {
        var frames = FrameBatch()
        for (index, line) in try data("events.ndjson").split(separator: UInt8(ascii: "\n")).enumerated() {
            frames.append(Array(line).span, seq: UInt64(index + 1), source: .file, flags: [])
        }
        var batch = EventBatch()
        var decoder = EventDecoder()
        decoder.decode(frames, frames: 0..<frames.frames.count, into: &batch)
        return batch
    }

    /// One line of `labels.ndjson`.
    struct LabelLine: Decodable {
        var account: String
        var label: String
        var `class`: String?
        var kind: String?
        var campaign: String?
    }

    func labels() throws -> [LabelLine] {
        try data("labels.ndjson").split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(LabelLine.self, from: $0)
        }
    }
}
