/// What a follower has done since it was made, and how it stands.
package struct FollowStatistics: Sendable, Equatable {
    /// Files that are followed now.
    package var files = 0
    /// Of these, files that are looked at by the clock, since the system has no room for more watches.
    package var polledFiles = 0
    /// Files that match and are not followed, because there are too many.
    package var ignoredFiles = 0
    /// Files that are open now.
    package var openFiles = 0
    /// Bytes that the followed files hold and that were not read; of compressed files, compressed bytes.
    package var lagBytes = 0
    /// Bytes of lines read, newlines included; of compressed files, what was decompressed.
    package var bytes = 0
    /// Frames that the sink took, of all kinds; those included that it had already.
    package var frames = 0
    /// Frames cut because their line was too long.
    package var oversized = 0
    /// Frames whose line had no newline when its file was put aside.
    package var unterminated = 0
    /// How often a followed file got another name, or lost its last one.
    package var rotations = 0
    /// How often a followed file was cut short or overwritten, and was begun again.
    package var truncations = 0
    /// Files that were known again under another inode: copies before a truncation, and compressed ones.
    package var recognized = 0
    /// Files that cannot be read now, for want of rights, or because they are damaged.
    package var faults = 0
    /// How often the state could not be written; nothing new is begun until it is.
    package var failedSaves = 0
}

/// Something that the log should say, once.
package enum FollowNotice: Sendable, Equatable, CustomStringConvertible {
    /// The path is quoted: whoever names files could write to a terminal otherwise.
    case unreadable(path: String, why: String)
    case tooManyFiles(limit: Int)
    case noWatches
    case cannotSave(why: String)
    case saves

    package var description: String {
        switch self {
        case .unreadable(let path, let why): "the followed file \(path) is not read: \(why)"
        case .tooManyFiles(let limit):
            "more than \(limit) files match what is to be followed; the others are left out: name fewer, or remove old ones"
        case .noWatches:
            "the system has no room for more inotify watches: some files are looked at by the clock, some 500 ms later; "
                + "raise fs.inotify.max_user_watches and fs.inotify.max_user_instances"
        case .cannotSave(let why): "no file is read further for want of a saved place: \(why)"
        case .saves: "the places in followed files are saved again"
        }
    }
}
