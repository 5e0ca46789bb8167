import Foundation

/// Where the programs and the repository's own files are.
enum Places {
    static let banrisk = program("banrisk")
    static let banriskd = program("banriskd")
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let demo = repository + "/Config/demo"

    /// Beside the test bundle, which is this process; else where SwiftPM puts a debug build.
    private static func program(_ name: String) -> String {
        let running =
            [try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")] + CommandLine.arguments
        var folders = running.compactMap { $0 }.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
        folders.append(repository + "/.build/debug")
        let found = folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
        guard let found else { fatalError("there is no \(name) beside the test bundle; swift build makes it") }
        return found
    }
}
