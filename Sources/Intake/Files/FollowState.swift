import Glibc
import RiskModel

/// What is remembered of the followed files from one run to the next: a small file, replaced as a whole.
///
/// Layout, little-endian: the magic number, the version, the fingerprints' seed, the patterns seen so far, the tracks, and
/// a CRC-32C of all before it. It holds no content of the files, only keyed hashes of some of it.
struct FollowState {
    var seed: UInt64
    /// The patterns of entries whose files were looked for.
    var patterns: Set<String>
    var tracks: [FileTrack]

    private static let magic: UInt64 = 0x776f_6c6c_6f66_7262  // "brfollow"
    private static let version: UInt32 = 1
    private static let maximumBytes = 64 << 20

    // MARK: Reading

    /// - Returns: `nil` where there is no state yet.
    static func load(path: String) throws(FollowError) -> FollowState? {
        guard let bytes = try read(path) else { return nil }
        do throws(StateFault) {
            return try decode(bytes)
        } catch {
            throw .damagedState(path: path)
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(StateFault) -> FollowState {
        guard bytes.count > 4 else { throw .truncated }
        let body = Array(bytes.dropLast(4))
        var trailer = StateReader(Array(bytes.suffix(4)))
        // SAFETY: bytes have no padding.
        guard try trailer.read(UInt32.self) == CRC32C.checksum(unsafe body.span.bytes) else {
            throw .invalid("a checksum")
        }
        var reader = StateReader(body)
        guard try reader.read(UInt64.self) == magic else { throw .invalid("a state of followed files") }
        guard try reader.read(UInt32.self) == version else { throw .invalid("a version") }
        var state = FollowState(seed: try reader.read(), patterns: [], tracks: [])
        for _ in 0..<(try reader.readCount(bytesEach: 4)) { state.patterns.insert(try reader.readString()) }
        for _ in 0..<(try reader.readCount(bytesEach: 70)) { state.tracks.append(try readTrack(&reader)) }
        try reader.finish()
        return state
    }

    private static func readTrack(_ reader: inout StateReader) throws(StateFault) -> FileTrack {
        let session: UInt64 = try reader.read()
        let name = LogName(try reader.readString())
        let identity = FileIdentity(device: try reader.read(), inode: try reader.read())
        let key: UInt64 = try reader.read()
        let head = Fingerprint.Mark(offset: try reader.read(), hash: try reader.read())
        let mark = Fingerprint.Mark(offset: try reader.read(), hash: try reader.read())
        let hasTwoLines = try reader.readBool()
        guard session != 0, head.offset <= Fingerprint.headBytes else { throw .invalid("a followed file") }
        let track = FileTrack(
            session: session, name: name, identity: identity, at: mark, isCopy: try reader.readBool())
        track.restore(key: key, head: head, hasTwoLines: hasTwoLines)
        return track
    }

    private static func read(_ path: String) throws(FollowError) -> [UInt8]? {
        // SAFETY: the path is a C string for the length of the call.
        let raw = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if raw < 0, errno == ENOENT { return nil }
        guard raw >= 0 else { throw .system(call: "open", path: path, errno: errno) }
        let file = Descriptor(raw)
        guard let size = FileStatus(descriptor: raw)?.size, size <= maximumBytes else {
            throw .damagedState(path: path)
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var done = 0
        while done < bytes.count {
            // SAFETY: `count - done` bytes from `done` on are within the array.
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(file.raw, $0.baseAddress.map { unsafe $0 + done }, $0.count - done, done)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(call: "read", path: path, errno: errno) }
            guard count > 0 else { throw .damagedState(path: path) }
            done += count
        }
        return bytes
    }

    // MARK: Writing

    /// Replaces the file. When this returns, the new state is on disk.
    func save(path: String) throws(FollowError) {
        let temporary = path + ".new"
        // SAFETY: paths are C strings for the length of the calls, and the array is written as far as it goes.
        let raw = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard raw >= 0 else { throw .system(call: "open", path: temporary, errno: errno) }
        let file = Descriptor(raw)
        let bytes = encoded()
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe write(file.raw, $0.baseAddress.map { unsafe $0 + done }, $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(call: "write", path: temporary, errno: errno) }
            done += count
        }
        guard fsync(file.raw) == 0 else { throw .system(call: "fsync", path: temporary, errno: errno) }
        guard unsafe rename(temporary, path) == 0 else { throw .system(call: "rename", path: path, errno: errno) }
        try Self.syncFolder(of: path)
    }

    private func encoded() -> [UInt8] {
        var writer = StateWriter()
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(seed)
        writer.write(count: patterns.count)
        for pattern in patterns.sorted() { writer.write(pattern) }
        writer.write(count: tracks.count)
        for track in tracks {
            writer.write(track.session)
            writer.write(track.name.name)
            writer.write(track.identity.device)
            writer.write(track.identity.inode)
            writer.write(track.key)
            for mark in [track.head, track.durable] {
                writer.write(mark.offset)
                writer.write(mark.hash)
            }
            writer.write(track.hasTwoLines)
            writer.write(track.isCopy)
        }
        // SAFETY: bytes have no padding.
        writer.write(CRC32C.checksum(unsafe writer.bytes.span.bytes))
        return writer.bytes
    }

    private static func syncFolder(of path: String) throws(FollowError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        // SAFETY: the path is a C string for the length of the call.
        let raw = unsafe open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw .system(call: "open", path: folder, errno: errno) }
        let descriptor = Descriptor(raw)
        guard fsync(descriptor.raw) == 0 else { throw .system(call: "fsync", path: folder, errno: errno) }
    }
}
