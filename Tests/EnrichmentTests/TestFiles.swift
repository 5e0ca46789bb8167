import Foundation

/// Where test data stands, and files that a test makes.
enum TestFiles {
    static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// MaxMind's test databases: `BANRISK_MAXMIND_TEST_DATA`, or `../shared/data/maxmind-test` beside the package.
    static let maxMind: URL? = {
        let named = ProcessInfo.processInfo.environment["BANRISK_MAXMIND_TEST_DATA"].map { URL(filePath: $0) }
        let folder = named ?? packageRoot.appending(path: "../shared/data/maxmind-test").standardizedFileURL
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static var hasMaxMind: Bool { maxMind != nil }

    /// The real City database that `BANRISK_GEOLITE2` names.
    static let geoLite2 = ProcessInfo.processInfo.environment["BANRISK_GEOLITE2"]

    static func maxMind(_ name: String) throws -> String {
        guard let maxMind else { throw CocoaError(.fileNoSuchFile) }
        return maxMind.appending(path: name).path
    }

    static func demo(_ name: String) -> String { packageRoot.appending(path: "Config/demo/\(name).mmdb").path }

    /// Calls `body` with the path of a file of this content, which is removed behind it.
    @discardableResult
    static func with<R>(_ content: Data, named name: String = "test.mmdb", _ body: (String) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "banrisk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: name)
        try content.write(to: file)
        return try body(file.path)
    }
}
