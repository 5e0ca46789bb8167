package import RiskModel

/// The databases and lists that are in force: immutable, and replaced as a whole.
package final class EnrichmentSources: Sendable {
    /// At most one of each kind, in order of ``DatabaseKind/allCases``; no Country database beside a City database.
    package let databases: [GeoDatabase]
    /// The list with index *i* owns bit *i* of ``Event/listed``.
    package let lists: [OperatorList]

    /// Puts pseudonyms in place of what names people; `nil` where that is off.
    package let pseudonyms: Pseudonymizer?

    /// The name by which the folds and the database know an account.
    package func nameOfAccount(_ account: String) -> String {
        pseudonyms?.name(ofAccount: account) ?? account
    }

    let matcher: ListMatcher
    private let owners: [String]

    package static let maximumLists = 64

    /// Puts databases and lists in force. A Country database beside a City database is left out: City says all it says.
    ///
    /// - Throws: ``SourcesError`` if two databases or two lists claim the same, or if there are too many lists.
    package init(
        databases: [GeoDatabase], lists: [OperatorList], pseudonyms: Pseudonymizer? = nil
    ) throws(SourcesError) {
        var chosen: [GeoDatabase] = []
        for kind in DatabaseKind.allCases {
            let candidates = databases.filter { $0.kind == kind }
            if candidates.count > 1 { throw .sameKind(kind, paths: candidates.map(\.path)) }
            if kind == .country, chosen.contains(where: { $0.kind == .city }) { continue }
            chosen += candidates
        }
        guard lists.count <= Self.maximumLists else { throw .tooManyLists(lists.count) }
        var names: Set<String> = []
        for list in lists where !names.insert(list.name).inserted { throw .sameListName(list.name) }
        self.databases = chosen
        self.lists = lists
        self.pseudonyms = pseudonyms
        matcher = ListMatcher(lists)
        owners = chosen.first { $0.kind == .asn }?.owners ?? [""]
    }

    /// The name of a network's owner by ``Place/owner``; empty where unknown.
    ///
    /// An index is of the sources that gave it: the same database file always gives the same, another one may not.
    package func ownerName(_ index: UInt32) -> String { index < owners.count ? owners[Int(index)] : "" }

    package func database(_ kind: DatabaseKind) -> GeoDatabase? { databases.first { $0.kind == kind } }

    package func listIndex(named name: String) -> Int? { lists.firstIndex { $0.name == name } }

    /// Whether these sources can ever say what a rule needs.
    package func provide(_ requirement: DataRequirement) -> Bool {
        switch requirement {
        case .location: database(.city) != nil
        case .country: database(.city) != nil || database(.country) != nil
        case .asn: database(.asn) != nil
        case .flags(let flags): !flags.isDisjoint(with: availableFlags)
        case .list(let name): listIndex(named: name) != nil
        }
    }
}

extension EnrichmentSources {
    /// The flags that the loaded databases can give.
    private var availableFlags: NetworkFlags {
        var flags: NetworkFlags = []
        if database(.asn) != nil, listIndex(named: Enricher.hostingList) != nil { flags.insert(.hosting) }
        for database in databases {
            switch database.kind {
            case .anonymousIP: flags.formUnion(.anonymity)
            case .connectionType: flags.formUnion([.cellular, .satellite])
            case .city, .country: flags.formUnion([.anycast, .satellite])
            case .asn: break
            }
            if database.type.lowercased().contains("enterprise") { flags.insert(.cellular) }
        }
        return flags
    }
}

/// Why databases and lists cannot be in force together.
package enum SourcesError: Error, Hashable, Sendable {
    case sameKind(DatabaseKind, paths: [String])
    case tooManyLists(Int)
    case sameListName(String)
}

extension SourcesError: CustomStringConvertible {
    /// What is wrong, and what would be right.
    package var description: String {
        switch self {
        case .sameKind(let kind, let paths):
            "more than one database of kind \(kind.rawValue): \(paths.joined(separator: ", ")); name only one"
        case .tooManyLists(let count):
            "\(count) lists, but an event has room for \(EnrichmentSources.maximumLists); join some of them"
        case .sameListName(let name):
            "more than one list is named \(name); rename one, or join them"
        }
    }
}
