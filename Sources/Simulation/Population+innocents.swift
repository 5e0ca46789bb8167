/// Innocents as they live alone or in small circles.
extension Population {
    /// Adds accounts of a class until there are `count` more.
    mutating func addInnocents(_ kind: InnocentClass, _ count: Int) {
        let goal = accounts.count + count
        while accounts.count < goal {
            let rest = goal - accounts.count
            switch kind {
            case .carrierNAT, .campus, .office, .onboarding, .classroom, .conference, .kiosk, .farmNeighbour,
                .ciFleet, .keyOwner, .shiftTerminal, .supportStaff, .ngoVPN:
                addCrowd(kind, atMost: rest)
            case .household: addHousehold(atMost: rest, sharesCard: false)
            case .familyCard: addHousehold(atMost: rest, sharesCard: true)
            case .secondHandDevice: addSecondHand()
            case .aliasUser: addAliasUser(atMost: rest)
            default: addPerson(kind)
            }
        }
    }

    /// A person of a class, in a city of choice.
    private mutating func addPerson(_ kind: InnocentClass) {
        let city = kind == .borderCommuter ? self.city(of: random.pick(["FR", "DE", "BE", "NL", "MY"])) : someCity()
        let account = account(.innocent(kind), country: country(of: city))
        switch kind {
        case .traveller: addTraveller(account, city)
        case .vpnUser: addVPNUser(account, city)
        case .holidayUnsupported: addHoliday(account, city)
        case .forgetful: addForgetful(account, city)
        default:
            let ways = personalWays(kind == .triedButHeld ? someWay() : kind, city)
            if kind == .maskedMail { maskMail(account) }
            if kind == .expatriate { giveCard(account, newCard(random.below(world.geography.countries.count))) }
            let actor = live(account, in: city, ways, registered: registrationTime(zone(city)))
            if kind == .policyWarning {
                let first = max(0, actors[actor].from)
                let time = first + Int64(random.below(Int(span - first)))
                incidents.append(
                    Incident(
                        time: time, kind: .violation, account: account, link: -1, actor: Int32(actor),
                        value: UInt64(random.int(1...2))))
            }
            if kind == .declinedCard { decline(account, actor) }
        }
    }

    /// How somebody is met whose network is the trouble.
    mutating func personalWays(_ kind: InnocentClass, _ city: Int) -> [Link] {
        switch kind {
        case .roamingPhone:
            // The traffic of a foreign SIM leaves at its home network, or at the seller's hub.
            let away = random.chance(0.5) ? self.city(of: random.pick(["GB", "PL", "SG", "FR", "US"])) : someCity()
            let phone = phone()
            return [
                Link(access: addHome(city), device: phone, weight: 0.5),
                Link(access: add(mobile(away)), device: phone, weight: 0.5, hours: (7, 24)),
            ]
        case .relayUser:
            let phone = device(.iphone)
            let mac = device(.mac)
            return [
                Link(access: add(relay(city)), device: phone, weight: 0.6),
                Link(access: add(relay(city)), device: mac, weight: 0.4),
                Link(access: addHome(city), device: phone, weight: 0.1),
            ]
        case .satellite:
            let dish = world.satellites[country(of: city)][0]
            let access = add(Access(kind: .any, pool: Int32(dish), span: Int32(world.pools[dish].used)))
            let phone = phone()
            return [
                Link(access: access, device: phone, weight: 0.5), Link(access: access, device: computer(), weight: 0.5),
                Link(access: add(mobile(city)), device: phone, weight: 0.3, hours: (8, 20)),
            ]
        case .commuter:
            // The network's hub may be the other end of the country.
            let country = country(of: city)
            let hub = Access(kind: .gateway, pool: Int32(random.pick(world.mobile[country])), key: random.next() >> 8)
            let phone = phone()
            let work = add(businessLine(random.pick(world.geography.countries[country].cities.prefix(1))))
            return [
                Link(access: addHome(city), device: phone, weight: 0.5),
                Link(access: add(hub), device: phone, weight: 1.5, hours: (6, 10)),
                Link(access: add(hub), device: phone, weight: 1.5, hours: (16, 20)),
                Link(
                    access: work, device: random.chance(0.5) ? phone : computer(), weight: 1, hours: (8, 17),
                    workdaysOnly: true),
            ]
        case .borderCommuter:
            let country = world.geography.countries[country(of: city)].code
            let other = self.city(of: ["FR": "CH", "DE": "LU", "BE": "NL", "NL": "BE", "MY": "SG"][country] ?? "LU")
            let phone = phone()
            return [
                Link(access: addHome(city), device: phone, weight: 0.5),
                Link(access: add(mobile(city)), device: phone, weight: 0.4),
                Link(access: add(mobile(other)), device: phone, weight: 0.4),
                Link(
                    access: add(businessLine(other)), device: computer(), weight: 1, hours: (8, 18), workdaysOnly: true),
            ]
        case .wrongGeoIP:
            let local = world.wandering.filter { world.pools[$0].city == city }
            let pool = local.isEmpty ? world.fixed[city][0] : random.pick(local)
            let line = add(
                Access(
                    kind: .home, pool: Int32(pool), leaseHours: random.pick([6, 12, 24, 48] as [Int32]),
                    key: random.next()))
            return ownLinks(city, home: line)
        default: return ownLinks(city)
        }
    }

    /// How somebody is met who is attacked: anybody, so with any trouble of their own.
    mutating func someWay() -> InnocentClass {
        random.pick([.ordinary, .ordinary, .ordinary, .ordinary, .commuter, .relayUser, .roamingPhone, .wrongGeoIP])
    }

    private mutating func addTraveller(_ account: Int32, _ city: Int) {
        var ways = ownLinks(city)
        let (phone, laptop) = (ways[0].device, ways[ways.count - 1].device)
        var time = Int64(random.real(0...8) * Double(Self.day))
        var here = city
        for _ in 0..<random.int(1...3) where time < span {
            let there = someCity()
            let flight = flightHours(here, there)
            let end = time + Int64(random.real(1...6) * Double(Self.day))
            let hotel = add(businessLine(there))
            let roaming = add(mobile(random.chance(0.6) ? there : city))
            ways += journey(
                from: time, to: end, flightHours: flight,
                [
                    Link(access: hotel, device: phone, weight: 0.4), Link(access: hotel, device: laptop, weight: 0.4),
                    Link(access: roaming, device: phone, weight: 0.4),
                ])
            here = there
            time = end + Int64((flight + 4 + random.exponential(mean: 90)) * Double(Self.hour))
            here = city
        }
        live(account, in: city, ways, registered: nil, rhythm: .day, rate: personalRate() + 0.4)
    }

    private mutating func addVPNUser(_ account: Int32, _ city: Int) {
        let provider = random.below(world.vpn.count)
        let laptop = computer()
        let phone = phone()
        var ways = [Link(access: addHome(city), device: phone, weight: 0.2)]
        // A few favourite exits, and now and then any.
        for _ in 0..<random.int(1...3) {
            let exit = add(vpnExit(provider, near: random.chance(0.5) ? city : nil))
            ways.append(Link(access: exit, device: laptop, weight: 0.5))
            ways.append(Link(access: exit, device: phone, weight: 0.3))
        }
        if random.chance(0.4) {
            ways.append(Link(access: add(Access(kind: .hopping, key: UInt64(provider))), device: laptop, weight: 0.2))
        }
        let registered = registrationTime(zone(city))
        let actor = live(account, in: city, ways, registered: registered)
        if registered != nil, random.chance(0.6) { edit(actor: actor) { $0.to = Int64.max } }
    }

    private mutating func addHoliday(_ account: Int32, _ city: Int) {
        var ways = ownLinks(city)
        let there = self.city(of: random.pick(["CN", "HK", "RU", "CU", "HK", "CN"]))
        let start = Int64(random.real(1...Double(max(2, days - 6))) * Double(Self.day))
        let end = start + Int64(random.real(2...10) * Double(Self.day))
        let phone = ways[0].device
        ways += journey(
            from: start, to: end, flightHours: flightHours(city, there),
            [
                Link(access: add(businessLine(there)), device: phone, weight: 0.5),
                Link(access: add(mobile(random.chance(0.5) ? there : city)), device: phone, weight: 0.5),
            ])
        live(account, in: city, ways, registered: nil, rate: personalRate() + 0.3)
    }

    private mutating func addForgetful(_ account: Int32, _ city: Int) {
        let actor = live(account, in: city, ownLinks(city), registered: registrationTime(zone(city)))
        edit(actor: actor) { $0.forgetfulness = 0.5 }
        // One evening of trying every password that there was.
        let time = max(actors[actor].from, moment(Int64(random.below(days)), zone(city), .evening))
        let tries = random.int(8...30)
        for attempt in 0..<tries {
            incidents.append(
                Incident(
                    time: time + Int64(attempt) * Int64(random.int(8...40)) * 1000, kind: .failure,
                    account: account, link: -1, actor: Int32(actor)))
        }
        incidents.append(
            Incident(
                time: time + Int64(tries * 45) * 1000, kind: .success, account: account, link: -1,
                actor: Int32(actor)))
    }

    private mutating func decline(_ account: Int32, _ actor: Int) {
        let home = accounts[Int(account)].country
        let bad = newCard(home)
        let card = random.chance(0.5) ? bad : newCard(home)
        let time = max(0, actors[actor].from) + Int64(random.below(Int(span / 3)))
        let tries = random.int(1...4)
        for attempt in 0..<tries {
            pay(
                bad, of: account, actor: actor, at: time + Int64(attempt * random.int(40...300)) * 1000, succeeds: false
            )
        }
        pay(card, of: account, actor: actor, at: time + Int64(tries * 320) * 1000, succeeds: true)
    }

    /// A mailbox of a forwarding service: letters that mean nothing, at the service's domain.
    private mutating func maskMail(_ account: Int32) {
        let domain = random.pick(["privaterelay.appleid.com", "mozmail.com", "simplelogin.com", "duck.com"])
        let name =
            random.chance(0.5) ? Names.letters(10, &random) : "\(Names.letters(5, &random))_\(random.int(10...99))"
        let mailbox = takeMailbox(name, domain)
        edit(account) { $0.email = mailbox }
    }

    /// A family at one line: phones of their own, a tablet or computer for all.
    private mutating func addHousehold(atMost rest: Int, sharesCard: Bool) {
        let city = someCity()
        let line = addHome(city)
        let shared = random.chance(0.6) ? device(.tablet) : computer()
        let size = min(rest, sharesCard ? random.int(3...4) : random.int(2...5))
        let card = newCard(country(of: city))
        // Some households make their accounts in one evening.
        let together = random.chance(0.3) ? moment(Int64(random.below(days)), zone(city), .evening) : nil
        for index in 0..<size {
            let account = account(.innocent(sharesCard ? .familyCard : .household), country: country(of: city))
            if sharesCard { giveCard(account, card) }
            var ways = [Link(access: line, device: shared, weight: 0.5)]
            if random.chance(0.7) {
                let phone = phone()
                ways.append(Link(access: line, device: phone, weight: 0.4))
                ways.append(Link(access: add(mobile(city)), device: phone, weight: 0.2, hours: (7, 23)))
            }
            let registered = together.map { within($0 + Int64(index * random.int(5...25)) * Self.minute) }
            live(account, in: city, ways, registered: registered ?? registrationTime(zone(city)))
        }
    }

    /// A phone or computer changes hands; each owner has an account.
    private mutating func addSecondHand() {
        let city = someCity()
        let device = device()
        let sale = Int64(random.real(0.2...0.8) * Double(span))
        for isBuyer in [false, true] {
            let account = account(.innocent(.secondHandDevice), country: country(of: city))
            let line = addHome(city)
            var ways = [Link(access: line, device: device), Link(access: line, device: self.device(), weight: 0.3)]
            if isBuyer {
                ways[0].from = sale
                ways[1].to = sale + Self.hour
                live(account, in: city, ways, registered: random.chance(0.4) ? sale + 2 * Self.hour : nil)
            } else {
                ways[0].to = sale - Self.day
                ways[1].from = sale - 2 * Self.day
                live(account, in: city, ways, registered: nil)
            }
        }
    }

    /// A person with a private and a work account in one mailbox.
    private mutating func addAliasUser(atMost rest: Int) {
        let city = someCity()
        let ways = ownLinks(city)
        let culture = world.geography.countries[country(of: city)].culture
        let mailbox = takeMailbox(Names.username(.dotted, culture: culture, &random), "gmail.com")
        let tags = ["", "+work", "+test", "+ai", "+shop", "+2"]
        for index in 0..<min(rest, random.int(2...3)) {
            let account = account(.innocent(.aliasUser), country: country(of: city))
            let tag = index == 0 ? "" : random.pick(tags.dropFirst())
            edit(account) { $0.email = mailbox.replacing("@", with: "\(tag)@") }
            live(account, in: city, ways, registered: registrationTime(zone(city)))
        }
    }
}
