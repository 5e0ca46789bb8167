import Glibc

/// A folder that is removed with its files when it is released.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/banrisk-spool-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(errno: errno) }
        path = String(cString: made)
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    struct Failure: Error { var errno: CInt }

    var names: [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    var segments: [String] { names.filter { $0.hasSuffix(".segment") } }

    func contents(_ name: String) throws -> [UInt8] {
        let raw = open("\(path)/\(name)", O_RDONLY)
        guard raw >= 0 else { throw Failure(errno: errno) }
        defer { close(raw) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(raw, 0, SEEK_END)))
        guard pread(raw, &bytes, bytes.count, 0) == bytes.count else { throw Failure(errno: errno) }
        return bytes
    }

    func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
        let bytes = Array(bytes)
        let raw = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard raw >= 0 else { throw Failure(errno: errno) }
        defer { close(raw) }
        guard Glibc.write(raw, bytes, bytes.count) == bytes.count else { throw Failure(errno: errno) }
    }
}
