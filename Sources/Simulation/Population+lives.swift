/// Ways to the service and lives, as innocents and abusers alike have them.
extension Population {
    // MARK: Accesses

    mutating func home(_ city: Int) -> Access {
        let lease: Int32 = random.chance(0.6) ? 24 * 365 : random.pick([24, 24 * 3, 24 * 7, 24 * 14] as [Int32])
        return Access(kind: .home, pool: Int32(random.pick(world.fixed[city])), leaseHours: lease, key: random.next())
    }

    /// The mobile gateway nearest to a city, of one of its country's networks.
    mutating func mobile(_ city: Int) -> Access {
        let pools = world.mobile[country(of: city)]
        let network = world.pools[random.pick(pools)].network
        let own = pools.filter { world.pools[$0].network == network }
        let nearest = own.min {
            world.geography.distance(world.pools[$0].city, city) < world.geography.distance(world.pools[$1].city, city)
        }
        return Access(kind: .gateway, pool: Int32(nearest ?? pools[0]), key: random.next() >> 8)
    }

    /// A business line: one address of a home provider that stays.
    mutating func businessLine(_ city: Int) -> Access {
        Access(kind: .home, pool: Int32(random.pick(world.fixed[city])), leaseHours: 24 * 3650, key: random.next())
    }

    /// The line of an office: one address, or a few of a network of its own.
    mutating func officeLine(_ city: Int, name: String, people: Int) -> Access {
        guard people > 40, random.chance(0.6) else {
            return site(Int(random.pick(world.fixed[city])), span: people > 80 ? 2 : 1)
        }
        let pool = world.addSite(.corporate, name: "\(name) Corp", city: city, blocks: 1)
        return Access(kind: .site, pool: Int32(pool), first: Int32(random.below(200)), span: Int32(random.int(1...4)))
    }

    /// `span` addresses that stay, somewhere in the pool.
    mutating func site(_ pool: Int, span: Int) -> Access {
        Access(
            kind: .site, pool: Int32(pool), first: Int32(random.below(world.pools[pool].used - span)), span: Int32(span)
        )
    }

    mutating func vpnExit(_ provider: Int, near city: Int? = nil) -> Access {
        let pools = world.vpn[provider]
        let local = city.map { city in pools.filter { country(of: world.pools[$0].city) == country(of: city) } } ?? []
        let pool = random.pick(local.isEmpty ? pools : local)
        return Access(kind: .any, pool: Int32(pool), span: Int32(world.pools[pool].used))
    }

    mutating func relay(_ city: Int) -> Access {
        let pool = random.pick(world.relays[city])
        return Access(kind: .any, pool: Int32(pool), span: Int32(world.pools[pool].used))
    }

    // MARK: Lives

    /// Sessions a day: a few people come often, many seldom.
    mutating func personalRate() -> Float {
        Float(min(4, 0.04 + random.exponential(mean: 0.28) * (random.chance(0.15) ? 3 : 1)))
    }

    /// When an innocent registered: often before the first day, which gives `nil`.
    mutating func registrationTime(_ zoneMinutes: Int, _ rhythm: Rhythm = .evening) -> Int64? {
        if random.chance(0.5) { return nil }
        return moment(Int64(random.below(days)), zoneMinutes, rhythm)
    }

    /// A time of a day by local rhythm, within the simulation.
    mutating func moment(_ day: Int64, _ zoneMinutes: Int, _ rhythm: Rhythm) -> Int64 {
        let hour = Int64(random.weighted(rhythm.weights))
        let inDay = (hour * Self.hour + Int64(random.below(3_600_000)) - Int64(zoneMinutes) * Self.minute) % Self.day
        return within(day * Self.day + (inDay + Self.day) % Self.day)
    }

    /// The time, or one of the last two days where it lies behind the end.
    mutating func within(_ time: Int64) -> Int64 {
        time < span ? time : span - 1000 - Int64(random.below(Int(2 * Self.day)))
    }

    func zone(_ city: Int) -> Int { world.geography.countries[country(of: city)].zoneMinutes }

    /// Phone at home and under way, most often a computer too; a VPN now and then.
    mutating func ownLinks(_ city: Int, home line: Int32? = nil) -> [Link] {
        let line = line ?? addHome(city)
        let phone = phone()
        var ways = [Link(access: line, device: phone, weight: 0.45)]
        if random.chance(0.8) {
            ways.append(Link(access: add(mobile(city)), device: phone, weight: 0.3, hours: (7, 24)))
        }
        if random.chance(0.6) { ways.append(Link(access: line, device: computer(), weight: 0.4)) }
        if random.chance(assumptions.casualVPN) {
            let exit = vpnExit(random.below(world.vpn.count), near: random.chance(0.5) ? city : nil)
            ways.append(Link(access: add(exit), device: ways[ways.count - 1].device, weight: 0.15))
        }
        return ways
    }

    /// A home line; one in twelve sells its traffic to a residential proxy, knowingly or not.
    mutating func addHome(_ city: Int) -> Int32 {
        let line = add(home(city))
        if random.chance(1.0 / 12) { exits.append(line) }
        return line
    }

    /// Gives an account its owner's life, and its registration if that lies in the simulation.
    ///
    /// - Parameter registered: in milliseconds; `nil`: before the first day.
    /// - Returns: the actor.
    @discardableResult
    mutating func live(
        _ account: Int32, in city: Int, _ ways: [Link], registered: Int64?, rhythm: Rhythm = .evening,
        activity: Activity = .chat, rate: Float? = nil, length: Float? = nil
    ) -> Int {
        let rate = rate ?? personalRate()
        let length = length ?? Float(random.real(1...6))
        // Many try the service for some days and go.
        let leaves = registered != nil && random.chance(0.4)
        let from = registered ?? Int64.min
        let to = leaves ? from + Int64(random.exponential(mean: 8) * Double(Self.day)) : Int64.max
        let zone = zone(city)
        let actor = add(ways) {
            Actor(
                account: account, links: $0, from: from, to: to, rate: rate, length: length, rhythm: rhythm,
                zoneMinutes: zone, activity: activity)
        }
        if let registered { register(account, registered, link: actors[actor].links.lowerBound) }
        if random.chance(0.3), accounts[Int(account)].card == 0 { giveCard(account, newCard(country(of: city))) }
        if accounts[Int(account)].isPaying { pay(account, actor: actor, from: registered) }
        // A word that a filter took amiss.
        if random.chance(0.006) { violate(account, actor, at: Int64(random.below(Int(span))), severity: 1) }
        return actor
    }

    /// The account has a card and pays each month.
    mutating func giveCard(_ account: Int32, _ card: UInt64) {
        edit(account) {
            $0.card = card
            $0.isPaying = true
        }
    }

    mutating func giveKey(_ account: Int32) {
        let key = random.next() | 1
        edit(account) { $0.key = key }
    }

    /// The registration, and the first session right behind it.
    mutating func register(_ account: Int32, _ time: Int64, link: Int) {
        incidents.append(Incident(time: time, kind: .registration, account: account, link: Int32(link)))
        if random.chance(0.85) {
            let later = time + Int64(random.int(15...400)) * 1000
            incidents.append(
                Incident(
                    time: later, kind: .session, account: account, link: Int32(link), value: UInt64(random.below(5))))
        }
    }

    /// Payments once a month.
    mutating func pay(_ account: Int32, actor: Int, from registered: Int64?) {
        var time =
            registered.map { $0 + Int64(random.int(3...4000)) * Self.minute } ?? Int64(random.below(30 * 86_400)) * 1000
        while time < span {
            let card = accounts[Int(account)].card
            if random.chance(0.04) { pay(card, of: account, actor: actor, at: time - 70_000, succeeds: false) }
            pay(card, of: account, actor: actor, at: time, succeeds: true)
            time += 30 * Self.day
        }
    }

    /// One payment or attempt.
    mutating func pay(_ card: UInt64, of account: Int32, actor: Int, at time: Int64, succeeds: Bool) {
        incidents.append(
            Incident(
                time: time, kind: succeeds ? .payment : .declined, account: account, link: -1, actor: Int32(actor),
                value: card))
    }

    /// A journey: nothing on the way, then only these links.
    mutating func journey(from start: Int64, to end: Int64, flightHours: Double, _ ways: [Link]) -> [Link] {
        let flight = Int64(flightHours * Double(Self.hour))
        let offline = add(Access(kind: .offline))
        var result = [
            Link(access: offline, device: 0, from: start - flight, to: start, isExclusive: true),
            Link(access: offline, device: 0, from: end, to: end + flight, isExclusive: true),
        ]
        for way in ways {
            var way = way
            way.from = start
            way.to = end
            way.isExclusive = true
            result.append(way)
        }
        return result
    }

    /// Hours door to door between two cities at the speed of an airliner, airports included.
    func flightHours(_ a: Int, _ b: Int) -> Double { 2.5 + world.geography.distance(a, b) / 780 }
}
