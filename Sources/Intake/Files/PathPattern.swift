import Glibc

/// A path with wildcards, taken apart: the folders in which its files lie, and the pattern of their names.
///
/// A wildcard stands for any part of one name, as in glob(7), and not for a leading dot. `**` stands for any folders,
/// down to ``maximumDepth``; it does not go through symbolic links.
struct PathPattern: Sendable {
    /// How many folders `**` goes down.
    static let maximumDepth = 16

    let text: String
    /// The pattern of the files' names.
    let name: String
    private let folders: [String]

    /// - Parameter text: an absolute path.
    init(_ text: String) {
        self.text = text
        let components = text.split(separator: "/").map(String.init)
        name = components.last ?? ""
        folders = components.dropLast()
    }

    func matches(_ name: String) -> Bool { Self.matches(name, self.name) }

    /// Whether a rotation may have given this name to a file that matched.
    func matchesSibling(_ name: String) -> Bool { Self.matches(name, self.name + "[.-]*") }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        // SAFETY: both are C strings for the length of the call.
        unsafe fnmatch(pattern, name, FNM_PERIOD) == 0
    }

    private static func isLiteral(_ component: String) -> Bool {
        !component.contains { $0 == "*" || $0 == "?" || $0 == "[" || $0 == "\\" }
    }

    /// Calls `visit` with each folder in which files of the pattern may lie. `list` lists a folder that has to be looked
    /// through on the way.
    func forEachFolder(list: (String) -> FolderListing?, visit: (String) -> Void) {
        descend("", folders[...], depth: 0, list: list, visit: visit)
    }

    private func descend(
        _ path: String, _ rest: ArraySlice<String>, depth: Int, list: (String) -> FolderListing?,
        visit: (String) -> Void
    ) {
        guard let component = rest.first else { return visit(path.isEmpty ? "/" : path) }
        if component == "**" {
            descend(path, rest.dropFirst(), depth: 0, list: list, visit: visit)
            guard depth < Self.maximumDepth, let listing = list(path.isEmpty ? "/" : path) else { return }
            for entry in listing.entries where entry.isFolder && !entry.name.hasPrefix(".") {
                descend("\(path)/\(entry.name)", rest, depth: depth + 1, list: list, visit: visit)
            }
        } else if Self.isLiteral(component) {
            descend("\(path)/\(component)", rest.dropFirst(), depth: depth, list: list, visit: visit)
        } else if let listing = list(path.isEmpty ? "/" : path) {
            for entry in listing.entries where entry.mayBeFolder && Self.matches(entry.name, component) {
                descend("\(path)/\(entry.name)", rest.dropFirst(), depth: depth, list: list, visit: visit)
            }
        }
    }
}
