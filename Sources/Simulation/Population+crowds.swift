/// Innocents who share an address, a device or a key with many others.
extension Population {
    mutating func addCrowd(_ kind: InnocentClass, atMost rest: Int) {
        switch kind {
        case .carrierNAT: addCarrierRegion(atMost: rest)
        case .campus: addCampus(atMost: rest)
        case .office: addOffice(atMost: rest)
        case .onboarding: addOnboarding(atMost: rest)
        case .classroom: addSchool(atMost: rest)
        case .conference: addConference(atMost: rest)
        case .kiosk: addKiosk(atMost: rest)
        case .farmNeighbour: addNeighbour()
        case .ciFleet: addFleet()
        case .keyOwner: addKeyOwner(atMost: rest)
        case .shiftTerminal: addTerminal(atMost: rest)
        case .supportStaff: addSupport(atMost: rest)
        default: addMission(atMost: rest)
        }
    }

    private mutating func crowd(_ range: ClosedRange<Int>, atMost rest: Int) -> Int {
        min(rest, Int(Double(random.int(range)) * assumptions.crowding))
    }

    /// Customers of one mobile network who know no other access.
    private mutating func addCarrierRegion(atMost rest: Int) {
        let city = self.city(of: random.pick(["IN", "ID", "NG", "BR", "PK", "BD", "PH", "EG", "MX", "KE"]))
        let gateway = mobile(city)
        for _ in 0..<crowd(150...600, atMost: rest) {
            let account = account(.innocent(.carrierNAT), country: country(of: city))
            var own = gateway
            own.key = random.next() >> 8
            let ways = [Link(access: add(own), device: phone())]
            live(account, in: city, ways, registered: registrationTime(zone(city), .day), rhythm: .day)
        }
    }

    /// Students in rooms and lecture halls; at home and on the phone elsewhere.
    private mutating func addCampus(atMost rest: Int) {
        let city = someCity()
        let name = Names.organisation(&random)
        let pool = world.addSite(.campus, name: "University of \(name)", city: city, blocks: 2)
        let access = add(Access(kind: .site, pool: Int32(pool), first: 10, span: Int32(random.int(2...8))))
        // Terms begin: many register within the same days.
        let term = Int64(random.below(days))
        for _ in 0..<crowd(60...300, atMost: rest) {
            let account = account(.innocent(.campus), country: country(of: city))
            let laptop = computer()
            var ways = [
                Link(access: access, device: laptop, weight: 1.2, hours: (8, 20), workdaysOnly: true),
                Link(access: addHome(city), device: laptop, weight: 0.5),
            ]
            if random.chance(0.8) {
                let phone = phone()
                ways.append(Link(access: access, device: phone, weight: 0.6, hours: (8, 20), workdaysOnly: true))
                ways.append(Link(access: add(mobile(city)), device: phone, weight: 0.4))
            }
            let registered =
                random.chance(0.3)
                ? moment(min(Int64(days - 1), term + Int64(random.below(4))), zone(city), .work)
                : registrationTime(zone(city), .day)
            live(account, in: city, ways, registered: registered, rhythm: .day)
        }
    }

    private mutating func addOffice(atMost rest: Int) {
        let city = someCity()
        let size = crowd(8...90, atMost: rest)
        let name = Names.organisation(&random)
        let line = add(officeLine(city, name: name, people: size))
        for _ in 0..<size {
            let account = account(.innocent(.office), country: country(of: city))
            let laptop = computer()
            let ways =
                [Link(access: line, device: laptop, weight: 1.5, hours: (8, 19), workdaysOnly: true)]
                + ownLinks(city) + [Link(access: addHome(city), device: laptop, weight: 0.2)]
            live(account, in: city, ways, registered: registrationTime(zone(city), .work), rhythm: .day)
        }
    }

    /// A company's people register in one morning, by the company's rule for names.
    private mutating func addOnboarding(atMost rest: Int) {
        let city = someCity()
        let size = max(min(rest, 12), crowd(40...200, atMost: rest))
        let name = Names.organisation(&random)
        let line = add(officeLine(city, name: name, people: size))
        let country = country(of: city)
        let culture = world.geography.countries[country].culture
        let domain = "\(name)\(random.below(100)).\(random.pick(["com", "io", "co", "net"]))"
        let morning = weekday(hour: random.int(8...10), city)
        for _ in 0..<size {
            let mailbox = takeMailbox(Names.official(culture: culture, &random), domain)
            let username = String(mailbox.prefix { $0 != "@" })
            let account = add(.innocent(.onboarding), country: country, username: username, email: mailbox, phone: "")
            let laptop = computer()
            var ways = [
                Link(access: line, device: laptop, weight: 1.5, hours: (7, 19)),
                Link(access: addHome(city), device: laptop, weight: 0.3, hours: (18, 24)),
            ]
            if random.chance(0.4) { ways.append(Link(access: add(mobile(city)), device: phone(), weight: 0.3)) }
            let time = within(morning + Int64(random.below(3 * 3_600_000)))
            let actor = live(account, in: city, ways, registered: time, rhythm: .work, rate: personalRate() + 0.3)
            if random.chance(0.8) { edit(actor: actor) { $0.to = Int64.max } }
        }
    }

    /// A time on a working day, by the local clock.
    private mutating func weekday(hour: Int, _ city: Int) -> Int64 {
        var day = random.below(days)
        // The first day is a Monday.
        if day % 7 >= 5 { day = max(0, day - 2) }
        let time = Int64(day) * Self.day + Int64(hour) * Self.hour - Int64(zone(city)) * Self.minute
        return min(span - 6 * Self.hour, max(0, time))
    }

    /// Classes of a school sign up in one lesson each; some in the room of computers that all classes use.
    private mutating func addSchool(atMost rest: Int) {
        let city = someCity()
        let country = country(of: city)
        let line = add(businessLine(city))
        let name = Names.organisation(&random)
        let usesLab = random.chance(0.4)
        let lab = (0..<30).map { _ in device(.lab) }
        let namesByNumber = random.chance(0.35)
        let culture = world.geography.countries[country].culture
        var left = rest
        for course in 1...random.int(1...4) where left > 0 {
            let lesson = weekday(hour: random.int(8...13), city)
            let size = min(left, random.int(25...35))
            left -= size
            for seat in 0..<size {
                let account: Int32
                if namesByNumber {
                    let mailbox = takeMailbox(
                        "pupil\(course)\(seat < 9 ? "0" : "")\(seat + 1)", "\(name)-school.example")
                    let username = String(mailbox.prefix { $0 != "@" })
                    account = add(
                        .innocent(.classroom), country: country, username: username, email: mailbox, phone: "")
                } else if random.chance(0.5) {
                    let mailbox = takeMailbox(Names.official(culture: culture, &random), "\(name)-school.example")
                    let username = String(mailbox.prefix { $0 != "@" })
                    account = add(
                        .innocent(.classroom), country: country, username: username, email: mailbox, phone: "")
                } else {
                    account = self.account(.innocent(.classroom), country: country)
                }
                let machine = usesLab ? lab[seat % lab.count] : device(random.chance(0.6) ? .tablet : nil)
                var ways = [Link(access: line, device: machine, hours: (8, 15), workdaysOnly: true)]
                if random.chance(0.6) {
                    ways.append(Link(access: addHome(city), device: device(), weight: 0.4, hours: (14, 22)))
                }
                let time = lesson + Int64(random.int(240...2100)) * 1000
                live(account, in: city, ways, registered: within(time), rhythm: .day)
            }
        }
    }

    /// Two or three days of many visitors at one hotel's addresses; most have an account, some make one there.
    private mutating func addConference(atMost rest: Int) {
        let city = someCity()
        let pool = random.pick(world.fixed[city])
        let hall = add(site(pool, span: random.int(1...2)))
        let start = weekday(hour: 8, city)
        let end = start + Int64(random.int(34...58)) * Self.hour
        for _ in 0..<crowd(60...250, atMost: rest) {
            let home =
                random.chance(0.5) ? self.city(of: world.geography.countries[country(of: city)].code) : someCity()
            let account = account(.innocent(.conference), country: country(of: home))
            var ways = ownLinks(home)
            let (phone, other) = (ways[0].device, ways[ways.count - 1].device)
            let venue = [Link(access: hall, device: other), Link(access: hall, device: phone, weight: 0.5)]
            ways += journey(from: start, to: end, flightHours: home == city ? 0.5 : flightHours(home, city), venue)
            let signsUp = random.chance(0.3)
            let registered = signsUp ? start + Int64(random.below(8 * 3_600_000)) : nil
            if let registered {
                let link = links.count + ways.count - 2
                let actor = live(account, in: home, ways, registered: nil, rhythm: .day, rate: personalRate() + 0.3)
                edit(actor: actor) { $0.from = registered }
                register(account, registered, link: link)
            } else {
                live(account, in: home, ways, registered: nil, rhythm: .day, rate: personalRate() + 0.3)
            }
        }
    }

    /// A computer in a library or café: many people over weeks, a few of them without any other.
    private mutating func addKiosk(atMost rest: Int) {
        let city = someCity()
        let line = add(businessLine(city))
        let machines = (0..<random.int(1...3)).map { _ in device(.lab) }
        for _ in 0..<crowd(20...60, atMost: rest) {
            let account = account(.innocent(.kiosk), country: country(of: city))
            var ways = [Link(access: line, device: random.pick(machines), hours: (9, 21))]
            if random.chance(0.6) { ways += [Link(access: add(mobile(city)), device: phone(), weight: 0.6)] }
            live(account, in: city, ways, registered: registrationTime(zone(city), .day), rhythm: .day, rate: 0.15)
        }
    }

    /// An ordinary person; ``Population/settleNeighbours()`` moves them next to a farm.
    private mutating func addNeighbour() {
        let city = someCity()
        let account = account(.innocent(.farmNeighbour), country: country(of: city))
        neighbours.append(live(account, in: city, ownLinks(city), registered: registrationTime(zone(city))))
    }

    /// A company's tests run on rented machines, a new address for each run, with one key.
    private mutating func addFleet() {
        let city = someCity()
        let account = account(.innocent(.ciFleet), country: country(of: city))
        giveKey(account)
        live(
            account, in: city, ownLinks(city),
            registered: random.chance(0.3) ? registrationTime(zone(city), .work) : nil)
        let network = world.pools[random.pick(world.hosting)].network
        let ways = world.hosting.filter { world.pools[$0].network == network }.prefix(random.int(1...4)).map { pool in
            Link(
                access: add(Access(kind: .any, pool: Int32(pool), span: Int32(world.pools[pool].used))),
                device: program())
        }
        let rhythm: Rhythm = random.chance(0.6) ? .work : .flat
        drive(account, Array(ways), rate: Float(random.real(1...5)), length: 4, rhythm: rhythm, zone: zone(city))
    }

    /// A company whose accounts' keys are used on one build server.
    private mutating func addKeyOwner(atMost rest: Int) {
        let city = someCity()
        let name = Names.organisation(&random)
        let size = min(rest, random.int(4...9))
        let line = add(officeLine(city, name: name, people: size))
        let pool = random.pick(world.hosting)
        let server = add(site(pool, span: 1))
        let program = program()
        let culture = world.geography.countries[country(of: city)].culture
        let start = registrationTime(zone(city), .work)
        for index in 0..<size {
            let mailbox = takeMailbox(Names.official(culture: culture, &random), "\(name).io")
            let username = String(mailbox.prefix { $0 != "@" })
            let account = add(
                .innocent(.keyOwner), country: country(of: city), username: username, email: mailbox, phone: "")
            giveKey(account)
            let ways = [Link(access: line, device: computer(), weight: 1, hours: (8, 19))] + ownLinks(city)
            let registered = start.map { within($0 + Int64(index * random.int(10...3000)) * Self.minute) }
            live(account, in: city, ways, registered: registered, rhythm: .day, activity: .developer)
            drive(
                account, [Link(access: server, device: program)], rate: Float(random.real(0.5...3)), length: 4,
                rhythm: .work, zone: zone(city), from: registered)
        }
    }

    /// A program that calls with the account's key.
    @discardableResult
    mutating func drive(
        _ account: Int32, _ ways: [Link], rate: Float, length: Float, rhythm: Rhythm, zone: Int, from: Int64? = nil
    ) -> Int {
        add(ways) {
            Actor(
                account: account, links: $0, from: from ?? Int64.min, to: Int64.max, rate: rate, length: length,
                rhythm: rhythm, zoneMinutes: zone, activity: .program)
        }
    }

    /// One terminal in a shop or factory, three shifts of people with accounts of their own.
    private mutating func addTerminal(atMost rest: Int) {
        let city = someCity()
        let line = add(businessLine(city))
        let terminal = device(.windows)
        for index in 0..<min(rest, random.int(6...14)) {
            let account = account(.innocent(.shiftTerminal), country: country(of: city))
            let start = UInt8([6, 14, 22][index % 3])
            let ways = [Link(access: line, device: terminal, weight: 2, hours: (start, start + 8))] + ownLinks(city)
            live(
                account, in: city, ways, registered: registrationTime(zone(city), .work),
                rhythm: index % 3 == 2 ? .night : .day, rate: 0.6, length: 3)
        }
    }

    /// Support staff: test accounts of their own, on each other's machines.
    private mutating func addSupport(atMost rest: Int) {
        let city = someCity()
        let size = min(rest, random.int(5...15))
        let line = add(officeLine(city, name: Names.organisation(&random), people: size))
        let machines = (0..<max(2, size / 2)).map { _ in computer() }
        for _ in 0..<size {
            let account = account(.innocent(.supportStaff), country: country(of: city))
            let ways = (0..<random.int(1...3)).map { _ in
                Link(access: line, device: random.pick(machines), hours: (7, 20))
            }
            live(
                account, in: city, ways, registered: registrationTime(zone(city), .work), rhythm: .work, rate: 1.2,
                length: 2)
        }
    }

    /// Aid workers in a listed region behind their organisation's VPN, which is forgotten now and then.
    private mutating func addMission(atMost rest: Int) {
        let city = self.city(of: random.pick(["SY", "IR", "CU", "SY"]))
        let office = self.city(of: random.pick(["CH", "DE", "US", "GB", "AT"]))
        let provider = random.below(world.vpn.count)
        let exit = add(random.chance(0.5) ? vpnExit(provider, near: office) : businessLine(office))
        let line = add(businessLine(city))
        for _ in 0..<min(rest, random.int(5...25)) {
            let account = account(.innocent(.ngoVPN), country: country(of: office))
            let laptop = computer()
            var ways = [
                Link(access: exit, device: laptop, weight: 1), Link(access: exit, device: phone(), weight: 0.5),
            ]
            if random.chance(0.4) { ways.append(Link(access: line, device: laptop, weight: 0.03)) }
            live(account, in: city, ways, registered: registrationTime(zone(city), .work), rhythm: .day)
        }
    }
}
