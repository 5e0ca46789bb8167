import Assembly
import Foundation
import RiskModel

/// A search through every file of the state for a name.
struct StateScan {
    let search: NameSearch
    let stateDirectory: String
    let databasePath: String
    /// The folder that is not looked into, since it says what is to be looked for.
    let except: String
    /// Segments that begin behind it hold what came later.
    let throughSequence: UInt64

    private static let chunkBytes = 4 << 20
    private static let overlapBytes = 16_384

    /// What was found, and how often the name stands in the database's files, whatever is next to it there.
    func run() throws -> (proof: ForgetAnswer.Proof, inDatabase: Int) {
        var proof = ForgetAnswer.Proof()
        var inDatabase = 0
        for path in try paths() {
            var part = ForgetAnswer.Proof()
            try scan(path, &part)
            proof.files += part.files
            proof.bytes += part.bytes
            proof.since += part.since
            if path.hasPrefix(databasePath) {
                inDatabase += part.hits + part.insideOthers
            } else {
                proof.hits += part.hits
                proof.insideOthers += part.insideOthers
                if part.hits > 0 { proof.places.append(path) }
            }
        }
        return (proof, inDatabase)
    }

    private func paths() throws -> [String] {
        var paths: Set<String> = []
        guard let files = FileManager.default.enumerator(atPath: stateDirectory) else { return [] }
        for case let name as String in files {
            let path = stateDirectory + "/" + name
            guard files.fileAttributes?[.type] as? FileAttributeType == .typeRegular, !path.hasPrefix(except + "/")
            else { continue }
            paths.insert(path)
        }
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: databasePath + suffix) {
            paths.insert(databasePath + suffix)
        }
        return paths.sorted()
    }

    private func scan(_ path: String, _ proof: inout ForgetAnswer.Proof) throws {
        guard let file = FileHandle(forReadingAtPath: path) else { return }
        defer { try? file.close() }
        let isLater =
            (path as NSString).lastPathComponent.split(separator: ".").first.flatMap { UInt64($0) }
            .map { path.hasSuffix(".segment") && $0 > throughSequence } ?? false
        proof.files += 1
        var held: [UInt8] = []
        while let chunk = try file.read(upToCount: Self.chunkBytes), !chunk.isEmpty {
            proof.bytes += chunk.count
            held += chunk
            // What ends in the overlap is counted with the next part, which has its surroundings.
            let isLast = chunk.count < Self.chunkBytes
            let end = isLast ? held.count : max(0, held.count - Self.overlapBytes)
            for range in search.ranges(in: held.span) where range.upperBound <= end {
                if isLater {
                    proof.since += 1
                } else if search.isWord(range, in: held.span) {
                    proof.hits += 1
                } else {
                    proof.insideOthers += 1
                }
            }
            held.removeFirst(end)
        }
    }
}
