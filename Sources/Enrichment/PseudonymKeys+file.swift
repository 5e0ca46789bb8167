import Glibc

extension PseudonymKeys {
    /// More is no key file.
    private static let maximumBytes = 65_536

    /// Reads a key file that nobody may read but its owner and, where that is allowed, its group.
    ///
    /// - Throws: a fault of the file as a whole, or every fault of its lines.
    package init(path: String) throws(PseudonymKeyFaults) {
        func fault(_ message: String) -> PseudonymKeyFaults { .init(faults: ["\(path): \(message)"]) }
        // SAFETY: the path is a C string for the length of the call; fstat and read write only into what they are given.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else {
            let code = errno
            throw fault(
                code == ENOENT
                    ? "there is no such key file; make one with: banrisk pseudonym --new-key"
                    : "the key file cannot be opened: \(unsafe String(cString: strerror(code)))")
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw fault("a key file is a regular file")
        }
        guard status.st_mode & 0o037 == 0 else {
            throw fault("others may read the keys, or the group may change them; chmod 0400")
        }
        var bytes = [UInt8](repeating: 0, count: Self.maximumBytes + 1)
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe read(file, $0.baseAddress.map { unsafe $0 + count }, $0.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw fault("the key file cannot be read") }
            if got == 0 { break }
            count += got
        }
        guard count <= Self.maximumBytes, let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
            throw fault("a key file is text of at most 64 KiB")
        }
        try self.init(parsing: text, file: path)
    }
}
