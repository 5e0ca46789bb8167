/// Finding the word that was meant.
enum Suggestion {
    /// ` did you mean "…"?` where one of the words is near enough to a slip of the fingers, else a list of them all.
    static func text(for word: String, among words: [String]) -> String {
        let nearest = words.map { (word: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        if let nearest, nearest.distance <= max(1, min(3, word.count / 3)) {
            return "did you mean \"\(nearest.word)\"?"
        }
        return "known are " + words.sorted().joined(separator: ", ")
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other, none of them
    /// within another (optimal string alignment).
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.unicodeScalars.prefix(64))
        let b = Array(b.unicodeScalars.prefix(64))
        var earlier: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, earlier[j - 1] + 1) }
                row.append(best)
            }
            earlier = previous
            previous = row
        }
        return previous[b.count]
    }
}
