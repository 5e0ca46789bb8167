import Dispatch
internal import RiskModel
import Synchronization

/// What all records of a database say.
///
/// They are read by several workers: a City database has hundreds of thousands, and a start waits for them.
struct DecodedRecords {
    /// Behind "nothing", which is at 0, in the order of the positions.
    private(set) var places = [Place()]
    /// Records with something beyond its range.
    private(set) var implausible = 0
    /// Names of networks' owners; index 0 is "unknown".
    private(set) var owners = [""]

    private static let workers = 4
    /// Fewer records are not worth a worker.
    private static let fewest = 10_000

    private typealias Part = Result<(places: [Place], decoder: RecordDecoder), MalformedDatabase>

    /// - Parameter positions: where the records stand in the data section.
    init(of kind: DatabaseKind, in data: Span<UInt8>, at positions: [Int]) throws(MalformedDatabase) {
        // Owners are numbered in order of their first use: by one.
        let workers = kind == .asn ? 1 : min(Self.workers, max(1, positions.count / Self.fewest))
        let parts = Mutex<[Part?]>(Array(repeating: nil, count: workers))
        // SAFETY: all workers are done before the closure ends, and they only read.
        unsafe data.withUnsafeBufferPointer { bytes in
            nonisolated(unsafe) let bytes = unsafe bytes
            DispatchQueue.concurrentPerform(iterations: workers) { worker in
                let range = positions.count * worker / workers..<positions.count * (worker + 1) / workers
                let part = unsafe Self.decode(kind, bytes.span, positions[range])
                parts.withLock { $0[worker] = part }
            }
        }
        places.reserveCapacity(positions.count + 1)
        for part in parts.withLock({ $0 }) {
            guard let part = try part?.get() else { continue }
            places += part.places
            implausible += part.decoder.implausibleRecords
            if workers == 1 { owners = part.decoder.owners }
        }
    }

    private static func decode(_ kind: DatabaseKind, _ data: Span<UInt8>, _ positions: ArraySlice<Int>) -> Part {
        var decoder = RecordDecoder(kind: kind)
        var places: [Place] = []
        places.reserveCapacity(positions.count)
        for position in positions {
            do throws(MalformedDatabase) {
                places.append(try decoder.place(in: data, at: position))
            } catch {
                return .failure(error)
            }
        }
        return .success((places, decoder))
    }
}
