// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Dispatch
import Synchronization

/// State cut into a fixed number of partitions, which workers process side by side.
///
/// A key's partition follows from the key alone. Shards are workers, which take one partition after the other. Since a
/// partition's state depends only on its own inputs in order, nothing depends on how many shards there are, nor on who
/// takes what.
public final class Partitioned<State: Sendable>: Sendable {
    private final class Box: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    private let boxes: [Box]

    public init(_ makeState: (_ partition: Int) -> State) {
        boxes = (0..<Partition.count).map { Box(makeState($0)) }
    }

    /// Runs `body` on each partition, spread over `shards` workers, and returns the results in order of the partitions.
    public func map<Result: Sendable>(
        shards: Int, _ body: @Sendable (_ partition: Int, _ state: inout State) -> Result
    ) -> [Result] {
        if shards <= 1 {
            return boxes.indices.map { partition in with(partition) { body(partition, &$0) } }
        }
        let results = Mutex<[Result?]>(Array(repeating: nil, count: boxes.count))
        // Each takes the next partition that nobody has taken: a worker whose core is busy elsewhere holds nobody up.
        let taken = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: shards) { _ in
            while true {
                let partition = taken.add(1, ordering: .relaxed).oldValue
                guard partition < boxes.count else { return }
                let result = with(partition) { body(partition, &$0) }
                results.withLock { $0[partition] = result }
            }
        }
        return results.withLock { $0.compactMap(\.self) }
    }

    /// Runs `body` on one partition.
    public func with<Result: Sendable>(_ partition: Int, _ body: (inout State) -> Result) -> Result {
        boxes[partition].state.withLock { body(&$0) }
    }
}

/// The numbering of partitions.
public enum Partition {
    /// A power of two. The most shards that can have work.
    @inlinable public static var count: Int { 64 }

    /// Not the tables' own hash, whose seed is random: what is in a partition decides what gives way at a limit, and when
    /// something spent is forgotten, so it must be the same in every run. A key's place in its table stays secret.
    @inlinable static var hash: KeyHash { KeyHash(seed: 0) }

    /// The partition of a text.
    @inlinable @inline(__always)
    public static func of(_ text: Span<UInt8>) -> Int { Int(hash.hash(text) >> 58) }

    /// The partition of a key of two words.
    @inlinable @inline(__always)
    public static func of(_ high: UInt64, _ low: UInt64) -> Int { Int(hash.hash(high, low) >> 58) }
}
