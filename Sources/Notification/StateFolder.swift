internal import Foundation
internal import Glibc

/// Why the state cannot be kept.
package enum NotifyFault: Error, Hashable, Sendable, CustomStringConvertible {
    case folder(path: String, errno: CInt)
    case file(path: String, errno: CInt)
    /// Another process delivers from this folder.
    case taken(path: String)
    /// Not a cursor: another program's file, or a damaged one.
    case malformed(path: String)
    /// So many sinks did not take everything.
    case left(Int)

    package var description: String {
        switch self {
        case .folder(let path, let code):
            "the folder \(path) cannot be used: \(reason(code)); make it, owned by this user, or name another with --state"
        case .file(let path, let code): "\(path) cannot be written: \(reason(code))"
        case .taken(let path):
            "another banrisk notify delivers from \(path); end it, or name another folder with --state"
        case .malformed(let path):
            "\(path) is no cursor of this release; move it away, and the sink begins as one that is new"
        case .left(let count): "\(count) sinks did not take everything; what is left is delivered next time"
        }
    }
}

/// What is remembered between two runs: each sink's cursor and dead letters, and a status for people.
///
/// A cursor is written to a file beside it, synced, moved into its place, and the folder is synced: after a crash there
/// is the old one or the new one, whole.
package struct StateFolder: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// Makes the folder where there is none, and takes it for this process, until that ends.
    package func take() throws(NotifyFault) {
        // SAFETY: the path is a C string for the length of the call.
        guard unsafe mkdir(path, 0o750) == 0 || errno == EEXIST else { throw .folder(path: path, errno: errno) }
        let descriptor = unsafe open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw .folder(path: path, errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw code == EWOULDBLOCK ? .taken(path: path) : .folder(path: path, errno: code)
        }
    }

    /// Whether a process has taken it.
    package var isTaken: Bool {
        let descriptor = unsafe open("\(path)/lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    func deadLetters(_ sink: String) -> String { "\(path)/\(sink).dead" }

    /// A sink's cursor; `nil` for one that was never seen.
    package func cursor(_ sink: String) throws(NotifyFault) -> AlertCursor? {
        let path = "\(path)/\(sink).cursor"
        guard let data = try Self.read(path) else { return nil }
        guard let cursor = try? JSONDecoder().decode(AlertCursor.self, from: data), cursor.isPlausible else {
            throw .malformed(path: path)
        }
        return cursor
    }

    package func write(_ cursor: AlertCursor, of sink: String) throws(NotifyFault) {
        try write(Self.encode(cursor), to: "\(sink).cursor", durably: true)
    }

    package var status: NotifyStatus? {
        guard let data = try? Self.read("\(path)/status.json") else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(NotifyStatus.self, from: data)
    }

    package func write(_ status: NotifyStatus) throws(NotifyFault) {
        try write(Self.encode(status), to: "status.json", durably: false)
    }

    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Values of these types have nothing that JSON cannot say.
        return (try? encoder.encode(value)).map { Array($0) } ?? []
    }

    /// `nil` where there is no such file.
    private static func read(_ path: String) throws(NotifyFault) -> Data? {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch CocoaError.fileReadNoSuchFile {
            return nil
        } catch {
            throw .file(path: path, errno: EIO)
        }
    }

    private func write(_ bytes: [UInt8], to name: String, durably: Bool) throws(NotifyFault) {
        let target = "\(path)/\(name)"
        let part = target + ".part"
        let descriptor = unsafe open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw .file(path: part, errno: errno) }
        // SAFETY: the kernel reads the array's own bytes. A short write means a full disk.
        let written = unsafe Glibc.write(descriptor, bytes, bytes.count)
        let isWhole = written == bytes.count && (!durably || fsync(descriptor) == 0)
        let code = written >= 0 && written < bytes.count ? ENOSPC : errno
        close(descriptor)
        guard isWhole else { throw .file(path: part, errno: code) }
        // SAFETY: both are C strings for the call.
        guard unsafe rename(part, target) == 0 else { throw .file(path: target, errno: errno) }
        guard durably else { return }
        let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .folder(path: path, errno: errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .folder(path: path, errno: errno) }
    }
}

extension AlertCursor {
    /// Whether the parts agree.
    fileprivate var isPlausible: Bool {
        id >= 0 && anchors.count <= Self.anchorLimit && anchors.last?.id ?? 0 == id
            && zip(anchors, anchors.dropFirst()).allSatisfy { $0.id < $1.id }
    }
}
