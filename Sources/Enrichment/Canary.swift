internal import RiskModel

/// Looks addresses up in databases that are about to replace others: the last check before the swap.
///
/// That a database is sound, the reading has shown. Here it is asked whether it says anything, and whether what it says
/// can be true.
package enum Canary {
    /// Addresses of each database that are looked up.
    static let sampleSize = 1_024

    /// One in so many records may have a place out of range: vendors have oddities.
    static let recordsPerImplausible = 100

    /// Compares `new` with `old`, the databases in force. Takes about as long as a walk through all their trees.
    ///
    /// - Throws: ``CanaryError`` where a new database says nothing, or nothing that can be true.
    package static func check(new: EnrichmentSources, old: EnrichmentSources) throws(CanaryError) -> CanaryReport {
        for database in new.databases { try check(database) }
        return CanaryReport(comparisons: old.databases.map { compare($0, with: new) })
    }

    private static func check(_ database: GeoDatabase) throws(CanaryError) {
        let sample = database.sample(limit: sampleSize)
        guard sample.contains(where: { database.place(of: $0) != Place() }) else {
            throw .saysNothing(database.kind, path: database.path, networks: sample.count)
        }
        guard database.implausibleRecords <= database.recordCount / recordsPerImplausible else {
            throw .implausible(
                database.kind, path: database.path, records: database.implausibleRecords, of: database.recordCount)
        }
    }

    private static func compare(_ database: GeoDatabase, with new: EnrichmentSources) -> CanaryReport.Comparison {
        let successor = new.database(database.kind) ?? equivalents[database.kind].flatMap { new.database($0) }
        let sample = database.sample(limit: sampleSize).filter { database.place(of: $0) != Place() }
        let found = sample.filter { address in successor.map { $0.place(of: address) != Place() } ?? false }
        return CanaryReport.Comparison(
            kind: database.kind, built: database.buildEpoch, newBuilt: successor?.buildEpoch, sampled: sample.count,
            found: found.count)
    }

    /// Kinds that stand in for each other.
    private static let equivalents: [DatabaseKind: DatabaseKind] = [.city: .country, .country: .city]
}

/// Why databases must not replace those in force.
package enum CanaryError: Error, Hashable, Sendable {
    /// Not one of the networks that the database itself names gets an answer.
    case saysNothing(DatabaseKind, path: String, networks: Int)
    /// Too many records have coordinates beyond the globe, or a country that is not two letters.
    case implausible(DatabaseKind, path: String, records: Int, of: Int)
}

extension CanaryError: CustomStringConvertible {
    /// What was found, and what to do.
    package var description: String {
        switch self {
        case .saysNothing(let kind, let path, let networks):
            "\(path): none of \(networks) networks that it names gets an answer as \(kind.rawValue) database; "
                + "fetch another edition"
        case .implausible(let kind, let path, let records, let count):
            "\(path): \(records) of \(count) records have coordinates or countries that do not exist, too many for a "
                + "\(kind.rawValue) database; fetch another edition"
        }
    }
}
