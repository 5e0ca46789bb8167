import Assembly
import Foundation
import Pipeline
import RiskModel
import Settings
import Store

/// What the workload's batches change, each in a transaction, into a new database.
struct WriteChanges: Part {
    static let name = "write to the database"
    private let writer: StoreWriter
    private let changes: [Changes]

    init(_ workload: Workload) throws {
        let assembly = workload.assembly
        let pipeline = assembly.makePipeline()
        changes = workload.frames.map { pipeline.process($0) }
        let path = try workload.emptyFolder("store").appending(path: "banrisk.db").path
        writer = try StoreWriter(
            path: path, rules: assembly.configuration.ruleSet, inactive: assembly.inactive,
            configuration: assembly.record)
    }

    func step(_ batch: Int) throws { try writer.write(changes[batch]) }
}

extension Workload {
    /// A folder within the workload's, without what an earlier run left in it.
    func emptyFolder(_ name: String) throws -> URL {
        let folder = folder.appending(path: name)
        if FileManager.default.fileExists(atPath: folder.path) { try FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
