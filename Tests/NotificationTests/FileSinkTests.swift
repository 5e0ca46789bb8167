import Foundation
import Glibc
import Testing

@testable import Notification

@Suite struct FileSinkTests {
    private func messages(_ ids: ClosedRange<Int>) -> [AlertMessage] { ids.map { AlertMessage(.sample($0)) } }

    private func numbers(_ lines: [String]) -> [Int] {
        lines.map { (try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["id"] as? Int ?? -1 }
    }

    @Test func `A file that is moved away is begun anew, and no line is lost`() throws {
        let folder = try Folder()
        let sink = FileSink(path: folder("alerts"), tellsNames: true)
        #expect(sink.deliver(messages(1...3)) == .done)
        rename(folder("alerts"), folder("alerts.1"))
        #expect(sink.deliver(messages(4...5)) == .done)
        #expect(numbers(folder.lines("alerts.1")) == [1, 2, 3])
        #expect(numbers(folder.lines("alerts")) == [4, 5])
    }

    @Test func `A new file is for owner and group, whatever the process's mask`() throws {
        let folder = try Folder()
        #expect(FileSink(path: folder("alerts"), tellsNames: true).deliver(messages(1...1)) == .done)
        let mode = try FileManager.default.attributesOfItem(atPath: folder("alerts"))[.posixPermissions] as? Int
        #expect(mode == 0o640)
    }

    @Test(arguments: ["{", "{\"key\":\"abc", "{\"key\":\"abc\",\"id\":7}"])
    func `A line that a crash cut short is taken back`(torn: String) throws {
        let folder = try Folder()
        #expect(FileSink(path: folder("alerts"), tellsNames: true).deliver(messages(1...1)) == .done)
        _ = try folder.write(folder.text("alerts") + torn, to: "alerts")
        #expect(FileSink(path: folder("alerts"), tellsNames: true).deliver(messages(2...2)) == .done)
        #expect(numbers(folder.lines("alerts")) == [1, 2])
    }

    @Test func `What others wrote stays`() throws {
        let folder = try Folder()
        _ = try folder.write("a note without an end", to: "alerts")
        #expect(FileSink(path: folder("alerts"), tellsNames: true).deliver(messages(2...2)) == .done)
        #expect(folder.lines("alerts").first == "a note without an end")
        #expect(numbers(Array(folder.lines("alerts").dropFirst())) == [2])
    }

    @Test func `A link, a pipe or a folder in its place is refused, and does not hold it up`() throws {
        let folder = try Folder()
        symlink(folder("elsewhere"), folder("link"))
        mkfifo(folder("pipe"), 0o600)
        mkdir(folder("folder"), 0o700)
        for name in ["link", "pipe", "folder", "missing/alerts"] {
            guard case .failed = FileSink(path: folder(name), tellsNames: true).deliver(messages(1...1)) else {
                Issue.record("\(name) was written")
                continue
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder("elsewhere")))
    }
}
