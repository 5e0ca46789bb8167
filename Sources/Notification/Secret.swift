internal import Glibc
internal import RiskModel
internal import Settings

/// Why a secret cannot be had.
struct SecretFault: Error {
    var why: String
}

/// Secrets, read whenever they are needed: one that is replaced holds from the next request on.
enum Secret {
    /// - Returns: the file's bytes without white space at the end, at least one.
    static func read(_ secret: Configuration.AlertSink.Secret, limit: Int) throws(SecretFault) -> [UInt8] {
        let path: String
        switch secret {
        case .file(let file): path = file
        case .credential(let name):
            // SAFETY: nothing in the process changes its environment; the text is copied.
            guard let folder = unsafe getenv("CREDENTIALS_DIRECTORY").map({ unsafe String(cString: $0) }) else {
                throw SecretFault(why: "there is no credential \(name); give it in the unit with LoadCredential=")
            }
            path = "\(folder)/\(name)"
        }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SecretFault(why: "the secret \(path) cannot be read: \(reason(errno))") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        // SAFETY: the kernel writes at most the array's length.
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw SecretFault(why: "the secret \(path) cannot be read: \(reason(errno))") }
        guard count <= limit else { throw SecretFault(why: "the secret \(path) is longer than \(limit) bytes") }
        bytes.removeSubrange(count...)
        while let last = bytes.last, [0x0a, 0x0d, 0x20, 0x09].contains(last) { bytes.removeLast() }
        guard !bytes.isEmpty else { throw SecretFault(why: "the secret \(path) is empty") }
        return bytes
    }
}

extension Timestamp {
    /// The wall clock.
    static var now: Timestamp {
        var time = timespec()
        // SAFETY: the call writes only into `time`.
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: max(0, Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000))
    }
}
