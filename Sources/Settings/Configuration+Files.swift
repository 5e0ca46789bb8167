import RiskModel

extension Configuration {
    /// Log files that the daemon follows: an item of `files`.
    package struct FollowedFiles: Sendable, Hashable {
        /// Where files begin that are there when the daemon sees the path for the first time.
        package enum Start: Sendable, Hashable {
            case beginning, end
        }

        /// An absolute path without `.` and `..`; its components may have wildcards, and one before the last may be `**`.
        package var path: String
        package var start: Start
        /// Whether what a rotation had put aside before is read, too.
        package var readsRotated: Bool

        /// How many items there can be.
        package static let limit = 256
    }
}

extension Cursor {
    /// The items of `files`; each path stands once.
    func followedFiles() -> [Configuration.FollowedFiles] {
        var paths: Set<String> = []
        let items = items()
        if items.count > Configuration.FollowedFiles.limit {
            note(
                "\(label) has \(items.count) items; at most \(Configuration.FollowedFiles.limit) are possible: use wildcards"
            )
        }
        return items.compactMap { item in
            let files = item.section(Configuration.FollowedFiles.read)
            if let files, !paths.insert(files.path).inserted {
                item.note("\(JSONText.quote(files.path)) stands in \(label) twice; leave one out")
            }
            return files
        }
    }

    /// An absolute path that may have wildcards.
    fileprivate func pathPattern() -> String? {
        guard let text = text(limit: 4095) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard text.hasPrefix("/"), !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
            return expected("an absolute path without empty parts, . and .., such as /var/log/app/*.log")
        }
        guard parts.last != "**", parts.allSatisfy({ $0 == "**" || !$0.contains("**") }),
            parts.count(where: { $0 == "**" }) <= 1
        else { return expected("a path with at most one **, as a part of its own and not the last") }
        guard parts.allSatisfy({ $0.count(where: { $0 == "[" }) == $0.count(where: { $0 == "]" }) }) else {
            return expected("a path in which each [ has its ]")
        }
        return text
    }
}

extension Configuration.FollowedFiles {
    fileprivate static func read(_ section: Section) -> Self? {
        section.scope = " of an item in \"files\""
        let path = section.required("path", "an absolute path, such as /var/log/app/*.log")?.pathPattern()
        let start: Start? = section["from"]?.choice([("beginning", .beginning), ("end", .end)])
        let readsRotated = section["rotated"]?.flag()
        return path.map { Self(path: $0, start: start ?? .beginning, readsRotated: readsRotated ?? false) }
    }
}
