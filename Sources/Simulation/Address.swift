/// An address of the simulated world.
struct Address: Hashable, Sendable {
    /// The upper and lower half of an IPv6 address; an IPv4 address stands in the lower half.
    var high: UInt64
    var low: UInt64
    var isV4: Bool

    static func v4(_ bits: UInt32) -> Address { Address(high: 0, low: UInt64(bits), isV4: true) }
    static func v6(_ high: UInt64, _ low: UInt64) -> Address { Address(high: high, low: low, isV4: false) }
}
