import Testing

@testable import Settings

@Suite struct FollowedFilesTests {
    private func read(_ yaml: String) -> (files: [Configuration.FollowedFiles], faults: [String]) {
        let log = FaultLog(file: "banrisk.yaml")
        let files = Cursor.root(of: yaml, log: log)?.section { $0["files"]?.followedFiles() } ?? []
        do throws(ConfigurationFaults) {
            return (try log.result(files), [])
        } catch {
            return (files, error.faults.map { "\($0.line): \($0.message)" })
        }
    }

    @Test func `items have defaults`() {
        let read = read(
            """
            files:
              - path: /var/log/auth.log
              - {path: "/srv/**/app-*.log", from: end, rotated: true}
            """)
        #expect(read.faults.isEmpty)
        #expect(
            read.files == [
                .init(path: "/var/log/auth.log", start: .beginning, readsRotated: false),
                .init(path: "/srv/**/app-*.log", start: .end, readsRotated: true),
            ])
        #expect(self.read("files:").files.isEmpty)
    }

    @Test(arguments: [
        ("var/log/x", "absolute"), ("/var/../x", "absolute"), ("/var//x", "absolute"), ("/var/log/", "absolute"),
        ("/var/**", "at most one **"), ("/a/**/b/**/c", "at most one **"), ("/var/x**/y", "at most one **"),
        ("/var/log/[ab.log", "each [ has its ]"),
    ])
    func `a path that cannot be followed is refused`(path: String, what: String) {
        let faults = read("files: [{path: \"\(path)\"}]").faults
        #expect(faults.count == 1 && faults[0].contains(what))
    }

    @Test func `other mistakes are named with their place`() {
        let faults = read(
            """
            files:
              - from: start
              - {path: /a, rotate: true}
              - {path: /a}
            """
        ).faults
        #expect(faults.count == 4)
        #expect(faults[0].hasPrefix("2: the key \"path\" is missing of an item in \"files\""))
        #expect(faults.contains { $0.contains("\"from\" cannot be \"start\"") })
        #expect(
            faults.contains { $0.contains("unknown key \"rotate\" of an item in \"files\"; did you mean \"rotated\"?") }
        )
        #expect(faults.contains { $0 == "4: \"/a\" stands in \"files\" twice; leave one out" })
    }
}
