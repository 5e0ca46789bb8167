internal import Glibc

/// An operator's file, open to be read once as a whole, in one state.
struct SourceFile: ~Copyable {
    private let descriptor: CInt
    /// As of the opening.
    private let state: FileState

    /// Why a file could not be read.
    enum Fault: Error, Equatable {
        case missing
        /// As errno(3) has it.
        case unreadable(CInt)
        case notAFile
        case tooLarge(bytes: Int)
        /// Somebody writes to it, or replaces it.
        case changing
    }

    /// How often, and every how many nanoseconds, it is looked whether a tick is over: one takes at most 10 ms.
    private static let looks = 50
    private static let lookNanoseconds = 1_000_000

    init(path: String, maximumBytes: Int) throws(Fault) {
        let opened = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw errno == ENOENT ? .missing : .unreadable(errno) }
        do throws(Fault) {
            state = try Self.settledState(opened, maximumBytes: maximumBytes)
        } catch {
            close(opened)
            throw error
        }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// The content.
    ///
    /// - Throws: also if the file has changed since it was opened: what was read may be of two contents.
    func read() throws(Fault) -> [UInt8] {
        var fault: Fault?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: state.bytes) { buffer, count in
            while count < buffer.count {
                // SAFETY: `read` writes at most as many bytes as are left behind the address that it gets.
                let got = unsafe Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { fault = .unreadable(errno) }
                if got <= 0 { break }
                count += got
            }
        }
        if let fault { throw fault }
        guard FileState(descriptor: descriptor) == state else { throw .changing }
        return bytes
    }

    /// The file's state, taken when the tick of the kernel's clock in which it last changed is over: so that any later
    /// change shows in its times.
    private static func settledState(_ file: CInt, maximumBytes: Int) throws(Fault) -> FileState {
        for _ in 0..<looks {
            var status = stat()
            // SAFETY: fstat(2) writes to `status` alone.
            guard unsafe fstat(file, &status) == 0 else { throw .unreadable(errno) }
            guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
            let state = FileState(status)
            guard state.bytes <= maximumBytes else { throw .tooLarge(bytes: state.bytes) }
            if state.changed != .now { return state }
            var pause = timespec(tv_sec: 0, tv_nsec: lookNanoseconds)
            // SAFETY: nanosleep(2) reads `pause` alone. Whether it was interrupted makes no difference.
            unsafe nanosleep(&pause, nil)
        }
        throw .changing
    }
}
