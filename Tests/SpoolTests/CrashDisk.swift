import Glibc
import TestSupport
@testable import Spool

/// A disk that knows what is synced and what only the kernel holds, fails at random, and can die at any call.
///
/// After ``die(after:)`` the machine or the process is gone in the middle of a call. What a process leaves is all
/// that it has written; what a machine leaves is what was synced, and of the rest any 512-byte sectors, any size in
/// between, and any of the names that were made or removed since the directory was synced.
///
/// The files are real, so that the spool reads what the kernel would show.
final class CrashDisk: @unchecked Sendable {  // because one thread uses it
    private struct File {
        /// What the disk holds.
        var synced: [UInt8] = []
        /// What the kernel shows.
        var current: [UInt8] = []
        /// Sectors that the kernel still has to write.
        var dirty: Set<Int> = []

        static let sectorBytes = 512

        mutating func touch(_ range: Range<Int>) {
            for sector in range.lowerBound / Self.sectorBytes...max(range.lowerBound, range.upperBound - 1)
                / Self.sectorBytes
            {
                dirty.insert(sector)
            }
        }

        /// The disk's contents once `sectors` have reached it, in a file of `size` bytes.
        func image(_ sectors: Set<Int>, size: Int) -> [UInt8] {
            var image = Array(synced.prefix(size))
            image += [UInt8](repeating: 0, count: size - image.count)
            for sector in sectors {
                let low = sector * Self.sectorBytes
                let high = min(low + Self.sectorBytes, size, current.count)
                if low < high { image.replaceSubrange(low..<high, with: current[low..<high]) }
            }
            return image
        }
    }

    /// What has happened, so that a test can tell that it tests something.
    private(set) var failedSyncs = 0
    private(set) var failedWrites = 0
    private(set) var lostSectors = 0
    private(set) var isDead = false
    /// Called when the disk dies.
    var onDeath: () -> Void = {}

    private let folder: TemporaryFolder
    private let faultsPerThousand: Int
    private var random: SeededGenerator
    private var callsToLive = Int.max
    private var files: [Int: File] = [:]
    private var shown: [String: Int] = [:]
    private var synced: [String: Int] = [:]
    private var fileCount = 0

    init(_ folder: TemporaryFolder, faultsPerThousand: Int, random: SeededGenerator) {
        self.folder = folder
        self.faultsPerThousand = faultsPerThousand
        self.random = random
    }

    var disk: Disk {
        Disk(
            write: { [self] in write($0, $1, $2) }, reserve: { [self] _, _ in reserve() },
            truncate: { [self] in truncate($0, $1) }, sync: { [self] in sync($0) },
            remove: { [self] in remove($0, $1) }, syncDirectory: { [self] _ in syncDirectory() })
    }

    /// Dies in the call after so many more.
    func die(after calls: Int) { callsToLive = calls }

    /// Begins a new life. With a machine that has died, what was not synced may be gone.
    func revive(powerLoss: Bool) throws {
        isDead = false
        callsToLive = .max
        if powerLoss { try losePower() }
    }

    // MARK: - Calls

    /// What becomes of a call.
    private enum Fate { case done, failed, dying, dead }

    private func fate() -> Fate {
        if isDead { return .dead }
        if callsToLive <= 0 {
            isDead = true
            onDeath()
            return .dying
        }
        callsToLive -= 1
        return Int.random(in: 0..<1000, using: &random) < faultsPerThousand ? .failed : .done
    }

    private func write(_ file: CInt, _ bytes: RawSpan, _ offset: Int) -> (Int, CInt) {
        let fate = fate()
        var count = bytes.byteCount
        switch fate {
        case .dead: return (-1, EIO)
        case .failed where Bool.random(using: &random):
            failedWrites += 1
            return (-1, random.pick([ENOSPC, EIO, EINTR]))
        case .failed, .dying: count = Int.random(in: 0...count, using: &random)
        case .done: break
        }
        let wrote = Disk.system.write(file, bytes.extracting(first: count), offset)
        precondition(wrote.count == count)
        update(file) { contents in
            if contents.current.count < offset + count {
                contents.current += [UInt8](repeating: 0, count: offset + count - contents.current.count)
            }
            for i in 0..<count {
                contents.current[offset + i] = bytes.unsafeLoad(fromByteOffset: i, as: UInt8.self)
            }
            if count > 0 { contents.touch(offset..<offset + count) }
        }
        return fate == .dying ? (-1, EIO) : (count, ENOSPC)
    }

    private func reserve() -> CInt {
        switch fate() {
        case .done: 0
        case .failed: random.pick([ENOSPC, EOPNOTSUPP])
        case .dying, .dead: EIO
        }
    }

    private func truncate(_ file: CInt, _ size: Int) -> CInt {
        let fate = fate()
        guard fate == .done || fate == .dying && Bool.random(using: &random) else { return EIO }
        precondition(Disk.system.truncate(file, size) == 0)
        update(file) { contents in
            if size < contents.current.count { contents.touch(size..<contents.current.count) }
            contents.current.removeLast(max(0, contents.current.count - size))
        }
        return fate == .done ? 0 : EIO
    }

    private func sync(_ file: CInt) -> CInt {
        let fate = fate()
        switch fate {
        case .done:
            update(file) { $0.synced = $0.image($0.dirty, size: $0.current.count) }
        case .failed:
            // Some sectors are written, the others never will be: the kernel calls them clean (fsync(2), Errors).
            failedSyncs += 1
            update(file) { contents in
                contents.synced = survivors(of: contents)
            }
        case .dying, .dead: return EIO
        }
        update(file) { $0.dirty = [] }
        return fate == .done ? 0 : EIO
    }

    private func remove(_ directory: CInt, _ name: String) -> CInt {
        let fate = fate()
        guard fate == .done || fate == .dying && Bool.random(using: &random) else { return EIO }
        shown[name] = nil
        let code = Disk.system.remove(directory, name)
        return fate == .done ? code : EIO
    }

    private func syncDirectory() -> CInt {
        guard fate() == .done else { return EIO }
        synced = shown
        return 0
    }

    // MARK: - State

    private func update(_ file: CInt, _ body: (inout File) -> Void) {
        var path = [UInt8](repeating: 0, count: 4096)
        let count = path.withUnsafeMutableBytes {
            $0.withMemoryRebound(to: CChar.self) { buffer in
                buffer.baseAddress.map { readlink("/proc/self/fd/\(file)", $0, buffer.count) } ?? 0
            }
        }
        let name = String(decoding: path[..<count].split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
        let id = shown[name] ?? fileCount
        if id == fileCount {
            fileCount += 1
            shown[name] = id
        }
        body(&files[id, default: File()])
    }

    /// What the disk holds of a file when the writing of its dirty sectors ends anywhere.
    private func survivors(of file: File) -> [UInt8] {
        let order = file.dirty.sorted()
        let kept: Set<Int>
        switch Int.random(in: 0..<4, using: &random) {
        case 0: kept = file.dirty
        case 1: kept = Set(order.prefix(Int.random(in: 0...order.count, using: &random)))
        default: kept = Set(order.filter { _ in Bool.random(using: &random) })
        }
        lostSectors += file.dirty.count - kept.count
        let sizes = [file.synced.count, file.current.count].sorted()
        let size = random.pick([sizes[0], sizes[1], Int.random(in: sizes[0]...sizes[1], using: &random)])
        return file.image(kept, size: size)
    }

    private func losePower() throws {
        var left: [String: Int] = [:]
        for name in Set(shown.keys).union(synced.keys).sorted() {
            left[name] = random.pick([shown[name], synced[name]])
        }
        for name in folder.segments { unlink("\(folder.path)/\(name)") }
        var kept: [Int: File] = [:]
        for (name, id) in left.sorted(by: { $0.key < $1.key }) {
            let image = survivors(of: files[id, default: File()])
            try folder.write(image, to: name)
            kept[id] = File(synced: image, current: image)
        }
        files = kept
        shown = left
        synced = left
    }
}
