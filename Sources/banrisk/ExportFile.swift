internal import Glibc

/// Where an export goes: standard output, or a file that appears under its name when it is whole.
struct ExportFile: ~Copyable {
    private let descriptor: Int32
    /// The file's name in the end, and its name until then.
    private let names: (final: String, temporary: String)?
    private let replaces: Bool
    private var isFinished = false

    /// Standard output.
    init() {
        descriptor = STDOUT_FILENO
        names = nil
        replaces = false
    }

    /// A file of mode 0600. Beside its name it is written, under another one.
    ///
    /// - Parameter replacing: whether what stands there already may be replaced.
    init(path: String, replacing: Bool) throws(ToolError) {
        // SAFETY: the path is a C string for the length of the call.
        if !replacing, unsafe access(path, F_OK) == 0 { throw Self.taken(path) }
        var template = Array("\(path).XXXXXX".utf8CString)
        // SAFETY: mkstemp writes over the six letters of the NUL-terminated template.
        let opened = unsafe template.withUnsafeMutableBufferPointer { unsafe mkstemp($0.baseAddress.unsafelyUnwrapped) }
        guard opened >= 0 else { throw .inputOutput(errno) }
        descriptor = opened
        names = (path, String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        replaces = replacing
    }

    deinit {
        guard let names else { return }
        close(descriptor)
        // SAFETY: the name is a C string for the length of the call.
        if !isFinished { unsafe unlink(names.temporary) }
    }

    /// Writes all bytes, and empties the array.
    mutating func write(_ bytes: inout [UInt8]) throws(ToolError) {
        defer { bytes.removeAll(keepingCapacity: true) }
        var written = 0
        while written < bytes.count {
            // SAFETY: the buffer holds `count - written` bytes from `written` on and lives during the call.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.unsafelyUnwrapped + written, $0.count - written)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw .inputOutput(errno)
            }
        }
    }

    /// Gives a file its name. Without it nothing is left.
    ///
    /// - Throws: where a file of this name has come meanwhile and may not be replaced.
    mutating func finish() throws(ToolError) {
        guard let names else { return }
        guard fsync(descriptor) == 0 else { throw .inputOutput(errno) }
        if replaces {
            // SAFETY: both are C strings for the length of the call.
            guard unsafe rename(names.temporary, names.final) == 0 else { throw .inputOutput(errno) }
            isFinished = true
        } else {
            // A link is refused where the name is taken, in one step; `deinit` removes the other name.
            // SAFETY: both are C strings for the length of the call.
            guard unsafe link(names.temporary, names.final) == 0 else {
                throw errno == EEXIST ? Self.taken(names.final) : .inputOutput(errno)
            }
        }
    }

    private static func taken(_ path: String) -> ToolError {
        .faultyInput("\(path) exists. Name another file with --output, or add --force to replace it.")
    }
}
