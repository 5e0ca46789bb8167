/// Abuse of one account or of few: sold access, keys, cards, regions, policy.
extension Population {
    /// An innocent-looking owner with a home line, for accounts that are sold or offend.
    private mutating func owner(_ label: Label, _ city: Int) -> (account: Int32, ways: [Link], registered: Int64?) {
        let account = account(label, country: country(of: city))
        return (account, ownLinks(city), registrationTime(zone(city)))
    }

    /// One account, sold to many, who use it from where they are.
    mutating func addSharedAccount() {
        let city = someCity()
        let label = Label.abuse(.sharedAccount, campaign: nextCampaign(.sharedAccount))
        let (account, ways, registered) = owner(label, city)
        live(account, in: city, ways, registered: registered, rate: 0.2)
        giveCard(account, newCard(country(of: city)))
        let sale = max(registered ?? 0, Int64(random.real(0...0.4) * Double(span)))
        let places = (0..<random.int(3...8)).map { _ in someCity() }
        for _ in 0..<max(4, Int(Double(random.int(6...25)) / assumptions.patience.squareRoot())) {
            let here = random.pick(places)
            let rate = Float(random.real(0.3...1.5))
            let from = sale + Int64(random.real(0...6) * Double(Self.day))
            let to = from + Int64(random.real(6...40) * Double(Self.day))
            let zone = zone(here)
            _ = add(ownLinks(here)) {
                Actor(
                    account: account, links: $0, from: from, to: to, rate: rate, length: 4, rhythm: .evening,
                    zoneMinutes: zone, activity: .chat)
            }
        }
    }

    /// One key, sold on: called from many networks at all hours.
    mutating func addResale() {
        let city = someCity()
        let label = Label.abuse(.apiResale, campaign: nextCampaign(.apiResale))
        let (account, ways, registered) = owner(label, city)
        giveKey(account)
        live(account, in: city, ways, registered: registered, activity: .developer, rate: 0.3)
        giveCard(account, newCard(country(of: city)))
        let sale = max(registered ?? 0, Int64(random.real(0...0.4) * Double(span)))
        for _ in 0..<max(6, Int(Double(random.int(10...40)) / assumptions.patience.squareRoot())) {
            let here = random.chance(0.2) ? self.city(of: random.pick(["CN", "RU", "IR", "HK"])) : someCity()
            let access: Access
            switch random.below(4) {
            case 0: access = site(random.pick(world.hosting), span: 1)
            case 1: access = businessLine(here)
            default: access = home(here)
            }
            let from = sale + Int64(random.real(0...8) * Double(Self.day))
            drive(
                account, [Link(access: add(access), device: program())], rate: Float(random.real(0.5...2.5)), length: 4,
                rhythm: random.pick([.evening, .day, .flat]), zone: zone(here), from: from)
        }
    }

    /// Keys of many people's accounts, called in turn from one server.
    mutating func addGathering(atMost rest: Int) {
        let campaign = plan(.keyGathering, size: 15...60, atMost: rest)
        let servers = (0..<(assumptions.patience > 1 ? random.int(2...4) : 1)).map { _ in
            add(site(random.pick(world.hosting), span: 1))
        }
        let program = program()
        for index in 0..<campaign.size {
            let city = random.chance(0.5) ? campaign.city : someCity()
            let account = recruit(campaign)
            giveKey(account)
            let time = random.chance(0.7) ? campaign.start + Int64(random.real(0...5) * Double(Self.day)) : nil
            let registered = time.map { within($0) }
            live(account, in: city, ownLinks(city), registered: registered, rate: 0.1)
            let from = max(registered ?? 0, campaign.start) + Int64(random.real(0...2) * Double(Self.day))
            drive(
                account, [Link(access: servers[index % servers.count], device: program)],
                rate: Float(random.real(0.4...2)), length: 3, rhythm: .flat, zone: 0, from: from)
        }
    }

    /// Somebody where the service is not offered, again and again; with a VPN for a part of the time.
    mutating func addUnserved() {
        let city = self.city(of: random.pick(["CN", "CN", "CN", "RU", "IR", "HK", "CU", "SY"]))
        let account = account(
            .abuse(.unsupportedRegion, campaign: nextCampaign(.unsupportedRegion)), country: country(of: city))
        let provider = random.below(world.vpn.count)
        let exit = add(random.chance(0.5) ? Access(kind: .hopping, key: UInt64(provider)) : vpnExit(provider))
        var ways = ownLinks(city)
        let share = Float(random.real(0.1...0.6))
        for way in ways { ways.append(Link(access: exit, device: way.device, weight: way.weight * share)) }
        let actor = live(
            account, in: city, ways, registered: registrationTime(zone(city)),
            rate: personalRate() + Float(0.9 / assumptions.patience.squareRoot()))
        edit(actor: actor) { $0.to = max($0.to, $0.from < 0 ? $0.to : $0.from + 12 * Self.day) }
    }

    /// Node after node: many countries a day, on most days.
    mutating func addHopper() {
        let city = someCity()
        let account = account(
            .abuse(.regionHopping, campaign: nextCampaign(.regionHopping)), country: country(of: city))
        let machine = computer()
        let nodes: [Link]
        if random.chance(0.6) {
            nodes = [
                Link(access: add(Access(kind: .hopping, key: UInt64(random.below(world.vpn.count)))), device: machine),
                Link(access: add(Access(kind: .hopping, key: UInt64(random.below(world.vpn.count)))), device: machine),
            ]
        } else {
            nodes = [Link(access: add(Access(kind: .proxies)), device: machine)]
        }
        let registered = registrationTime(zone(city))
        let actor = live(
            account, in: city, nodes, registered: registered, rhythm: .day,
            rate: Float(random.real(3...8) / assumptions.patience.squareRoot()), length: 2)
        edit(actor: actor) { $0.to = max($0.to, $0.from < 0 ? $0.to : $0.from + 10 * Self.day) }
    }

    /// Stolen cards tried in a row; a few are good.
    mutating func addCardTesters(atMost rest: Int) {
        var campaign = plan(.cardTesting, size: 3...15, atMost: rest)
        if campaign.accesses.isEmpty { campaign.accesses = [operatorLine(campaign.city)] }
        for index in 0..<campaign.size {
            let account = recruit(campaign)
            let isOld = random.chance(0.3)
            let start = campaign.start + Int64(random.real(0...4) * Double(Self.day))
            let ways = [Link(access: campaign.accesses[0], device: machine(campaign, index))]
            let actor = farm(account, campaign, ways, at: isOld ? nil : start, rate: 0.2)
            var time = within(start + Int64(random.real(0.1...10) * Double(Self.hour)))
            for _ in 0..<Int(Double(random.int(15...80)) / assumptions.patience) where time < span {
                let card = newCard(random.below(world.geography.countries.count))
                pay(card, of: account, actor: actor, at: time, succeeds: random.chance(0.12))
                time += Int64(random.exponential(mean: 50 * assumptions.patience * assumptions.patience) * 1000) + 2000
            }
        }
    }

    /// One card behind accounts that else have little in common.
    mutating func addSharedCard(atMost rest: Int) {
        var campaign = plan(.sharedCard, size: 8...30, atMost: rest)
        if campaign.accesses.isEmpty, random.chance(0.5) { campaign.accesses = [operatorLine(campaign.city)] }
        let cards = (0..<max(1, campaign.size / 20)).map { _ in newCard(random.below(world.geography.countries.count)) }
        for index in 0..<campaign.size {
            let account = recruit(campaign)
            let time = within(
                campaign.start + Int64(random.real(0...8) * assumptions.patience * Double(Self.day)))
            let device = machine(campaign, index)
            let access = campaign.accesses.isEmpty ? addHome(campaign.city) : campaign.accesses[0]
            let actor = farm(account, campaign, [Link(access: access, device: device)], at: time)
            let card = cards[index % cards.count]
            edit(account) { $0.card = card }
            let paid = time + Int64(random.real(0.05...30) * Double(Self.hour))
            pay(card, of: account, actor: actor, at: paid, succeeds: random.chance(0.8))
        }
    }

    /// Closed by an analyst, and back with the same phone, card or number.
    mutating func addEvader(atMost rest: Int) {
        var campaign = plan(.banEvasion, size: 4...10, atMost: rest)
        campaign.size = max(2, min(campaign.size, 10))
        let lives = (0..<2).map { _ in campaign.accesses.first ?? addHome(campaign.city) }
        let old = device()
        let keepsDevice = random.chance(0.7)
        let keepsCard = !keepsDevice || random.chance(0.4)
        let card = newCard(campaign.country)
        let number = phoneNumber(campaign.country)
        let first = max(1, campaign.size / 3)
        let closing = Int64(random.real(0.15...0.5) * Double(span))
        for index in 0..<campaign.size {
            let account = recruit(campaign)
            let isClosed = index < first
            let time =
                isClosed
                ? (random.chance(0.5) ? nil : Int64(random.below(Int(closing * 9 / 10))))
                : within(closing + Int64(random.real(0.1...10) * Double(Self.day)))
            let device = isClosed || keepsDevice ? old : self.device()
            let actor = farm(
                account, campaign, [Link(access: lives[isClosed ? 0 : 1], device: device)], at: time, rate: 0.7)
            if keepsCard {
                edit(account) { $0.card = card }
                let paid = max(time ?? 0, 0) + Int64(random.real(0.1...20) * Double(Self.hour))
                pay(card, of: account, actor: actor, at: paid, succeeds: true)
            } else if !keepsDevice {
                edit(account) { $0.phone = number }
            }
            if isClosed {
                edit(actor: actor) { $0.to = closing }
                violate(account, actor, at: closing - Int64(random.real(0.1...3) * Double(Self.day)), severity: 3)
                verdicts.append(
                    VerdictLine(
                        time: closing + Int64(index) * 45_000, account: account, why: "severe violation, confirmed"))
            }
        }
    }

    /// One account that offends again and again, and worse.
    mutating func addOffender() {
        let city = someCity()
        let label = Label.abuse(.policyAbuse, campaign: nextCampaign(.policyAbuse))
        let (account, ways, registered) = owner(label, city)
        let actor = live(account, in: city, ways, registered: registered, rate: personalRate() + 0.5)
        edit(actor: actor) { $0.to = Int64.max }
        var time = max(0, registered ?? 0) + Int64(random.real(0.2...0.4) * Double(span) * 0.5)
        for step in 0..<random.int(3...10) {
            violate(account, actor, at: time, severity: min(4, 1 + (step + random.below(3)) / 2))
            time += Int64(random.exponential(mean: 30 * assumptions.patience) * Double(Self.hour))
        }
    }
}
