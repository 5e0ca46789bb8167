import Assembly
import Foundation
import RiskModel
import Store

/// A search through every file of the state for a name.
struct StateScan {
    let search: NameSearch
    let stateDirectory: String
    /// Its files are read by way of it. Its `-shm` is not: it has numbers of pages, and no texts.
    let database: StoreWriter
    /// The folder that is not looked into, since it says what is to be looked for.
    let except: String
    /// Segments that begin behind it hold what came later.
    let throughSequence: UInt64
    let left: Left

    /// Where the name stays on purpose.
    struct Left: Sendable {
        /// Names of other accounts, of which it is a word.
        var names: [[UInt8]]
        /// How often it stands in the spool as a word that says something else.
        var inEvents = 0
        /// How often it stands in events that came since, in segments with earlier ones.
        var since = 0
    }

    private static let chunkBytes = 4 << 20
    /// More than a name in any spelling, and what is next to it.
    private static let overlapBytes = 16_384

    /// What was found, and how often the name stands in the database's files, whatever is next to it there.
    func run() throws -> (proof: ForgetAnswer.Proof, inDatabase: Int) {
        var proof = ForgetAnswer.Proof()
        var inDatabase = 0
        var inSegments: [String: Int] = [:]
        for part in DatabasePart.allCases {
            var found = ForgetAnswer.Proof()
            var offset = 0
            try scan(isLater: false, &found) {
                let bytes = try database.bytes(of: part, at: offset, count: Self.chunkBytes)
                offset += bytes.count
                return bytes
            }
            proof.files += 1
            proof.bytes += found.bytes
            inDatabase += found.hits + found.insideOthers
        }
        for path in paths() {
            var part = ForgetAnswer.Proof()
            try scan(path, &part)
            proof.files += part.files
            proof.bytes += part.bytes
            proof.since += part.since
            if path.hasSuffix(".segment") {
                inSegments[path] = part.hits
                proof.insideOthers += part.insideOthers
            } else {
                // An ordinary name may be a rule's or a device's there.
                let hits = search.isOrdinary ? 0 : part.hits
                proof.hits += hits
                proof.insideOthers += part.insideOthers + part.hits - hits
                if hits > 0 { proof.places.append(path) }
            }
        }
        let words = inSegments.values.reduce(0, +)
        let since = min(words, left.since)
        let hits = max(0, words - since - left.inEvents)
        proof.since += since
        proof.insideOthers += words - since - hits
        proof.hits += hits
        if hits > 0 { proof.places += inSegments.filter { $0.value > 0 }.keys.sorted() }
        return (proof, inDatabase)
    }

    private func paths() -> [String] {
        var paths: [String] = []
        guard let files = FileManager.default.enumerator(atPath: stateDirectory) else { return [] }
        for case let name as String in files {
            let path = stateDirectory + "/" + name
            guard files.fileAttributes?[.type] as? FileAttributeType == .typeRegular, !path.hasPrefix(except + "/"),
                !database.hasOpen(path)
            else { continue }
            paths.append(path)
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
        try scan(isLater: isLater, &proof) { Array(try file.read(upToCount: Self.chunkBytes) ?? Data()) }
    }

    /// - Parameter next: gives the bytes that follow; none at the end.
    private func scan(isLater: Bool, _ proof: inout ForgetAnswer.Proof, next: () throws -> [UInt8]) throws {
        var held: [UInt8] = []
        // What begins before it is counted, and stands there for what is next to the rest.
        var counted = 0
        while true {
            let chunk = try next()
            proof.bytes += chunk.count
            held += chunk
            let end = chunk.isEmpty ? held.count : max(counted, held.count - Self.overlapBytes)
            for range in search.ranges(in: held.span) where (counted..<end).contains(range.lowerBound) {
                if isLater {
                    proof.since += 1
                } else if search.isWord(range, in: held.span), !isOther(range, in: held) {
                    proof.hits += 1
                } else {
                    proof.insideOthers += 1
                }
            }
            if chunk.isEmpty { return }
            let gone = max(0, end - Self.overlapBytes)
            held.removeFirst(gone)
            counted = end - gone
        }
    }

    /// Whether what stands there is a word of another account's name.
    private func isOther(_ range: Range<Int>, in text: [UInt8]) -> Bool {
        left.names.contains { name in
            search.words(in: name.span).contains { word in
                let start = range.lowerBound - word.lowerBound
                return start >= 0 && start + name.count <= text.count
                    && text[start..<start + name.count].elementsEqual(name)
            }
        }
    }
}
