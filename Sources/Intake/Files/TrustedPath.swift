import Glibc

/// Opens paths without being led astray: others' symbolic links are not followed.
///
/// Each component is opened by itself, below the one before, and a link's target is read from the very link whose owner was
/// looked at. So nobody can put another link there in between.
enum TrustedPath {
    /// Links on one path, as in the kernel.
    private static let maximumLinks = 40
    private static let pathOnly: CInt = 0o10000000  // O_PATH, open(2); Glibc's module leaves it out.

    /// Opens a file or a folder, but not for reading: to close such a descriptor drops no lock of the process.
    ///
    /// A link on the way must belong to root or to the daemon's user; one that stands for the file itself may belong to the
    /// file's owner, too.
    ///
    /// - Parameter path: an absolute path.
    /// - Returns: `nil` where there is nothing, or nothing that may be looked at; `errno` says why, ELOOP where a link
    ///   belongs to somebody else.
    static func open(_ path: String) -> Descriptor? {
        guard var place = open("/", below: AT_FDCWD) else { return nil }
        var rest = components(path)
        var links = 0
        /// Owners of the last component's links.
        var owners: Set<UInt32> = []
        while let name = rest.popLast() {
            guard let next = open(name, below: place.raw), let status = FileStatus(descriptor: next.raw) else {
                return nil
            }
            guard status.isSymbolicLink else {
                place = next
                continue
            }
            links += 1
            let isTrusted = [0, geteuid()].contains(status.owner)
            guard links <= maximumLinks, isTrusted || rest.isEmpty else { return refuse() }
            if !isTrusted { owners.insert(status.owner) }
            guard let target = target(of: next.raw) else { return nil }
            if target.hasPrefix("/") {
                guard let root = open("/", below: AT_FDCWD) else { return nil }
                place = root
            }
            rest += components(target)
        }
        if !owners.isEmpty {
            guard let status = FileStatus(descriptor: place.raw) else { return nil }
            guard status.isRegular, owners == [status.owner] else { return refuse() }
        }
        return place
    }

    /// The names in a path, the last one first.
    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").reversed().map(String.init)
    }

    private static func refuse() -> Descriptor? {
        errno = ELOOP
        return nil
    }

    private static func open(_ name: String, below folder: CInt) -> Descriptor? {
        // SAFETY: the name is a C string for the length of the call.
        let raw = unsafe openat(folder, name, pathOnly | O_NOFOLLOW | O_CLOEXEC)
        return raw >= 0 ? Descriptor(raw) : nil
    }

    private static func target(of link: CInt) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        // SAFETY: the call writes at most as many bytes as the array has; an empty name stands for the link itself.
        let count = unsafe readlinkat(link, "", &target, target.count)
        guard count > 0, count < target.count else { return nil }
        return String(validating: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Where an open file or folder lies, by the one path that goes through no link; `nil` without /proc.
    static func resolved(_ raw: CInt) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        // SAFETY: the call writes at most as many bytes as the array has.
        let count = unsafe readlink("/proc/self/fd/\(raw)", &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
