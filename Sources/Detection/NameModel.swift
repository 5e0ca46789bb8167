import Glibc
import RiskModel

/// What names look like here, by which letter follows which, learned from the registrations themselves.
///
/// A name's surprise is the mean of −log₂ p(letter | the one before) over its letters. Names of people and words stay near the
/// mean of all, whatever their language, once some hundred have been seen; letters that a machine drew lie far above. That
/// alone is held against nobody: it makes the shape of the name another one, which few share.
struct NameModel: Sendable {
    private static let letters = 26
    /// So many names must have been seen before one is judged.
    private static let warmUp: Float = 300
    /// So many standard deviations above the mean nobody's name lies.
    private static let strange: Float = 2.5
    /// Shorter runs of letters say nothing.
    private static let fewestPairs = 5

    private var pairs = [Float](repeating: 0, count: letters * letters)
    private var firsts = [Float](repeating: 0, count: letters)
    private var names: Float = 0
    private var mean: Float = 0
    private var variance: Float = 0

    /// Whether the name looks drawn by lot. Learns from it.
    mutating func observe(_ name: Span<UInt8>) -> Bool {
        var count = 0
        var surprise: Float = 0
        var last: Int?
        for i in name.indices {
            guard name[i] != UInt8(ascii: "@") else { break }
            let letter = Int(name[i] | 0x20) - Int(UInt8(ascii: "a"))
            guard name[i] < 0x80, (0..<Self.letters).contains(letter) else {
                last = nil
                continue
            }
            if let last {
                // One of each pair is taken for granted.
                let pair = last * Self.letters + letter
                surprise -= log2f((pairs[pair] + 0.5) / (firsts[last] + 0.5 * Float(Self.letters)))
                count += 1
                pairs[pair] += 1
                firsts[last] += 1
            }
            last = letter
        }
        guard count >= Self.fewestPairs else { return false }
        let value = surprise / Float(count)
        let isStrange = names >= Self.warmUp && value > mean + Self.strange * variance.squareRoot()
        // What is strange is not what is usual.
        if !isStrange {
            names = min(names + 1, 100_000)
            let rate = max(1 / names, 1 / 2_000)
            let difference = value - mean
            mean += rate * difference
            variance += rate * (difference * difference - variance)
        }
        return isStrange
    }

    /// Lets what was seen fade.
    mutating func fade(_ factor: Float) {
        for i in pairs.indices { pairs[i] *= factor }
        for i in firsts.indices { firsts[i] *= factor }
    }

    func encode(into writer: inout StateWriter) {
        for value in pairs + firsts + [names, mean, variance] { writer.write(value) }
    }

    init() {}

    init(from reader: inout StateReader) throws(StateFault) {
        for i in pairs.indices { pairs[i] = try reader.readFloat() }
        for i in firsts.indices { firsts[i] = try reader.readFloat() }
        names = try reader.readFloat()
        mean = try reader.readFloat()
        variance = try reader.readFloat()
        let all = pairs + firsts + [names, mean, variance]
        guard all.allSatisfy({ $0 >= 0 && $0.isFinite }) else { throw .invalid("what names look like") }
    }
}
