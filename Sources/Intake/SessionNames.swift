import Glibc
import RiskModel

/// What the spool calls the sessions of senders.
///
/// Senders choose their numbers, or these follow from what is no secret. So that nobody can pass for another and have his lines taken
/// for repeats, a session is named by the sender's user and by a secret of the installation, too.
package struct SessionNames: Sendable {
    /// `nil`: numbers stay as they are.
    private let hash: KeyHash?

    /// Numbers stay as they are, whoever sends.
    package static let plain = SessionNames(hash: nil)

    private init(hash: KeyHash?) { self.hash = hash }

    package init(secret: UInt64) { hash = KeyHash(seed: secret) }

    /// Reads the secret from a file, which is made where it is not there: 8 bytes, for this user alone.
    ///
    /// Whoever loses it loses no line, but senders that go on after an interruption send again what is on disk already, and what
    /// has no `id` counts twice.
    package init(path: String) throws(IntakeError) {
        let readable = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if readable >= 0 {
            let file = Descriptor(readable)
            var secret: UInt64 = 0
            // SAFETY: the kernel writes the eight bytes of `secret`.
            guard unsafe read(file.raw, &secret, 8) == 8 else {
                throw IntakeError(call: "read", path: path, errno: EIO)
            }
            self.init(secret: secret)
            return
        }
        guard errno == ENOENT else { throw IntakeError(call: "open", path: path, errno: errno) }
        // Renamed into place when it is whole: a process killed in between begins anew.
        let unfinished = path + ".new"
        let made = unsafe open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard made >= 0 else { throw IntakeError(call: "open", path: unfinished, errno: errno) }
        let file = Descriptor(made)
        var secret = UInt64.random(in: .min ... .max)
        // SAFETY: the kernel reads the eight bytes of `secret`, and both paths are C strings for the length of the call.
        guard unsafe write(file.raw, &secret, 8) == 8, fsync(file.raw) == 0, unsafe rename(unfinished, path) == 0 else {
            throw IntakeError(call: "write", path: path, errno: errno)
        }
        try Self.sync(folderOf: path)
        self.init(secret: secret)
    }

    /// A name that a power cut undoes would number all sessions anew, and what their senders repeat would count twice.
    private static func sync(folderOf path: String) throws(IntakeError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        // SAFETY: the path is a C string for the length of the call.
        let raw = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw IntakeError(call: "open", path: folder, errno: errno) }
        let descriptor = Descriptor(raw)
        guard fsync(descriptor.raw) == 0 else { throw IntakeError(call: "fsync", path: folder, errno: errno) }
    }

    /// The name of a user's session; never 0, which is none.
    func name(_ session: UInt64, of user: UInt32?) -> UInt64 {
        guard let hash, session != 0 else { return session }
        return max(1, hash.hash(session, UInt64(user ?? .max)))
    }
}
