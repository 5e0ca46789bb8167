import Glibc

/// The directory of a spool, and the lock on it.
struct SpoolDirectory: ~Copyable, Sendable {
    let path: String
    let disk: Disk
    private let descriptor: Descriptor
    private let lock: Descriptor

    /// Opens or creates the directory, and takes the lock.
    init(path: String, disk: Disk = .system) throws(SpoolError) {
        // SAFETY: here and below, strings are C strings for the length of the call.
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
            throw SpoolError.system(call: "mkdir", path: path, errno: errno)
        }
        let raw = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw SpoolError.system(call: "open", path: path, errno: errno) }
        let descriptor = Descriptor(raw)
        let lock = try Self.takeLock(directory: raw, path: path)
        self.path = path
        self.disk = disk
        self.descriptor = descriptor
        self.lock = lock
    }

    /// How long a lock is waited for: a process that was killed can have a child that lives for a moment more and has its files.
    private static let lockPatience = Duration.seconds(1)
    private static let lockPollMicroseconds: UInt32 = 20_000

    /// The kernel gives the lock free when the process ends, however it ends. The file stays.
    private static func takeLock(directory: CInt, path: String) throws(SpoolError) -> Descriptor {
        let raw = unsafe openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw SpoolError.system(call: "open", path: path + "/lock", errno: errno) }
        let lock = Descriptor(raw)
        let deadline = ContinuousClock.now + lockPatience
        while flock(raw, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK else {
                throw SpoolError.system(call: "flock", path: path + "/lock", errno: errno)
            }
            guard ContinuousClock.now < deadline else {
                throw SpoolError.inUse(directory: path, holder: holder(raw))
            }
            usleep(lockPollMicroseconds)
        }
        let program = CommandLine.arguments.first?.split(separator: "/").last ?? "banriskd"
        let text = Array("\(program), process \(getpid())\n".utf8)
        guard ftruncate(raw, 0) == 0, unsafe pwrite(raw, text, text.count, 0) == text.count else {
            throw SpoolError.system(call: "write", path: path + "/lock", errno: errno)
        }
        return lock
    }

    private static func holder(_ lock: CInt) -> String {
        var text = [UInt8](repeating: 0, count: 256)
        // SAFETY: at most `count` bytes are written into the array.
        let count = unsafe pread(lock, &text, text.count, 0)
        let line = text.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? "another process" : String(decoding: line, as: UTF8.self)
    }

    /// For calls that name a file of the directory.
    var descriptorNumber: CInt { descriptor.raw }

    /// Gives the lock free before the directory itself.
    func unlock() { _ = flock(lock.raw, LOCK_UN) }

    func openFile(_ name: String, flags: CInt) throws(SpoolError) -> Descriptor {
        let raw = unsafe openat(descriptor.raw, name, flags | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw failure("open", name) }
        return Descriptor(raw)
    }

    /// Opens a segment for reading.
    func source(_ name: String) throws(SpoolError) -> SegmentSource {
        SegmentSource(try openFile(name, flags: O_RDONLY), path: "\(path)/\(name)")
    }

    /// Writes all of `bytes` at `offset` of `file`, whose name is for errors.
    func write(_ bytes: RawSpan, at offset: Int, to file: borrowing Descriptor, _ name: String) throws(SpoolError) {
        var done = 0
        while done < bytes.byteCount {
            let (count, code) = disk.write(file.raw, bytes.extracting(done...), offset + done)
            if count > 0 {
                done += count
            } else if code != EINTR {
                throw failure("write", name, count == 0 ? ENOSPC : code)
            }
        }
    }

    /// Sets the size of `file`, and gives back what is reserved behind it.
    func truncate(_ file: borrowing Descriptor, to size: Int, _ name: String) throws(SpoolError) {
        let code = disk.truncate(file.raw, size)
        guard code == 0 else { throw failure("ftruncate", name, code) }
    }

    /// Makes the bytes of `file` durable.
    func sync(_ file: borrowing Descriptor, _ name: String) throws(SpoolError) {
        let code = disk.sync(file.raw)
        guard code == 0 else { throw failure("fdatasync", name, code) }
    }

    /// Removes a file, if it is there.
    func remove(_ name: String) throws(SpoolError) {
        let code = disk.remove(descriptor.raw, name)
        guard code == 0 || code == ENOENT else { throw failure("unlink", name, code) }
    }

    /// Makes new and removed names durable.
    func sync() throws(SpoolError) {
        let code = disk.syncDirectory(descriptor.raw)
        guard code == 0 else { throw SpoolError.system(call: "fsync", path: path, errno: code) }
    }

    /// The first numbers of all segment files, ascending.
    func segmentNumbers() throws(SpoolError) -> [UInt64] { try Self.segmentNumbers(in: path) }

    /// The first numbers of all segment files of a directory, ascending; without its lock.
    static func segmentNumbers(in path: String) throws(SpoolError) -> [UInt64] {
        // SAFETY: the stream is closed before the function ends, and an entry's name is copied before the next is read.
        guard let stream = unsafe opendir(path) else {
            throw SpoolError.system(call: "opendir", path: path, errno: errno)
        }
        defer { unsafe _ = closedir(stream) }
        var numbers: [UInt64] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            if let number = Segment.first(name: name) { numbers.append(number) }
        }
        return numbers.sorted()
    }

    /// The failure of a system call on a file here.
    func failure(_ call: String, _ name: String, _ code: CInt = errno) -> SpoolError {
        .system(call: call, path: "\(path)/\(name)", errno: code)
    }
}
