/// How many more files may be followed: half of all there may be are for whoever comes first, the other half is shared evenly
/// among the configured paths. So who may make files in one folder cannot take all the room.
struct FileRoom {
    private let share: Int
    /// What of the common half is left.
    private var common: Int
    private var counts: [String: Int] = [:]

    /// - Parameters:
    ///   - files: how many there may be.
    ///   - paths: how many paths are configured.
    ///   - taken: the paths of the files that are followed now.
    init(files: Int, paths: Int, taken: some Sequence<String>) {
        share = (files + 1) / 2 / max(1, paths)
        common = files - share * max(1, paths)
        for path in taken { _ = take(path) }
    }

    /// - Returns: whether there is room for one more file of the path.
    mutating func take(_ path: String) -> Bool {
        if counts[path, default: 0] >= share {
            if common <= 0 { return false }
            common -= 1
        }
        counts[path, default: 0] += 1
        return true
    }
}
