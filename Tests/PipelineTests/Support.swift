import Assembly
import Foundation
import Pipeline
import RiskModel
import Settings
import Store

/// A database in a folder of its own that goes with it.
final class TemporaryDatabase {
    let path: String
    private let folder: URL
    private let writer: StoreWriter

    init(_ assembly: Assembly) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("banrisk-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("banrisk.db").path
        writer = try StoreWriter(
            path: path, rules: assembly.configuration.ruleSet, inactive: assembly.inactive,
            configuration: assembly.record,
            retention: assembly.replayRetention)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Runs lines through a new pipeline into the database; what that has already only rebuilds the state.
    ///
    /// - Parameter between: Called before each batch, as the runner does it.
    func replay(
        _ lines: Data, by assembly: Assembly, mode: StoreQueue.Mode = .replay,
        between: (Pipeline) throws -> Void = { _ in }
    ) throws {
        let queue = StoreQueue(writer: writer, mode: mode)
        let pipeline = assembly.makePipeline()
        let runner = PipelineRunner(
            pipeline: pipeline, queue: queue, batchFrames: assembly.configuration.batchFrames,
            appliedSeq: writer.appliedSeq)
        var frames = LineFrames(lines)
        try runner.run(&frames, isEnd: true, between: { try between(pipeline) })
    }

    /// Every row of every table that events fill, in order.
    func content() throws -> [String] {
        let tables = [
            "accounts", "contributions", "signals", "alerts", "entities", "quarantine", "sources", "campaigns",
            "campaign_members", "verdicts",
        ]
        return try tables.flatMap { table in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
            process.arguments = ["-readonly", path, "SELECT '\(table)', * FROM \(table) ORDER BY 2, 3, 4"]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }
}

/// Lines as frames, numbered from 1.
struct LineFrames: FrameSource {
    private let lines: [Data.SubSequence]
    private var next = 0

    init(_ lines: Data) { self.lines = lines.split(separator: UInt8(ascii: "\n")) }

    mutating func next(into batch: inout FrameBatch, maximumFrames: Int, notAfter: UInt64?) throws -> Bool {
        guard next < lines.count else { return false }
        for line in lines[next...].prefix(maximumFrames) {
            if let notAfter, next >= notAfter { break }
            next += 1
            batch.append(Array(line).span, seq: UInt64(next), source: .file, flags: [])
        }
        return true
    }
}
