import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Enrichment

@Suite struct SourceFileTests {
    @Test(arguments: [0, 1, 100_000])
    func `what is read is the file`(count: Int) throws {
        let content = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 * $0) })
        try TestFiles.with(content) { path in
            let read = try SourceFile(path: path, maximumBytes: 100_000).read()
            #expect(read == [UInt8](content))
        }
    }

    @Test func `what cannot be read is refused for its reason, and a pipe without waiting for a writer`() throws {
        try TestFiles.with(Data(count: 11)) { path in
            func open(_ path: String) throws(SourceFile.Fault) { _ = try SourceFile(path: path, maximumBytes: 10) }
            let pipe = path + "-pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(throws: SourceFile.Fault.missing) { try open(path + "x") }
            #expect(throws: SourceFile.Fault.notAFile) { try open(pipe) }
            #expect(throws: SourceFile.Fault.tooLarge(bytes: 11)) { try open(path) }
        }
    }

    @Test(arguments: [
        "overwritten", "overwritten and given its old time", "cut", "cut to nothing", "longer", "replaced",
    ])
    func `a file that is changed after it was opened is refused, to be tried again`(how: String) throws {
        try TestFiles.with(Data(repeating: 1, count: 10_000)) { path in
            let source = try SourceFile(path: path, maximumBytes: 20_000)
            let file = try FileHandle(forUpdating: URL(filePath: path))
            let date = try #require(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate])
            switch how {
            case "overwritten": try file.write(contentsOf: Data([2]))
            case "overwritten and given its old time":
                try file.write(contentsOf: Data([2]))
                try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
            case "cut": try file.truncate(atOffset: 9_999)
            case "cut to nothing": try file.truncate(atOffset: 0)
            case "longer": try file.truncate(atOffset: 10_001)
            default: try Data([2]).write(to: URL(filePath: path), options: .atomic)
            }
            #expect(throws: SourceFile.Fault.changing) { _ = try source.read() }
        }
    }

    /// The times of a file move on by ticks of some milliseconds.
    @Test func `a change at once behind the one before is noticed like any other`() throws {
        try TestFiles.with(Data(repeating: 1, count: 100)) { path in
            let file = open(path, O_WRONLY)
            defer { close(file) }
            for byte in 0..<100 as Range<UInt8> {
                #expect(pwrite(file, [byte], 1, 0) == 1)
                let source = try SourceFile(path: path, maximumBytes: 100)
                #expect(pwrite(file, [byte], 1, 1) == 1)
                #expect(throws: SourceFile.Fault.changing) { _ = try source.read() }
            }
        }
    }

    /// The writer tears the file in all ways at once; the reader must get an error or a database, and never a signal.
    @Test(arguments: ["overwriting", "cutting and writing again"])
    func `a database that somebody keeps writing in place never ends the process, and is read when he is done`(
        how: String
    ) throws {
        let contents = try ["city", "asn"].map { try Data(contentsOf: URL(filePath: TestFiles.demo($0))) }
        try TestFiles.with(contents[0]) { path in
            let isEnough = Mutex(false)
            let start = Gate()
            let isWritten = Gate()
            let writer = Thread {
                defer { isWritten.open() }
                let file = open(path, O_WRONLY)
                defer { close(file) }
                start.open()
                var generator = SeededGenerator(seed: 31)
                while !isEnough.withLock({ $0 }) {
                    let content = generator.pick(contents)
                    if how != "overwriting" { _ = ftruncate(file, 0) }
                    for offset in stride(from: 0, to: content.count, by: 97) {
                        let piece = content[offset..<min(offset + 97, content.count)]
                        _ = piece.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, offset) }
                    }
                    _ = ftruncate(file, off_t(content.count))
                }
                _ = ftruncate(file, 0)
                _ = contents[1].withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
            }
            writer.start()
            start.pass()
            var refused = 0
            while refused < 20 {
                do throws(DatabaseError) {
                    let database = try GeoDatabase(path: path)
                    for address in database.sample(limit: 64) { _ = database.place(of: address) }
                } catch {
                    switch error {
                    case .changedWhileRead, .malformed, .unknownType, .unsupportedFormat: refused += 1
                    default: throw error
                    }
                }
            }
            isEnough.withLock { $0 = true }
            isWritten.pass()
            #expect(try GeoDatabase(path: path).kind == .asn)
        }
    }
}
