package import RiskModel

/// What names the databases and lists that were in force, for the record: equal records mean equal answers.
package struct SourcesRecord: Sendable, Hashable {
    /// In order of ``DatabaseKind/allCases``.
    package let databases: [Database]
    /// In order of their bits in ``Event/listed``.
    package let lists: [List]

    package struct Database: Sendable, Hashable {
        package let kind: DatabaseKind
        /// The metadata's `database_type`.
        package let type: String
        /// When the vendor built it.
        package let built: Timestamp
        package let fingerprint: Fingerprint
    }

    package struct List: Sendable, Hashable {
        package let name: String
        package let entries: Int
        package let fingerprint: Fingerprint
    }
}

extension EnrichmentSources {
    package var record: SourcesRecord {
        SourcesRecord(
            databases: databases.map {
                SourcesRecord.Database(kind: $0.kind, type: $0.type, built: $0.buildEpoch, fingerprint: $0.fingerprint)
            },
            lists: lists.map {
                SourcesRecord.List(name: $0.name, entries: $0.count, fingerprint: $0.fingerprint)
            })
    }
}

extension SourcesRecord: CustomStringConvertible {
    /// A line for each database and list.
    ///
    ///     city GeoLite2-City 2026-01-01T00:00:00Z 44bc2cf5ad770999
    ///     list hosting_asns 27 ef46db3751d8e999
    package var description: String {
        let lines =
            databases.map { "\($0.kind.rawValue) \($0.type) \($0.built) \($0.fingerprint)" }
            + lists.map { "list \($0.name) \($0.entries) \($0.fingerprint)" }
        return lines.joined(separator: "\n")
    }
}
