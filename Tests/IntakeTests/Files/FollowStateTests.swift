import Foundation
import TestSupport
import Testing

@testable import Intake

@Suite struct FollowStateTests {
    private let folder: LogFolder
    private var path: String { folder("files.state") }

    init() throws { folder = try LogFolder() }

    private func save() throws {
        let fingerprint = Fingerprint(seed: 42)
        let mark = fingerprint.mark(at: 1234, tail: [1, 2, 3])
        let track = FileTrack(
            session: 7, name: LogName("x.log"), identity: FileIdentity(device: 3, inode: 5), at: mark)
        track.know(Array("first line of some length, surely\nsecond\nthird".utf8), fingerprint)
        let copy = FileTrack(
            session: 8, name: LogName("é.log"), identity: FileIdentity(device: 1, inode: .max), at: mark, isCopy: true)
        try FollowState(seed: 42, patterns: ["/a", "/b*"], tracks: [track, copy]).save(path: path)
    }

    @Test func `what is saved is loaded`() throws {
        #expect(try FollowState.load(path: path) == nil)
        try save()
        let state = try #require(try FollowState.load(path: path))
        #expect(state.seed == 42 && state.patterns == ["/a", "/b*"] && state.tracks.count == 2)
        let track = state.tracks[0]
        #expect(track.session == 7 && track.name.name == "x.log" && track.identity.inode == 5)
        #expect(track.resume == 1234 && track.isUnmistakable && track.isFoundByInode && !track.isCopy)
        #expect(track.live == Fingerprint(seed: 42).mark(at: 1234, tail: [1, 2, 3]))
        #expect(state.tracks[1].isCopy && !state.tracks[1].isUnmistakable)
        #expect(!folder.exists("files.state.new"))
    }

    @Test func `every damage is noticed`() throws {
        try save()
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var random = SeededGenerator(seed: 1)
        for _ in 0..<300 {
            var bytes = whole
            if random.next() % 4 == 0 {
                bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &random))
            } else {
                bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            }
            try bytes.write(to: URL(fileURLWithPath: path))
            #expect(throws: FollowError.damagedState(path: path)) { try FollowState.load(path: path) }
        }
    }
}
