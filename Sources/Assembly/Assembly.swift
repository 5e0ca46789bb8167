package import Enrichment
import Foundation
import Ordering
package import Pipeline
import RiskModel
package import Settings
package import Store

/// A configuration with everything that it names loaded and checked: what both programs start from.
package struct Assembly: Sendable {
    package let configuration: Configuration
    package let sources: EnrichmentSources
    /// The rules that cannot see anything for want of a database or a list, each with what is missing.
    package let inactive: [String: String]

    /// Loads the databases, lists and keys of a configuration.
    ///
    /// - Parameter kept: sources whose lists and keys to use in place of those that the configuration names.
    /// - Throws: every fault of every file.
    package init(_ configuration: Configuration, keeping kept: EnrichmentSources? = nil) throws(AssemblyFaults) {
        var faults: [String] = []
        let databases = Self.loadDatabases(configuration, &faults)
        let lists = kept?.lists ?? Self.loadLists(configuration, &faults)
        let pseudonyms = kept.map(\.pseudonyms) ?? Self.loadPseudonyms(configuration, &faults)
        var sources: EnrichmentSources?
        do throws(SourcesError) {
            sources = try EnrichmentSources(databases: databases, lists: lists, pseudonyms: pseudonyms)
        } catch {
            faults.append(error.description)
        }
        let known = Set(lists.map(\.name)).union(EmbeddedList.all.map(\.name))
        faults += configuration.rulesFile.faults(ofListsNotAmong: known).map(\.description)
        guard let sources, faults.isEmpty else { throw AssemblyFaults(faults: faults) }
        self.configuration = configuration
        self.sources = sources
        inactive = RuleActivation.inactive(configuration.ruleSet, sources: sources)
    }

    private static func loadDatabases(_ configuration: Configuration, _ faults: inout [String]) -> [GeoDatabase] {
        var databases: [GeoDatabase] = []
        for path in configuration.geoip.flatMap({ Self.files($0, suffix: ".mmdb", faults: &faults) }) {
            do throws(DatabaseError) {
                databases.append(try GeoDatabase(path: path))
            } catch {
                faults.append(error.description)
            }
        }
        return databases
    }

    private static func loadLists(_ configuration: Configuration, _ faults: inout [String]) -> [OperatorList] {
        var lists: [OperatorList] = []
        if configuration.lists.isEmpty {
            for list in EmbeddedList.all {
                do throws(ListFaults) {
                    lists.append(try OperatorList.parse(name: list.name, file: "\(list.name).txt", text: list.text))
                } catch {
                    faults.append(error.description)
                }
            }
        }
        for path in configuration.lists.flatMap({ Self.files($0, suffix: ".txt", faults: &faults) }) {
            do throws(ListFaults) {
                lists.append(try OperatorList.load(path: path))
            } catch {
                faults.append(error.description)
            }
        }
        return lists
    }

    /// A pipeline as the configuration wants it.
    package func makePipeline() -> Pipeline {
        Pipeline(rules: configuration.ruleSet, sources: sources, options: pipelineOptions)
    }

    package var pipelineOptions: Pipeline.Options {
        let time = configuration.time
        return Pipeline.Options(
            shards: configuration.shards, accountLimit: configuration.accountLimit,
            entityLimit: configuration.entityLimit,
            ordering: Sequencer.Limits(
                lateness: time.allowedLateness, futureTolerance: time.futureTolerance,
                duplicateCount: time.duplicateIDs, duplicateSpan: time.duplicateSpan),
            mappings: configuration.mappings, accountSpan: configuration.privacy.retention.accounts)
    }

    /// How long the daemon's rows stay.
    package var retention: Retention {
        let spans = configuration.privacy.retention
        return Retention(
            signals: spans.signals, alerts: spans.alerts, verdicts: spans.verdicts, entities: spans.entities,
            quarantine: spans.quarantine, audit: spans.audit, accounts: spans.accounts)
    }

    /// Of a replay all rows stay, but for those of accounts that leave the state.
    package var replayRetention: Retention { Retention(accounts: configuration.privacy.retention.accounts) }

    /// What the store notes of it, beside the rules.
    package var record: ConfigurationRecord {
        let record = sources.record
        return ConfigurationRecord(
            databases: record.databases.map { .init(kind: $0.kind.rawValue, type: $0.type, built: $0.built) },
            lists: record.lists.map { .init(name: $0.name, entries: $0.entries, fingerprint: "\($0.fingerprint)") },
            mappings: configuration.mappings.map {
                .init(name: $0.name, fingerprint: String($0.fingerprint, radix: 16))
            },
            pseudonyms: sources.pseudonyms?.summary ?? "")
    }

    /// The file itself, or the files of a folder with this ending, by name. A link stands for what it leads to.
    private static func files(_ path: String, suffix: String, faults: inout [String]) -> [String] {
        let kind = try? URL(fileURLWithPath: path).resolvingSymlinksInPath().resourceValues(forKeys: [.isDirectoryKey])
        guard kind?.isDirectory == true else { return [path] }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            faults.append("\(path): the folder cannot be read; give this user or its group the right to")
            return []
        }
        let found = names.filter { $0.hasSuffix(suffix) }.sorted()
        if found.isEmpty { faults.append("\(path): the folder has no *\(suffix) files; name files, or leave it out") }
        return found.map { "\(path)/\($0)" }
    }
}

/// Everything that is wrong with the files that a configuration names.
package struct AssemblyFaults: Error, Sendable, CustomStringConvertible {
    package let faults: [String]

    package var description: String { faults.joined(separator: "\n") }
}
