/// Files that are followed: one entry of the configuration's `files`.
package struct FollowedPath: Sendable, Hashable {
    /// Where a file begins that is there when the daemon sees the entry for the first time.
    package enum Start: Sendable, Hashable {
        case beginning
        /// Behind what the file holds then; files that come later are read from their beginning all the same.
        case end
    }

    /// An absolute path; its components may have the wildcards of glob(7), and one may be `**`.
    package var pattern: String
    package var start: Start
    /// Whether files that a rotation has put aside (`x.log.1`, `x.log.2.gz`) are read as well if nothing of them was. If
    /// not, only the rest of what was being followed is read from them.
    package var readsRotated: Bool

    package init(pattern: String, start: Start = .beginning, readsRotated: Bool = false) {
        self.pattern = pattern
        self.start = start
        self.readsRotated = readsRotated
    }
}
