import ArgumentParser
import Assembly
import Evaluation
import Foundation
import RiskModel
import Settings
import Store

/// Where `evaluate` and `tune` take accounts and labels from: a data set's folder, or a database with labels beside it.
struct LabelledOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions

    @Option(
        help: ArgumentHelp(
            "With a folder: keep its database under this name. Else: the database to read.", valueName: "file"))
    var database: String?

    @Flag(help: "Replace what is there: the database to keep, a proposal.")
    var overwrite = false

    @Option(
        help: ArgumentHelp(
            "Labels. Default: labels.ndjson of the folder; of a database, the verdicts that hold.", valueName: "file"))
    var labels: String?

    @Option(help: ArgumentHelp("Events. Default: events.ndjson of the folder.", valueName: "file"))
    var events: String?

    @Option(help: ArgumentHelp("Verdicts. Default: verdicts.ndjson of the folder.", valueName: "file"))
    var verdicts: String?

    @Argument(
        help: ArgumentHelp(
            "A data set: events.ndjson, labels.ndjson, and banrisk.yaml or MaxMind databases.", valueName: "folder"))
    var folder: String?

    func validate() throws {
        if folder == nil, database == nil { throw ValidationError("Name a data set's folder, or a --database.") }
    }

    /// Reads the labels, and runs the pipeline over the folder's events if a folder is named.
    ///
    /// - Parameter rules: In place of the configuration's.
    func load(rules: RuleSet? = nil) throws -> LabelledData {
        guard let folder else {
            let database = database ?? ""
            let known = try labels.map(parse) ?? StoreReader(path: database).verdictLabels()
            return LabelledData(labels: known, database: database, events: events, verdicts: nil, assembly: nil)
        }
        let known = try parse(labels ?? folder + "/labels.ndjson")
        let assembly = try assemble(folder)
        let verdicts = try verdictFile(folder)
        let place = database == nil ? try TemporaryFolder() : nil
        let run = ReplayRun(
            assembly, database: database ?? place?.file("banrisk.db") ?? "", rules: rules, verdicts: verdicts)
        try run.makeWay(overwrite: overwrite)
        let events = events ?? folder + "/events.ndjson"
        _ = try run([events])
        return LabelledData(
            labels: known, database: run.database, events: events, verdicts: verdicts, assembly: assembly,
            temporary: place)
    }

    private func verdictFile(_ folder: String) throws(ToolError) -> VerdictFile? {
        let own = folder + "/verdicts.ndjson"
        let path = verdicts ?? (FileManager.default.fileExists(atPath: own) ? own : nil)
        guard let path else { return nil }
        return try VerdictFile(path: path)
    }

    /// The configuration of `--config`, else of the folder; without databases of its own it takes the folder's.
    private func assemble(_ folder: String) throws -> Assembly {
        var options = options
        let own = folder + "/banrisk.yaml"
        if options.config == nil, FileManager.default.fileExists(atPath: own) { options.config = own }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return try options.assemble { configuration in
            if configuration.geoip.isEmpty, names.contains(where: { $0.hasSuffix(".mmdb") }) {
                configuration.geoip = [folder]
            }
        }
    }

    private func parse(_ path: String) throws -> [String: Label] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ToolError.faultyInput("\(path) cannot be read; name the labels with --labels")
        }
        do {
            return try LabelFile.parse(Array(data), file: path)
        } catch {
            throw ToolError.faultyInput("\(error)")
        }
    }
}

extension StoreReader {
    /// What analysts say of accounts now, as labels; who belongs to a campaign is labelled with it.
    ///
    /// - Throws: ``ToolError/faultyInput(_:)`` where there is no verdict.
    fileprivate func verdictLabels() throws -> [String: Label] {
        var filter = VerdictFilter()
        filter.inForce = true
        filter.limit = .max
        var labels: [String: Label] = [:]
        for row in try verdicts(filter) {
            let campaign = try account(named: row.account)?.campaign.map { "campaign-\($0)" }
            switch Verdict.Kind(rawValue: row.verdict) {
            case .banned: labels[row.account] = .abuse(kind: row.verdict, campaign: campaign)
            case .cleared: labels[row.account] = .innocent(class: row.verdict)
            case .compromised: labels[row.account] = .victim(kind: row.verdict, campaign: campaign)
            case .withdrawn, nil: break
            }
        }
        guard !labels.isEmpty else {
            throw ToolError.faultyInput("the database has no verdict that holds; name labels with --labels")
        }
        return labels
    }
}

/// Labels with the database that is held against them.
struct LabelledData {
    let labels: [String: Label]
    /// The database's path.
    let database: String
    /// The file of events, where there is one.
    let events: String?
    /// What came among the events.
    let verdicts: VerdictFile?
    /// What the events were run with; `nil` where the database was there before.
    let assembly: Assembly?
    /// Holds the database if nobody wants to keep it.
    var temporary: TemporaryFolder?
}

/// A folder that goes with its last owner.
final class TemporaryFolder {
    private let url: URL

    init() throws(ToolError) {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("banrisk-\(UUID().uuidString)")
        do {
            // Nobody else may read what is in it.
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .faultyInput("\(url.path) cannot be made; name a folder that can be written in TMPDIR")
        }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of a file in it.
    func file(_ name: String) -> String { url.appendingPathComponent(name).path }
}
