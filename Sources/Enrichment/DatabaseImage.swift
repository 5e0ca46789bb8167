internal import CMaxMindDB
internal import Glibc
internal import RiskModel

/// The bytes of a database, opened and validated by libmaxminddb, in memory that nobody else can change.
///
/// libmaxminddb maps the file that it opens. Were that the operator's file, overwriting it in place would end the
/// process with SIGBUS. So the file is first copied to an anonymous file (memfd_create(2)), and that one is mapped.
@safe struct DatabaseImage: ~Copyable {
    private var handle: MMDB_s

    /// Reads the whole file. Needs `/proc`, by which libmaxminddb is given the copy.
    init(path: String) throws(DatabaseError) {
        let copy = try Self.copy(of: path)
        defer { close(copy) }
        var opened = unsafe MMDB_s()
        // SAFETY: MMDB_open(3) fills the struct, which holds no pointer to itself; on failure it keeps nothing open.
        let status = unsafe MMDB_open("/proc/self/fd/\(copy)", UInt32(MMDB_MODE_MMAP), &opened)
        switch status {
        case MMDB_SUCCESS: break
        case MMDB_UNKNOWN_DATABASE_FORMAT_ERROR: throw .unsupportedFormat(path: path)
        case MMDB_FILE_OPEN_ERROR, MMDB_IO_ERROR, MMDB_OUT_OF_MEMORY_ERROR:
            throw .unreadable(path: path, reason: "its copy in memory could not be mapped; /proc must be mounted")
        default: throw .malformed(path: path, detail: "no valid metadata at its end, as in a truncated file")
        }
        unsafe handle = opened
    }

    deinit {
        // SAFETY: `handle` was opened by MMDB_open and is closed once.
        unsafe withUnsafePointer(to: handle) { unsafe MMDB_close(UnsafeMutablePointer(mutating: $0)) }
    }

    var nodeCount: Int { unsafe Int(handle.metadata.node_count) }
    /// 24, 28 or 32.
    var recordBits: Int { unsafe Int(handle.metadata.record_size) }
    /// 4 or 6; anything else is a fault that libmaxminddb lets pass.
    var ipVersion: Int { unsafe Int(handle.metadata.ip_version) }
    /// Seconds since 1970.
    var buildEpoch: UInt64 { unsafe handle.metadata.build_epoch }
    var databaseType: String {
        // SAFETY: libmaxminddb made a NUL-terminated copy of the metadata's string.
        unsafe handle.metadata.database_type.map { unsafe String(cString: $0) } ?? ""
    }

    /// Calls `body` with the search tree and with the data section, which ends with the file, as in libmaxminddb.
    ///
    /// `nil` where the metadata's node count does not fit the file.
    func withSections<R, E: Error>(_ body: (_ tree: Span<UInt8>, _ data: Span<UInt8>) throws(E) -> R) throws(E) -> R? {
        let treeBytes = nodeCount * recordBits / 4
        let fileBytes = unsafe handle.file_size
        guard nodeCount > 0, treeBytes + Self.separatorBytes < fileBytes else { return nil }
        // SAFETY: the mapping is `file_size` bytes long, is not written to, and lives as long as `self`, which the call
        // borrows; both ranges were just checked to lie in it.
        let file = unsafe UnsafeBufferPointer(start: handle.file_content, count: fileBytes)
        let tree = unsafe Span(_unsafeElements: file[..<treeBytes])
        let data = unsafe Span(_unsafeElements: file[(treeBytes + Self.separatorBytes)...])
        return try body(tree, data)
    }

    /// Zero bytes between tree and data section (MaxMind DB specification 2.0, "Data Section Separator").
    static let separatorBytes = 16

    /// An anonymous file with the content of the file at `path`; the caller closes it.
    private static func copy(of path: String) throws(DatabaseError) -> CInt {
        let source = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard source >= 0 else {
            throw errno == ENOENT ? .missing(path: path) : .unreadable(path: path, reason: reason(errno))
        }
        defer { close(source) }
        var status = stat()
        guard unsafe fstat(source, &status) == 0 else { throw .unreadable(path: path, reason: reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        let bytes = Int(status.st_size)
        guard bytes <= GeoDatabase.maximumBytes else { throw .tooLarge(path: path, bytes: bytes) }
        guard bytes > 0 else { throw .malformed(path: path, detail: "the file is empty") }
        let copy = unsafe memfd_create("banrisk-mmdb", 1 /* MFD_CLOEXEC */)
        guard copy >= 0 else { throw .unreadable(path: path, reason: reason(errno)) }
        var left = bytes
        while left > 0 {
            let moved = sendfile(copy, source, nil, left)
            if moved < 0, errno == EINTR { continue }
            guard moved >= 0 else {
                defer { close(copy) }
                throw .unreadable(path: path, reason: reason(errno))
            }
            // The file shrank under our hands: what came is judged as it is.
            if moved == 0 { break }
            left -= moved
        }
        return copy
    }

    private static func reason(_ code: CInt) -> String {
        // SAFETY: strerror(3) gives a NUL-terminated string, copied at once; glibc's is thread-safe for known codes.
        unsafe String(cString: strerror(code))
    }
}
