import Glibc
import RiskModel

/// Writes a snapshot to a file, section by section.
struct SnapshotWriter: ~Copyable {
    private let file: CInt
    private let path: String
    private var sections: UInt32 = 0

    /// Makes the file, which must not be there.
    init(path: String, header: SnapshotHeader) throws(SnapshotError) {
        // SAFETY: the path is a C string for the length of the call.
        file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        self.path = path
        guard file >= 0 else { throw .system(call: "open", path: path, errno: errno) }
        try write(header.encoded.span)
    }

    deinit { if file >= 0 { close(file) } }

    mutating func write(part: UInt32, partition: UInt32, _ section: Span<UInt8>) throws(SnapshotError) {
        let header = SectionHeader(part: part, partition: partition, length: UInt64(section.count))
        try write(header.encoded(over: section).span)
        try write(section)
        sections += 1
    }

    /// Says that this is all, and makes it durable.
    mutating func finish() throws(SnapshotError) {
        let end = SectionHeader(part: SectionHeader.end, partition: sections, length: 0)
        try write(end.encoded(over: [UInt8]().span).span)
        guard fsync(file) == 0 else { throw .system(call: "fsync", path: path, errno: errno) }
    }

    private func write(_ bytes: Span<UInt8>) throws(SnapshotError) {
        var done = 0
        while done < bytes.count {
            // SAFETY: the kernel reads only the bytes of the span.
            let count = unsafe bytes.extracting(done...).withUnsafeBufferPointer {
                unsafe Glibc.write(file, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(call: "write", path: path, errno: count == 0 ? ENOSPC : errno) }
            done += count
        }
    }
}

/// A snapshot file that is read: its header, and where its sections stand. Sections are read and checked one by one.
struct SnapshotReader: ~Copyable, Sendable {
    struct Section: Sendable {
        var header: SectionHeader
        var offset: Int
        var checksum: UInt32
    }

    let header: SnapshotHeader
    let sections: [Section]
    private let file: CInt
    private let path: String

    /// Opens a file and finds its sections; a file without its end is damaged.
    init(path: String) throws(SnapshotError) {
        let file = try Self.open(path)
        do throws(SnapshotError) {
            let header = try Self.readHeader(file, path)
            let sections = try Self.findSections(file, path)
            self.init(header: header, sections: sections, file: file, path: path)
        } catch {
            close(file)
            throw error
        }
    }

    private init(header: SnapshotHeader, sections: [Section], file: CInt, path: String) {
        self.header = header
        self.sections = sections
        self.file = file
        self.path = path
    }

    private static func open(_ path: String) throws(SnapshotError) -> CInt {
        // SAFETY: the path is a C string for the length of the call.
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .system(call: "open", path: path, errno: errno) }
        return file
    }

    deinit { close(file) }

    /// The bytes of a section, checked.
    func read(_ section: Section) throws(SnapshotError) -> [UInt8] {
        let bytes = try Self.read(file, path, count: Int(section.header.length), at: section.offset)
        guard section.header.checksum(over: bytes.span) == section.checksum else {
            throw .damaged(path: path, detail: "checksum of \(bytes.count) bytes at \(section.offset)")
        }
        return bytes
    }

    /// The error for bytes whose checksum is right and that are no state all the same.
    func damaged(_ detail: String) -> SnapshotError { .damaged(path: path, detail: detail) }

    private static func readHeader(_ file: CInt, _ path: String) throws(SnapshotError) -> SnapshotHeader {
        let bytes = try read(file, path, count: SnapshotHeader.byteCount, at: 0)
        var reader = StateReader(bytes)
        let version: UInt32
        let header: SnapshotHeader
        do throws(StateFault) {
            guard try reader.read(UInt64.self) == SnapshotHeader.magic else { throw .invalid("a snapshot") }
            version = try reader.read()
            _ = try reader.read(UInt32.self)
            header = SnapshotHeader(seq: try reader.read(), hashSeed: try reader.read(), rules: try reader.read())
            let body = bytes.span.extracting(first: SnapshotHeader.byteCount - 4)
            // SAFETY: bytes have no padding.
            guard try reader.read(UInt32.self) == CRC32C.checksum(unsafe body.bytes) else {
                throw .invalid("a header")
            }
        } catch {
            throw .damaged(path: path, detail: "its header")
        }
        guard version == SnapshotHeader.version else { throw .unsupportedVersion(path: path, version: version) }
        return header
    }

    private static func findSections(_ file: CInt, _ path: String) throws(SnapshotError) -> [Section] {
        let size = Int(lseek(file, 0, SEEK_END))
        var sections: [Section] = []
        var offset = SnapshotHeader.byteCount
        while true {
            let bytes = try read(file, path, count: SectionHeader.byteCount, at: offset)
            offset += SectionHeader.byteCount
            var reader = StateReader(bytes)
            do throws(StateFault) {
                let header = SectionHeader(
                    part: try reader.read(), partition: try reader.read(), length: try reader.read())
                let section = Section(header: header, offset: offset, checksum: try reader.read())
                guard header.length <= UInt64(max(0, size - offset)) else { throw .truncated }
                if header.part == SectionHeader.end {
                    guard section.checksum == header.checksum(over: [UInt8]().span), header.partition == sections.count,
                        header.length == 0, offset == size
                    else { throw .invalid("the end") }
                    return sections
                }
                sections.append(section)
                offset += Int(header.length)
            } catch {
                throw .damaged(path: path, detail: "no section at \(offset - SectionHeader.byteCount)")
            }
        }
    }

    private static func read(_ file: CInt, _ path: String, count: Int, at offset: Int) throws(SnapshotError) -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            // SAFETY: `count - done` bytes from `done` on are within the array.
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(file, $0.baseAddress.map { unsafe $0 + done }, count - done, offset + done)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .system(call: "read", path: path, errno: errno) }
            guard got > 0 else { throw .damaged(path: path, detail: "it ends at \(offset + done)") }
            done += got
        }
        return bytes
    }
}
