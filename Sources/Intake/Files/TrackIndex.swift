/// Finds tracks by what their content begins with and by their names, and by their inodes: of many files, each is
/// compared with the few that it may have to do with.
struct TrackIndex {
    private struct Beginning: Hashable {
        var key: UInt64
        var stem: String
    }

    private var beginnings: [Beginning: [FileTrack]] = [:]
    private var inodes: [UInt64: [FileTrack]] = [:]

    mutating func add(_ track: FileTrack) {
        if track.isFoundByInode { inodes[track.identity.inode, default: []].append(track) }
        if track.key != 0 { beginnings[Beginning(key: track.key, stem: track.name.stem), default: []].append(track) }
    }

    /// Tracks that were this inode's in an earlier run.
    func hinted(_ inode: UInt64) -> [FileTrack] { inodes[inode]?.filter(\.isFoundByInode) ?? [] }

    /// Tracks whose content begins so and may be continued under the name; those whose name has the most in common first.
    func alike(_ key: UInt64, _ name: LogName) -> [FileTrack] {
        guard key != 0 else { return [] }
        return name.stems.reversed().flatMap { beginnings[Beginning(key: key, stem: $0)] ?? [] }
    }
}
