package import RiskModel

/// What was in force besides the rules when rows were written: the builds of the databases, the lists and the mappings.
///
/// It names contents and no places: the same files in another folder are the same configuration.
package struct ConfigurationRecord: Sendable, Hashable {
    package var databases: [Database]
    package var lists: [List]
    /// In the order in which they are tried.
    package var mappings: [Mapping]
    /// What was a pseudonym, and under which key, by the key's id; empty for nothing.
    package var pseudonyms: String

    package init(
        databases: [Database] = [], lists: [List] = [], mappings: [Mapping] = [], pseudonyms: String = ""
    ) {
        self.databases = databases
        self.lists = lists
        self.mappings = mappings
        self.pseudonyms = pseudonyms
    }

    /// One build of a MaxMind database.
    package struct Database: Sendable, Hashable {
        package var kind: String
        /// As the file names itself, such as `GeoLite2-City`.
        package var type: String
        package var built: Timestamp

        package init(kind: String, type: String, built: Timestamp) {
            self.kind = kind
            self.type = type
            self.built = built
        }
    }

    /// One operator list.
    package struct List: Sendable, Hashable {
        package var name: String
        package var entries: Int
        /// Differs where the entries differ; ``ConfigurationRecord/fingerprint(of:)`` of them.
        package var fingerprint: String

        package init(name: String, entries: Int, fingerprint: String) {
            self.name = name
            self.entries = entries
            self.fingerprint = fingerprint
        }
    }

    /// One mapping of lines to events.
    package struct Mapping: Sendable, Hashable {
        package var name: String
        /// Differs where the mapping differs.
        package var fingerprint: String

        package init(name: String, fingerprint: String) {
            self.name = name
            self.fingerprint = fingerprint
        }
    }

    /// 16 hexadecimal digits that differ where the text differs; only good for comparing, not against malice.
    package static func fingerprint(of text: String) -> String {
        let digits = String(KeyHash(seed: 0).hash(Array(text.utf8).span), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension ConfigurationRecord {
    /// The column `databases`.
    var databasesJSON: String {
        array(
            databases.map {
                """
                {"kind":\(JSONText.quote($0.kind)),"type":\(JSONText.quote($0.type)),"built":"\($0.built)"}
                """
            })
    }

    /// The column `lists`.
    var listsJSON: String {
        array(
            lists.map {
                """
                {"name":\(JSONText.quote($0.name)),"entries":\($0.entries),"fingerprint":\(JSONText.quote($0.fingerprint))}
                """
            })
    }

    /// The column `mappings`.
    var mappingsJSON: String {
        array(
            mappings.map {
                """
                {"name":\(JSONText.quote($0.name)),"fingerprint":\(JSONText.quote($0.fingerprint))}
                """
            })
    }

    private func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }
}
