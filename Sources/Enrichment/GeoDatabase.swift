package import RiskModel

/// One opened database: its search tree and what its records say, in memory of our own.
///
/// The file is read once, checked as a whole, and let go: it can be replaced, overwritten or removed while it is in
/// use. Every record is decoded when the database is opened, so a look-up is a walk through two tables and cannot fail.
/// A City database of 57 MB takes about 50 MB here.
package final class GeoDatabase: Sendable {
    package let kind: DatabaseKind
    /// The metadata's `database_type`, for example `GeoLite2-City`.
    package let type: String
    package let path: String
    /// When the vendor built it.
    package let buildEpoch: Timestamp
    /// 4 or 6; a database of version 4 knows nothing of IPv6 addresses.
    package let ipVersion: Int
    package let nodeCount: Int
    /// Of the file's bytes.
    package let fingerprint: Fingerprint
    /// How many records the networks share.
    let recordCount: Int
    /// Records with coordinates beyond the globe or with a country that is not two letters; they say nothing of it.
    let implausibleRecords: Int

    private let tree: SearchTree
    /// What each record says; index 0 is "nothing".
    private let places: [Place]
    /// Names of networks' owners by ``Place/owner``; index 0 is "unknown". Only in databases of kind `asn`.
    let owners: [String]

    /// Larger files are refused. MaxMind's largest have about 400 MB.
    package static let maximumBytes = 1 << 30

    /// Opens, checks and decodes the database at `path`.
    ///
    /// - Throws: ``DatabaseError``: the file cannot be read, is damaged anywhere that a look-up could come to, or is of
    ///   a type or format that is not known.
    package convenience init(path: String) throws(DatabaseError) {
        try self.init(image: DatabaseImage(path: path), path: path)
    }

    /// Checks and decodes an image; `path` is for the description and for errors.
    init(image: DatabaseImage, path: String) throws(DatabaseError) {
        let type = image.databaseType
        let ipVersion = image.ipVersion
        guard let built = Self.timestamp(image.buildEpoch) else {
            throw .malformed(path: path, detail: "metadata out of range")
        }
        guard let kind = DatabaseKind(databaseType: type) else { throw .unknownType(path: path, type: type) }
        let nodes = image.nodeCount
        let bits = image.recordBits
        let tables: (tree: SearchTree, records: DecodedRecords)
        do throws(MalformedDatabase) {
            tables = try image.withSections { tree, data throws(MalformedDatabase) in
                let (tree, positions) = try SearchTree.read(
                    tree, nodeCount: nodes, recordBits: bits, ipVersion: ipVersion, dataBytes: data.count)
                return (tree, try DecodedRecords(of: kind, in: data, at: positions))
            }
        } catch {
            throw .malformed(path: path, detail: error.detail)
        }
        self.kind = kind
        self.type = type
        self.path = path
        self.buildEpoch = built
        self.ipVersion = ipVersion
        self.nodeCount = nodes
        fingerprint = image.fingerprint
        recordCount = tables.records.places.count - 1
        implausibleRecords = tables.records.implausible
        tree = tables.tree
        places = tables.records.places
        owners = tables.records.owners
    }

    /// What this database alone says of `address`; all unknown where it has no record.
    @inline(__always)
    package func place(of address: IPAddress) -> Place { places[tree.record(of: address)] }

    /// The first addresses of up to `limit` networks, evenly spread over all that have an answer, in rising order.
    ///
    /// - Parameter limit: even and positive.
    func sample(limit: Int) -> [IPAddress] { tree.sample(limit: limit) }

    private static func timestamp(_ seconds: UInt64) -> Timestamp? {
        seconds <= UInt64(Timestamp.latest.microseconds / 1_000_000) ? Timestamp(seconds: Int64(seconds)) : nil
    }
}
