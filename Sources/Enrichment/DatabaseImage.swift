internal import Glibc

/// The bytes of a database and what its metadata say of them (MaxMind DB specification 2.0).
///
/// The file is the search tree, 16 zero bytes, the data section, a marker and the metadata. It is read into memory of
/// our own: a mapping of the operator's file would end the process with SIGBUS when somebody cuts it. And it is read by
/// our own code, since libmaxminddb trusts the metadata's numbers: of version 1.7 a wrong number of nodes makes it read
/// outside the file.
struct DatabaseImage {
    private let bytes: [UInt8]
    /// Number of nodes of the search tree, above 0. The tree and the separator behind it lie in the file.
    let nodeCount: Int
    /// 24, 28 or 32.
    let recordBits: Int
    /// 4 or 6.
    let ipVersion: Int
    /// Seconds since 1970.
    let buildEpoch: UInt64
    /// At most ``maximumTypeBytes`` bytes.
    let databaseType: String
    let fingerprint: Fingerprint

    /// Zero bytes between tree and data section ("Data Section Separator").
    static let separatorBytes = 16
    /// The metadata are that long at most, with the marker ("Database Metadata").
    private static let maximumMetadataBytes = 128 << 10
    private static let maximumTypeBytes = 256

    /// Reads the whole file.
    init(path: String) throws(DatabaseError) {
        let bytes: [UInt8]
        do throws(SourceFile.Fault) {
            bytes = try SourceFile(path: path, maximumBytes: GeoDatabase.maximumBytes).read()
        } catch {
            throw DatabaseError(error, path: path)
        }
        try self.init(bytes, path: path)
    }

    /// Reads the metadata of a file's content; `path` is for errors.
    init(_ bytes: [UInt8], path: String) throws(DatabaseError) {
        guard !bytes.isEmpty else { throw .malformed(path: path, detail: "the file is empty") }
        guard let start = Self.metadataStart(bytes.span) else {
            throw .malformed(path: path, detail: "no metadata at its end, as in a truncated file")
        }
        let metadata: Metadata
        do throws(MalformedDatabase) {
            metadata = try Metadata(bytes.span.extracting(start...))
        } catch {
            throw .malformed(path: path, detail: "\(error.detail) in its metadata")
        }
        guard metadata.majorVersion == 2, [24, 28, 32].contains(metadata.recordBits) else {
            throw .unsupportedFormat(path: path)
        }
        guard metadata.ipVersion == 4 || metadata.ipVersion == 6, metadata.nodeCount > 0,
            metadata.nodeCount <= UInt64(UInt32.max), metadata.type.utf8.count <= Self.maximumTypeBytes
        else { throw .malformed(path: path, detail: "metadata out of range") }
        nodeCount = Int(metadata.nodeCount)
        recordBits = Int(metadata.recordBits)
        guard nodeCount * recordBits / 4 + Self.separatorBytes < bytes.count else {
            throw .malformed(path: path, detail: "its search tree is longer than the file")
        }
        ipVersion = Int(metadata.ipVersion)
        buildEpoch = metadata.buildEpoch
        databaseType = metadata.type
        fingerprint = Fingerprint(of: bytes.span)
        self.bytes = bytes
    }

    /// Calls `body` with the search tree and with the data section, which ends with the file, as in libmaxminddb.
    func withSections<R, E: Error>(_ body: (_ tree: Span<UInt8>, _ data: Span<UInt8>) throws(E) -> R) throws(E) -> R {
        let treeBytes = nodeCount * recordBits / 4
        let file = bytes.span
        return try body(file.extracting(..<treeBytes), file.extracting((treeBytes + Self.separatorBytes)...))
    }

    /// What stands behind the last marker.
    private static func metadataStart(_ file: Span<UInt8>) -> Int? {
        let marker: [UInt8] = [0xab, 0xcd, 0xef] + "MaxMind.com".utf8
        var start = file.count - marker.count
        while start >= max(0, file.count - maximumMetadataBytes) {
            if file[start] == marker[0], marker.indices.allSatisfy({ file[start + $0] == marker[$0] }) {
                return start + marker.count
            }
            start -= 1
        }
        return nil
    }
}

/// The fields of the metadata's map that banrisk asks for, not yet checked.
private struct Metadata {
    let majorVersion: UInt64
    let nodeCount: UInt64
    let recordBits: UInt64
    let ipVersion: UInt64
    let buildEpoch: UInt64
    let type: String

    init(_ section: Span<UInt8>) throws(MalformedDatabase) {
        var reader = RecordReader()
        func number(_ key: StaticString) throws(MalformedDatabase) -> UInt64 {
            guard let value = try reader.number(key, in: section, at: 0) else {
                throw MalformedDatabase(detail: "no \(key)")
            }
            return value
        }
        majorVersion = try number("binary_format_major_version")
        nodeCount = try number("node_count")
        recordBits = try number("record_size")
        ipVersion = try number("ip_version")
        buildEpoch = try number("build_epoch")
        guard let type = try reader.text("database_type", in: section, at: 0) else {
            throw MalformedDatabase(detail: "no database_type")
        }
        self.type = String(copying: section.extracting(type))
    }
}

extension String {
    /// The text of bytes in UTF-8; what is not is replaced.
    init(copying bytes: Span<UInt8>) {
        // SAFETY: the buffer is read only inside the closure, and `String(decoding:as:)` copies and mends it.
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension DatabaseError {
    fileprivate init(_ fault: SourceFile.Fault, path: String) {
        self =
            switch fault {
            case .missing: .missing(path: path)
            // SAFETY: strerror(3) gives a NUL-terminated string, copied at once; glibc's is thread-safe for known codes.
            case .unreadable(let code): .unreadable(path: path, reason: unsafe String(cString: strerror(code)))
            case .notAFile: .notAFile(path: path)
            case .tooLarge(let bytes): .tooLarge(path: path, bytes: bytes)
            case .changing: .changedWhileRead(path: path)
            }
    }
}
