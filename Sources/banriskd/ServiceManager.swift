import Glibc
import Synchronization

/// Tells the service manager how the daemon stands (sd_notify(3)); nobody, where none asked to be told.
final class ServiceManager: Sendable {
    private let path: String?
    private let lastExtension = Mutex<ContinuousClock.Instant?>(nil)

    init() {
        // SAFETY: the environment's text is copied before anything could change it.
        path = unsafe getenv("NOTIFY_SOCKET").map { unsafe String(cString: $0) }
    }

    func ready() { send("READY=1\nSTATUS=running") }

    func stopping() { send("STOPPING=1\nSTATUS=writing what was received") }

    /// Asks for more time to start, at most once a second, and says why.
    func extendStart(_ why: String) {
        let isDue = lastExtension.withLock { last in
            if let last, ContinuousClock.now - last < .seconds(1) { return false }
            last = .now
            return true
        }
        if isDue { send("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=\(why)") }
    }

    private func send(_ text: String) {
        guard let path, path.utf8.count < 108 else { return }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        // A name that begins with @ is in the abstract name space (unix(7)).
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        // SAFETY: the name is shorter than the field; the kernel copies the address and the text before the call returns.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bytes = Array(text.utf8)
        unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe _ = sendto(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
