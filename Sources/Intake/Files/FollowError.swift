import Glibc

/// Why files cannot be followed. The description says the remedy.
package enum FollowError: Error, Equatable, Sendable {
    /// The state is not what was written.
    case damagedState(path: String)
    case system(call: String, path: String, errno: CInt)
}

extension FollowError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damagedState(let path):
            "the state of the followed files, \(path), is damaged or of a newer version; mend the disk and restore it, or "
                + "move it away: then every followed file is read from its beginning again"
        case .system(let call, let path, let code):
            // SAFETY: strerror returns a C string that stays valid until this thread's next call of it.
            "\(call) failed for \(path): \(unsafe String(cString: strerror(code))) (errno \(code)); it must be writable "
                + "and the disk must have room"
        }
    }
}
