import Foundation
import RiskModel

extension Configuration {
    /// Reads a configuration from text.
    ///
    /// - Parameters:
    ///   - file: the name for messages.
    ///   - baseDirectory: what relative paths in the text are relative to.
    /// - Throws: all faults of the text, and of the rules file that it names.
    package static func parse(
        yaml: String, file: String, baseDirectory: String
    ) throws(ConfigurationFaults) -> Configuration {
        let log = FaultLog(file: file)
        var ruleFaults: [Fault] = []
        var mappingFaults: [Fault] = []
        var rulesPath: String?
        var configuration = Cursor.root(of: yaml, log: log)?.section { section in
            section.scope = ""
            rulesPath = section["rules"]?.existingPath(relativeTo: baseDirectory)
            var configuration = read(section, baseDirectory: baseDirectory)
            if let mappings = section["mappings"] {
                configuration.mappings = mappings.mappings(relativeTo: baseDirectory, faults: &mappingFaults)
            }
            return configuration
        }
        if let rulesPath {
            do throws(ConfigurationFaults) {
                configuration?.rulesFile = try RulesFile.load(path: rulesPath)
            } catch {
                ruleFaults = error.faults
            }
        }
        return try log.result(configuration, included: ruleFaults + mappingFaults)
    }

    /// The configuration with the embedded rules.
    private static func read(_ section: Section, baseDirectory base: String) -> Configuration {
        let state = section["state_directory"]?.path(relativeTo: base) ?? "/var/lib/banrisk"
        let runtime = section["runtime_directory"]
        let runtimeDirectory = runtime?.path(relativeTo: base) ?? "/run/banrisk"
        let longestDirectory = maximumSocketPathBytes - "/control.sock".utf8.count
        if runtimeDirectory.utf8.count > longestDirectory {
            runtime?.note(
                "\"runtime_directory\" must be at most \(longestDirectory) bytes, for a socket's name has no room for more,"
                    + " not \(runtimeDirectory.utf8.count)")
        }
        return Configuration(
            stateDirectory: state,
            runtimeDirectory: runtimeDirectory,
            databasePath: section["database"]?.path(relativeTo: base) ?? state + "/banrisk.db",
            geoip: section["geoip"]?.items().compactMap { $0.existingPath(relativeTo: base) } ?? [],
            lists: section["lists"]?.items().flatMap { $0.listFiles(relativeTo: base) } ?? [],
            rulesFile: .embedded(),
            mappings: embeddedMappings,
            socketMode: section["socket_mode"]?.mode() ?? 0o660,
            access: section["access"]?.section(Access.read) ?? .default,
            api: section["api"]?.section { API.read($0, relativeTo: base) } ?? .default,
            files: section["files"]?.followedFiles() ?? [],
            alerts: section["alerts"]?.alertSinks(relativeTo: base) ?? [],
            maximumConnections: section["maximum_connections"]?.quantity(.counts, in: 1...65_536) ?? 1024,
            spool: section["spool"]?.section(Spool.read) ?? .default,
            shards: section["shards"]?.shards() ?? processorCount,
            batchFrames: section["batch_frames"]?.quantity(.counts, in: 1...65_536) ?? 8192,
            accountLimit: section["account_limit"]?.quantity(.counts, in: 1000...100_000_000) ?? 10_000_000,
            entityLimit: section["entity_limit"]?.quantity(.counts, in: 1000...100_000_000) ?? 10_000_000,
            time: section["time"]?.section(Time.read) ?? .default,
            snapshotSeconds: section["snapshot_interval"]?.quantity(.durations, in: 1_000_000...86_400_000_000)
                .map { $0 / 1_000_000 } ?? 300,
            quarantineRows: section["quarantine_rows"]?.quantity(.counts, in: 1000...100_000_000) ?? 100_000,
            privacy: section["privacy"]?.section { Privacy.read($0, relativeTo: base) } ?? .default)
    }

    /// `sun_path` less its terminating zero, unix(7).
    private static let maximumSocketPathBytes = 107
    static let maximumShards = 64

    fileprivate static var processorCount: Int { min(maximumShards, ProcessInfo.processInfo.activeProcessorCount) }
}

extension Configuration.Time {
    static let `default` = Self(
        allowedLateness: .zero, futureTolerance: Interval(seconds: 600), duplicateIDs: 4_000_000,
        duplicateSpan: Interval(seconds: 86_400))

    static func read(_ section: Section) -> Self {
        var time = Self.default
        let year = Interval(seconds: 365 * 86_400)
        if let lateness = section["allowed_lateness"]?.interval(in: .zero...Interval(seconds: 3600)) {
            time.allowedLateness = lateness
        }
        if let tolerance = section["future_tolerance"]?.interval(in: Interval(seconds: 1)...year) {
            time.futureTolerance = tolerance
        }
        if let count = section["duplicate_ids"]?.quantity(.counts, in: 0...100_000_000) { time.duplicateIDs = count }
        if let span = section["duplicate_span"]?.interval(in: Interval(seconds: 1)...year) { time.duplicateSpan = span }
        return time
    }
}

extension Configuration.Spool {
    static let `default` = Self(
        segmentBytes: 128 << 20, pendingBytes: 16 << 20, commitDelayMilliseconds: 2, retainedBytes: 16 << 30,
        retainedSeconds: nil)

    static func read(_ section: Section) -> Self {
        var spool = Self.default
        if let bytes = section["segment_bytes"]?.quantity(.sizes, in: 1 << 20...4 << 30) { spool.segmentBytes = bytes }
        if let bytes = section["pending_bytes"]?.quantity(.sizes, in: 1 << 20...1 << 30) { spool.pendingBytes = bytes }
        if let delay = section["commit_delay"]?.quantity(.durations, in: 0...1_000_000) {
            spool.commitDelayMilliseconds = delay / 1000
        }
        let retained = section["retained_bytes"]
        if let bytes = retained?.quantity(.sizes, in: 2 << 20...64 << 40) { spool.retainedBytes = bytes }
        if let age = section["retained_age"]?.quantity(.durations, in: 60_000_000...315_360_000_000_000) {
            spool.retainedSeconds = age / 1_000_000
        }
        if spool.retainedBytes < 2 * spool.segmentBytes {
            retained?.note(
                "\"retained_bytes\" must be at least two segments, \(UnitSystem.sizes.format(2 * spool.segmentBytes))")
        }
        return spool
    }
}

extension Cursor {
    /// A path, made absolute.
    func path(relativeTo base: String) -> String? {
        guard let path = text(limit: 4095) else { return nil }
        if path.hasPrefix("/") { return path }
        return base.hasSuffix("/") ? base + path : "\(base)/\(path)"
    }

    /// The path of something that is there.
    func existingPath(relativeTo base: String) -> String? {
        guard let path = path(relativeTo: base) else { return nil }
        if FileManager.default.fileExists(atPath: path) { return path }
        note("\(JSONText.quote(path)) does not exist; a relative path begins at the configuration file's folder")
        return nil
    }

    /// A list file, or the list files of a folder.
    fileprivate func listFiles(relativeTo base: String) -> [String] {
        guard let path = existingPath(relativeTo: base) else { return [] }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return [path] }
        let lists = names.filter { $0.hasSuffix(".txt") && !$0.hasPrefix(".") }.sorted()
        if lists.isEmpty { note("the folder \(JSONText.quote(path)) has no list in it; a list's name ends in .txt") }
        return lists.map { "\(path)/\($0)" }
    }

    /// Permission bits for owner and group, in octal.
    fileprivate func mode() -> UInt32? {
        guard let text = text(), (3...4).contains(text.utf8.count), text.utf8.count == 3 || text.hasPrefix("0"),
            let mode = UInt32(text, radix: 8), mode & 0o600 == 0o600, mode & 0o007 == 0
        else { return expected("an octal mode such as 0660, with read and write for the owner and nothing for others") }
        return mode
    }

    fileprivate func shards() -> Int? {
        if scalar == "auto" { return Configuration.processorCount }
        guard let count = scalar.flatMap(UnitSystem.counts.parse),
            (1...Configuration.maximumShards).contains(count)
        else { return expected("auto or a number from 1 to \(Configuration.maximumShards)") }
        return count
    }
}
