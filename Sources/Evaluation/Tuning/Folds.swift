internal import RiskModel

/// Examples dealt into parts of equal size for cross-validation. A group is never split: a farm that was learned from would
/// be recognised by its likeness to itself.
enum Folds {
    /// The fold of each example. The same examples always fall into the same folds.
    static func assign(_ examples: [TuningExample], count: Int) -> [Int] {
        var sizes: [String: Int] = [:]
        for example in examples { sizes[example.group, default: 0] += 1 }
        let isAbuse = Set(examples.filter(\.isAbuse).map(\.group))
        let hash = KeyHash(seed: 0)
        let groups = sizes.map { (name: $0.key, size: $0.value, hash: hash.hash(Array($0.key.utf8).span)) }
        // The greatest groups first, each to the fold that has least of its sort.
        let order = groups.sorted { ($1.size, $0.hash, $0.name) < ($0.size, $1.hash, $1.name) }
        var filled = [Array(repeating: 0, count: count), Array(repeating: 0, count: count)]
        var foldOfGroup: [String: Int] = [:]
        for group in order {
            let sort = isAbuse.contains(group.name) ? 1 : 0
            let fold = (0..<count).min { filled[sort][$0] < filled[sort][$1] } ?? 0
            filled[sort][fold] += group.size
            foldOfGroup[group.name] = fold
        }
        return examples.map { foldOfGroup[$0.group] ?? 0 }
    }
}
