import Foundation
import Glibc

/// What is to be forgotten, one file each: there from before the first step until after the last.
struct IntentFolder: Sendable {
    let path: String

    private static let suffix = ".json"

    /// In order of their names; unfinished files are removed, since nothing was done for them yet.
    func all() throws(IntentError) -> [Forgetter.Intent] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        do {
            var intents: [Forgetter.Intent] = []
            for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
                if !name.hasSuffix(Self.suffix) {
                    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
                    continue
                }
                let data = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
                intents.append(try JSONDecoder().decode(Forgetter.Intent.self, from: data))
            }
            return intents
        } catch {
            throw IntentError(path: path, what: "read")
        }
    }

    /// Writes an intent down, durably.
    func put(_ intent: Forgetter.Intent) throws(IntentError) {
        // SAFETY: here and below, strings are C strings for the length of the call.
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST, let data = try? JSONEncoder().encode(intent) else {
            throw IntentError(path: path, what: "made")
        }
        let temporary = "\(path)/\(intent.tombstone).new"
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw IntentError(path: temporary, what: "made") }
        let bytes = Array(data)
        let isWritten = unsafe write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        Glibc.close(file)
        guard isWritten, unsafe rename(temporary, place(intent)) == 0, sync(path), sync(path + "/..") else {
            throw IntentError(path: temporary, what: "written")
        }
    }

    /// Removes an intent, durably: it names the account.
    func remove(_ intent: Forgetter.Intent) throws(IntentError) {
        guard unsafe unlink(place(intent)) == 0 || errno == ENOENT, sync(path) else {
            throw IntentError(path: place(intent), what: "removed")
        }
    }

    private func place(_ intent: Forgetter.Intent) -> String { "\(path)/\(intent.tombstone)\(Self.suffix)" }

    private func sync(_ path: String) -> Bool {
        let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { Glibc.close(folder) }
        return fsync(folder) == 0
    }
}

/// An intent cannot be read or written.
struct IntentError: Error, CustomStringConvertible {
    let path: String
    let what: String

    var description: String {
        "\(path) cannot be \(what): \(unsafe String(cString: strerror(errno))); the state directory must belong to this user"
    }
}
