import Testing

@testable import Intake

@Suite struct PathPatternTests {
    private func folders(_ pattern: String) -> [String] {
        var found: [String] = []
        PathPattern(pattern).forEachFolder(list: list, visit: { found.append($0) })
        return found.sorted()
    }

    private func list(_ path: String) -> FolderListing? {
        guard let folder = TrustedPath.open(path) else { return nil }
        return FolderListing(path, folder)
    }

    @Test func `wildcards stand for parts of names, and two stars for folders at any depth`() throws {
        let folder = try LogFolder()
        for name in ["a", "a/x", "a/x/y", "b", ".c"] { try folder.makeFolder(name) }
        try folder.link("linked", to: folder("a"))
        #expect(folders(folder("a/*.log")) == [folder("a")])
        #expect(folders(folder("[ab]/x/app.log")) == [folder("a/x"), folder("b/x")])
        #expect(folders(folder("*/app.log")) == ["a", "b", "linked"].map { folder($0) })
        #expect(folders(folder("**/app.log")) == [folder.path] + ["a", "a/x", "a/x/y", "b"].map { folder($0) })
        #expect(folders("/*.log") == ["/"])
    }

    @Test func `names match as in the shell, and a rotation goes on behind the name`() {
        let pattern = PathPattern("/var/log/app*.log")
        #expect(pattern.matches("app.log") && pattern.matches("app-1.log") && !pattern.matches("app.log.1"))
        #expect(pattern.matchesSibling("app.log.1") && pattern.matchesSibling("app.log-20261121.gz"))
        #expect(!PathPattern("/var/log/*").matches(".hidden"))
    }

    @Test(arguments: [
        ("x.log", "x.log", false), ("x.log.1", "x.log", true), ("x.log.12.gz", "x.log", true), ("x.gz", "x", true),
        ("x.log-20261121", "x.log", false), ("x.log-20261121.gz", "x.log", true), ("x-1.log", "x-1.log", false),
        ("x.2026112109", "x", false), ("1", "1", false), (".1", ".1", false), ("x.log.12345", "x.log.12345", false),
    ])
    func `a name says what a rotation appended`(name: String, base: String, isPutAside: Bool) {
        #expect(LogName(name).base == base)
        #expect(LogName(name).isPutAside == isPutAside)
    }

    @Test func `a rotation keeps the stem`() {
        for name in ["auth.log.1", "auth-20261121.log", "auth.log.2.gz", "auth.log"] {
            #expect(LogName(name).stems.contains(LogName("auth.log.3").stem))
        }
        #expect(!LogName("b.log.1").stems.contains(LogName("a.log").stem))
    }
}
