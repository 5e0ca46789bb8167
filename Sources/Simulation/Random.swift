internal import Glibc

/// SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
///
/// The ways to draw from it are written out here, since the standard library does not promise that its own stay the
/// same: one seed gives one data set, on every machine and with every compiler.
struct Random: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A generator of its own for what these numbers name.
    init(_ seed: UInt64, _ a: UInt64, _ b: UInt64 = 0) { state = Random.mix(Random.mix(seed, a), b) }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Random.finish(state)
    }

    /// From 0 up to, not including, 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// From 0 up to, not including, `count`, which is positive.
    mutating func below(_ count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

    mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    mutating func real(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }

    /// One of `values`, which are not empty.
    mutating func pick<Values: RandomAccessCollection>(_ values: Values) -> Values.Element {
        values[values.index(values.startIndex, offsetBy: below(values.count))]
    }

    /// An index of `weights`, in proportion to them; their sum is positive.
    mutating func weighted(_ weights: [Double]) -> Int {
        var rest = unit() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return index }
        }
        return weights.count - 1
    }

    mutating func exponential(mean: Double) -> Double { -mean * log(1 - unit()) }

    /// How often something with this mean happens (Knuth's method for small means, split for large ones).
    mutating func poisson(_ mean: Double) -> Int {
        var count = 0
        var rest = mean
        while rest > 20 {
            count += poisson(10)
            rest -= 10
        }
        let limit = exp(-rest)
        var product = unit()
        while product > limit {
            count += 1
            product *= unit()
        }
        return count
    }

    /// A number that depends on both, and on nothing else.
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        finish(finish(a &+ 0x9e37_79b9_7f4a_7c15) ^ (b &* 0xd6e8_feb8_6659_fd93 &+ 0x2545_f491_4f6c_dd1d))
    }

    private static func finish(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
