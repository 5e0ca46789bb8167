extension Population {
    /// Fills the population: innocents by class, abusers by kind, in the shares of the assumptions.
    ///
    /// Groups are kept whole, so the numbers are met within a few in a hundred, except for very small populations:
    /// there is at least one group of every class and kind.
    mutating func build(accounts count: Int, classes: [InnocentClass], kinds: [AbuseKind]) {
        // Households that the service does not know sell their traffic, too.
        for _ in 0..<max(300, count / 20) { exits.append(add(home(someCity()))) }
        let abusive = kinds.isEmpty ? 0 : Int(Double(count) * assumptions.abuseShare)
        let innocent = count - abusive
        let weights = classes.map(\.weight).reduce(0, +)
        for kind in classes {
            let first = accounts.count
            addInnocents(kind, max(2, Int(Double(innocent) * kind.weight / weights)))
            if kind == .triedButHeld { triedButHeld = (first..<accounts.count).map(Int32.init) }
        }
        let shares = kinds.map(\.weight).reduce(0, +)
        for kind in kinds { addAbuse(kind, max(1, Int(Double(abusive) * kind.weight / shares))) }
        settleNeighbours()
        for index in incidents.indices { incidents[index].time += Int64(random.below(1000)) }
        incidents.removeAll { $0.time < 0 || $0.time >= span }
        sortIncidents()
        verdicts.removeAll { $0.time >= span }
        verdicts.sort { ($0.time, $0.account) < ($1.time, $1.account) }
    }

    /// By time; what happens in the same millisecond keeps the order in which it was added.
    private mutating func sortIncidents() {
        let order = incidents.indices.sorted { (incidents[$0].time, $0) < (incidents[$1].time, $1) }
        incidents = order.map { incidents[$0] }
    }

    /// Moves the neighbours next to farms: into the same /24, to the same gateway, or on a line that a proxy sells.
    private mutating func settleNeighbours() {
        for (index, actor) in neighbours.enumerated() {
            let home = links[actors[actor].links.lowerBound].access
            if index % 3 == 2 || farmLines.isEmpty {
                exits.append(home)
                continue
            }
            let farm = accesses[Int(random.pick(farmLines))]
            let pool = world.pools[Int(farm.pool)]
            switch farm.kind {
            case .gateway:
                accesses[Int(home)] = farm
            case .home:
                let line = Int(Random.mix(farm.key, 0) % UInt64(pool.used))
                let block = line / 254 * 254
                accesses[Int(home)] = Access(
                    kind: .site, pool: farm.pool, first: Int32(block + random.below(min(254, pool.used - block))),
                    span: 1)
            default:
                let block = Int(farm.first) / 254 * 254
                accesses[Int(home)] = Access(
                    kind: .site, pool: farm.pool, first: Int32(block + random.below(200)), span: 1)
            }
        }
    }
}
