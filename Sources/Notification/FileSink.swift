internal import Glibc
internal import Store
internal import Synchronization

/// Alerts as lines of a file.
///
/// A batch is one write behind the end, then a sync. The file is opened anew when another stands in its place: it may
/// be moved away at any time. A line that a crash or a full disk cut short is taken back, so that every line is whole.
final class FileSink: Sink {
    private struct State: ~Copyable {
        var descriptor: CInt = -1
        var identity: FileIdentity?

        mutating func shut() {
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
            identity = nil
        }

        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    private let path: String
    private let tellsNames: Bool
    private let mode: mode_t
    private let state = Mutex(State())

    init(path: String, tellsNames: Bool, mode: mode_t = 0o640) {
        self.path = path
        self.tellsNames = tellsNames
        self.mode = mode
    }

    var batch: Int { 500 }
    var patience: Duration { .seconds(60) }

    func deliver(_ messages: [AlertMessage]) -> Delivery {
        let code = append(messages.map { $0.json(names: tellsNames) })
        return code == 0 ? .done : .failed(after: 0, why: "\(path) cannot be written: \(reason(code))")
    }

    /// The size of the file; 0 where there is none.
    var bytes: Int {
        var status = stat()
        // SAFETY: the path is a C string for the call, which fills one `stat`.
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Writes lines, all of them or none.
    ///
    /// - Returns: 0, or the `errno`.
    func append(_ lines: [String]) -> CInt {
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        return state.withLock { state in
            if state.identity == nil || FileIdentity(path: path) != state.identity { state.shut() }
            if state.descriptor < 0 {
                let code = open(&state)
                if code != 0 { return code }
            }
            let end = lseek(state.descriptor, 0, SEEK_END)
            var written = 0
            while written < bytes.count {
                // SAFETY: the array holds `count - written` bytes from `written` on.
                let count = unsafe bytes.withUnsafeBytes {
                    unsafe write(state.descriptor, $0.baseAddress.unsafelyUnwrapped + written, $0.count - written)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return takeBack(to: end, errno, &state) }
                written += count
            }
            guard fsync(state.descriptor) == 0 || errno == EINVAL else { return takeBack(to: end, errno, &state) }
            return 0
        }
    }

    /// Undoes a write that did not succeed.
    private func takeBack(to end: off_t, _ code: CInt, _ state: inout State) -> CInt {
        if end >= 0 { _ = ftruncate(state.descriptor, end) }
        state.shut()
        return code
    }

    private func open(_ state: inout State) -> CInt {
        let flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        var descriptor = unsafe Glibc.open(path, flags | O_CREAT | O_EXCL, mode)
        if descriptor >= 0 {
            // A service's mask would take the group's right to read away.
            _ = fchmod(descriptor, mode)
        } else if errno == EEXIST {
            descriptor = unsafe Glibc.open(path, flags)
        }
        guard descriptor >= 0 else { return errno }
        var status = stat()
        // SAFETY: fstat fills one `stat`.
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return EINVAL
        }
        state.descriptor = descriptor
        state.identity = FileIdentity(path: path)
        cutTornLine(descriptor, Int(status.st_size))
        syncFolder()
        return 0
    }

    /// A new file's name must last, too.
    private func syncFolder() {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = unsafe Glibc.open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Cuts a last line without a line feed off, if it is ours; behind another's it ends the line.
    private func cutTornLine(_ descriptor: CInt, _ size: Int) {
        guard size > 0 else { return }
        let start = max(0, size - (1 << 20))
        var tail = [UInt8](repeating: 0, count: size - start)
        // SAFETY: the kernel writes at most the array's length.
        guard unsafe pread(descriptor, &tail, tail.count, off_t(start)) == tail.count,
            tail.last != UInt8(ascii: "\n")
        else { return }
        let begin = (tail.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        let line = tail[begin...]
        let ours = Array("{\"key\":\"".utf8).prefix(line.count)
        if line.starts(with: ours), begin > 0 || start == 0 {
            _ = ftruncate(descriptor, off_t(start + begin))
        } else {
            let end: [UInt8] = [UInt8(ascii: "\n")]
            unsafe _ = write(descriptor, end, 1)
        }
    }
}
