internal import RiskModel

extension SearchTree {
    /// The first addresses of up to `limit` networks that have a record, evenly spread over all such networks, in rising
    /// order; IPv4 networks of a database of either version by their IPv4 address.
    ///
    /// Each node is gone through once, by the lowest address that leads to it, so the aliases of the IPv4 part do not
    /// count again, and a malformed tree that loops or shares its branches costs no more than its nodes. Every *n*-th
    /// network is kept; when there are `limit` of them, every other one is dropped and *n* doubles.
    ///
    /// - Parameter limit: even and positive.
    func sample(limit: Int) -> [IPAddress] {
        let addressBits = hasV6 ? 128 : 32
        var sample: [UInt128] = []
        var stride = 1
        var networks = 0
        var isVisited = [Bool](repeating: false, count: links.count / 2)
        var branches: [(word: UInt32, address: UInt128, bits: Int)] = [(0, 0, 0)]
        while let (word, address, bits) = branches.popLast() {
            if word > Self.leaf {
                if networks.isMultiple(of: stride) {
                    if sample.count == limit {
                        sample = sample.indices.filter { $0.isMultiple(of: 2) }.map { sample[$0] }
                        stride *= 2
                    }
                    sample.append(address)
                }
                networks += 1
            } else if word < Self.leaf, bits < addressBits, !isVisited[Int(word)] {
                isVisited[Int(word)] = true
                let one = UInt128(1) << UInt128(addressBits - 1 - bits)
                branches.append((links[2 * Int(word) + 1], address | one, bits + 1))
                branches.append((links[2 * Int(word)], address, bits + 1))
            }
        }
        return sample.map { address in
            address >> 32 == 0
                ? IPAddress(v4: UInt32(truncatingIfNeeded: address))
                : IPAddress(high: UInt64(truncatingIfNeeded: address >> 64), low: UInt64(truncatingIfNeeded: address))
        }
    }
}
