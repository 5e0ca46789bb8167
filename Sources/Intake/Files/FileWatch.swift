import Glibc

/// Tells when folders and files change, by inotify(7), as far as the system lets it.
final class FileWatch {
    /// What has changed.
    struct Change {
        /// What ``watch(folder:)`` or ``watch(file:)`` gave.
        var watch: CInt
        /// A name came, went or moved, not only content.
        var isOfNames: Bool
    }

    private var descriptor: Descriptor?
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    /// Whether something went unseen since the last ``read(_:)``: everything has to be looked at.
    private(set) var hasOverflown = false

    /// Without inotify (fs.inotify.max_user_instances) there is a watch that tells nothing.
    init() {
        let raw = inotify_init1(CInt(IN_NONBLOCK) | CInt(IN_CLOEXEC))
        descriptor = raw >= 0 ? Descriptor(raw) : nil
    }

    /// Readable when something has changed.
    var raw: CInt? { descriptor?.raw }

    /// - Returns: `nil` where the system has no room for more watches (fs.inotify.max_user_watches).
    func watch(folder path: String) -> CInt? {
        add(
            path,
            UInt32(IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB))
    }

    /// By descriptor: a name may be another file's by now.
    func watch(file: CInt) -> CInt? {
        add("/proc/self/fd/\(file)", UInt32(IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF))
    }

    private func add(_ path: String, _ mask: UInt32) -> CInt? {
        guard let raw = descriptor?.raw else { return nil }
        // SAFETY: the path is a C string for the length of the call.
        let watch = unsafe inotify_add_watch(raw, path, mask)
        return watch >= 0 ? watch : nil
    }

    func remove(_ watch: CInt) {
        if let raw = descriptor?.raw { _ = inotify_rm_watch(raw, watch) }
    }

    /// Reports what has changed since the last time, at most one buffer of it: the rest is readable again.
    func read(_ report: (Change) -> Void) {
        hasOverflown = false
        guard let raw = descriptor?.raw else { return }
        // SAFETY: the kernel writes at most the array's size into it.
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(raw, $0.baseAddress, $0.count) }
        var offset = 0
        let header = MemoryLayout<inotify_event>.size
        while offset + header <= count {
            // SAFETY: the kernel has written whole events, each a header and so many bytes of name.
            let event = unsafe buffer.withUnsafeBytes {
                unsafe $0.loadUnaligned(fromByteOffset: offset, as: Header.self)
            }
            offset += header + Int(event.nameBytes)
            if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                hasOverflown = true
            } else {
                let content = UInt32(IN_MODIFY | IN_CLOSE_WRITE)
                report(Change(watch: event.watch, isOfNames: event.mask & ~content != 0))
            }
        }
    }

    /// inotify_event without the name behind it.
    private struct Header: BitwiseCopyable {
        var watch: CInt
        var mask: UInt32
        var cookie: UInt32
        var nameBytes: UInt32
    }
}
