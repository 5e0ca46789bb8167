import Foundation
import Testing

@testable import Enrichment

@Suite struct DatabaseWatchTests {
    /// Changes of a database's file, each with whether it is one that must be reported.
    enum Change: CaseIterable {
        case none, read, overwrittenInPlace, overwrittenWithTheOldTime, replaced, removedAndReplaced, madeReadable
    }

    @Test(arguments: Change.allCases)
    func `each way to replace a file is noticed, and nothing else`(change: Change) throws {
        try TestFiles.with(Data("old".utf8)) { path in
            let file = URL(filePath: path)
            let other = file.deletingLastPathComponent().appending(path: "new")
            var watch = DatabaseWatch(paths: [path])
            let before = try #require(FileState(path: path))
            switch change {
            case .none: break
            case .read: _ = try Data(contentsOf: file)
            case .overwrittenInPlace: try overwrite(path, until: before)
            case .overwrittenWithTheOldTime:
                let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
                try overwrite(path, until: before)
                try FileManager.default.setAttributes([.modificationDate: try #require(date)], ofItemAtPath: path)
            case .replaced:
                try Data("new".utf8).write(to: other)
                #expect(rename(other.path, path) == 0)
            case .removedAndReplaced:
                try Data("new".utf8).write(to: other)
                try FileManager.default.removeItem(at: file)
                #expect(watch.poll() == [])
                #expect(rename(other.path, path) == 0)
            case .madeReadable: try changeMode(path, until: before)
            }
            let isChange = change != .none && change != .read
            #expect(watch.poll() == [])
            #expect(watch.poll() == (isChange ? [path] : []))
            #expect(watch.poll() == [])
        }
    }

    @Test func `a folder's databases count, those that come and go too, and nothing else in it`() throws {
        try TestFiles.with(Data("city".utf8), named: "city.mmdb") { path in
            let folder = URL(filePath: path).deletingLastPathComponent()
            var watch = DatabaseWatch(paths: [folder.path, folder.path + "/../nowhere"])
            try Data("text".utf8).write(to: folder.appending(path: "asn.mmdb.tmp"))
            #expect(watch.poll() == [])
            #expect(watch.poll() == [])
            let asn = folder.appending(path: "asn.mmdb")
            #expect(rename(asn.path + ".tmp", asn.path) == 0)
            #expect(watch.poll() == [])
            #expect(watch.poll() == [asn.path])
            try FileManager.default.removeItem(at: asn)
            for _ in 1..<DatabaseWatch.absentPolls { #expect(watch.poll() == []) }
            #expect(watch.poll() == [asn.path])
        }
    }

    @Test func `behind a symbolic link the file counts, be it that the link is set anew or that the file is replaced`()
        throws
    {
        try TestFiles.with(Data("old".utf8)) { path in
            let folder = URL(filePath: path).deletingLastPathComponent()
            let link = folder.appending(path: "current.mmdb").path
            try Data("new".utf8).write(to: folder.appending(path: "other.mmdb"))
            try Data("newer".utf8).write(to: folder.appending(path: "newer"))
            #expect(symlink("test.mmdb", link) == 0)
            var watch = DatabaseWatch(paths: [link])
            #expect(unlink(link) == 0)
            #expect(symlink("other.mmdb", link) == 0)
            #expect(watch.poll() == [])
            #expect(watch.poll() == [link])
            #expect(rename(folder.appending(path: "newer").path, folder.appending(path: "other.mmdb").path) == 0)
            #expect(watch.poll() == [])
            #expect(watch.poll() == [link])
        }
    }

    /// Writes as many bytes as are there, again while the clock of the file system has not moved on.
    private func overwrite(_ path: String, until before: FileState) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? file.close() }
        for _ in 0..<Self.tries where FileState(path: path) == before {
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data("new".utf8))
        }
    }

    private func changeMode(_ path: String, until before: FileState) throws {
        for _ in 0..<Self.tries where FileState(path: path) == before { #expect(chmod(path, 0o600) == 0) }
    }

    /// They take longer than a tick of that clock.
    private static let tries = 100_000
}
