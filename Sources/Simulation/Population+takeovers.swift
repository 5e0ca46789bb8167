/// Attacks on the passwords of other people's accounts.
extension Population {
    /// One attack: `rest` accounts at most are taken over; the innocents of class `tried_but_held` are tried too.
    ///
    /// Most attempts are on user names that the service does not know, since lists come from elsewhere.
    mutating func addCredentialAttack(_ kind: AbuseKind, atMost rest: Int) {
        let number = nextCampaign(kind)
        let victims = min(rest, random.int(8...25))
        let city = self.city(of: random.pick(["RU", "VN", "ID", "BR", "US", "NG", "RO", "CN"]))
        let start = Int64(random.real(0.1...0.75) * Double(span))
        let hours: Double
        var ways: [Link] = []
        switch kind {
        case .stuffing:
            // Few addresses, each with very many attempts.
            hours = random.real(2...18) * assumptions.patience
            let program = program()
            let count = random.int(1...6)
            for _ in 0..<count { ways.append(Link(access: operatorLine(city), device: program)) }
        case .spraying:
            // Many addresses, each account only seldom.
            hours = random.real(24...96) * assumptions.patience
            let program = random.chance(0.5) ? program() : computer()
            ways.append(Link(access: add(Access(kind: .proxies)), device: program))
            let exits = add(Access(kind: .hopping, key: UInt64(random.below(world.vpn.count))))
            ways.append(Link(access: exits, device: program))
        default:
            hours = random.real(120...300) * assumptions.patience.squareRoot()
            let program = random.chance(0.5) ? program() : computer()
            for _ in 0..<random.int(2...6) { ways.append(Link(access: operatorLine(city), device: program)) }
        }
        let firstLink = add(ways) {
            Actor(
                account: -1, links: $0, from: Int64.max, to: Int64.max, rate: 0, length: 0, rhythm: .flat,
                zoneMinutes: 0,
                activity: .visit)
        }
        let links = actors[firstLink].links
        let length = min(hours * Double(Self.hour), Double(span - start) * 0.8)
        let attempts = victims * random.int(25...60)
        for _ in 0..<attempts {
            let time = start + Int64(random.unit() * length)
            let link = Int32(random.pick(links))
            let held = triedButHeld.isEmpty || random.chance(0.7) ? -1 : random.pick(triedButHeld)
            incidents.append(Incident(time: time, kind: .failure, account: held, link: link, value: random.next()))
        }
        for _ in 0..<victims { takeOver(kind, number, between: start, start + Int64(length), links) }
    }

    /// An innocent whose password was right; the thief uses the account until its owner is back.
    private mutating func takeOver(
        _ kind: AbuseKind, _ number: Int, between start: Int64, _ end: Int64, _ links: Range<Int>
    ) {
        let city = someCity()
        let account = account(.victim(kind, campaign: number), country: country(of: city))
        let time = start + Int64(random.unit() * Double(end - start))
        let isNew = random.chance(0.25) && start > 3 * Self.day
        let ways = personalWays(someWay(), city)
        let owner = live(
            account, in: city, ways, registered: isNew ? Int64(random.below(Int(start))) : nil,
            rate: personalRate() + 0.1)
        let link = random.pick(links)
        for _ in 0..<random.below(3) {
            let before = time - Int64(random.exponential(mean: kind == .slowStuffing ? 20_000 : 600) * 1000)
            if before > 0 {
                incidents.append(
                    Incident(time: before, kind: .failure, account: account, link: Int32(random.pick(links))))
            }
        }
        incidents.append(Incident(time: time, kind: .success, account: account, link: Int32(link)))
        // Half are used at once, the others are sold on.
        let delay =
            random.chance(0.5)
            ? Int64(random.int(1...30)) * Self.minute : Int64(random.real(0.2...4) * Double(Self.day))
        let thief: Link
        if random.chance(0.4) {
            thief = Link(access: self.links[link].access, device: device())
        } else {
            thief = Link(
                access: random.chance(0.5) ? add(Access(kind: .proxies)) : operatorLine(someCity()), device: device())
        }
        let until = time + delay + Int64(random.real(0.5...6) * Double(Self.day))
        let actor = add([thief]) {
            Actor(
                account: account, links: $0, from: time + delay, to: until, rate: 2, length: 6, rhythm: .flat,
                zoneMinutes: 0, activity: .chat, forgetfulness: 0)
        }
        if random.chance(0.4) {
            // The password is another; the owner tries, and has it reset.
            for attempt in 0..<random.int(2...6) {
                incidents.append(
                    Incident(
                        time: until + Int64(attempt * random.int(6...40)) * 1000, kind: .failure, account: account,
                        link: -1, actor: Int32(owner)))
            }
            incidents.append(
                Incident(time: until + 600_000, kind: .success, account: account, link: -1, actor: Int32(owner)))
        }
        if time + delay < span {
            incidents.append(
                Incident(
                    time: time + delay + 1000, kind: .session, account: account,
                    link: Int32(actors[actor].links.lowerBound), value: 6))
        }
        for _ in 0..<random.below(4) {
            violate(
                account, actor, at: time + delay + Int64(random.real(0.05...48) * Double(Self.hour)),
                severity: random.int(1...3))
        }
    }
}
