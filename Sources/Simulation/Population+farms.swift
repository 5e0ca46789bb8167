/// Campaigns that make many accounts.
extension Population {
    /// Adds campaigns of a kind until there are `count` more accounts, at least one campaign.
    mutating func addAbuse(_ kind: AbuseKind, _ count: Int) {
        let goal = accounts.count + count
        repeat {
            let rest = max(1, goal - accounts.count)
            switch kind {
            case .batchOneAddress, .batchPrefix, .batchProxied, .batchSlow, .aliasFarm, .smsFarm:
                addBatch(kind, atMost: rest)
            case .deviceFarm: addDeviceFarm(atMost: rest)
            case .warmedFarm: addWarmedFarm(atMost: rest)
            case .keyGathering: addGathering(atMost: rest)
            case .apiResale: addResale()
            case .sharedAccount: addSharedAccount()
            case .unsupportedRegion: addUnserved()
            case .regionHopping: addHopper()
            case .cardTesting: addCardTesters(atMost: rest)
            case .sharedCard: addSharedCard(atMost: rest)
            case .banEvasion: addEvader(atMost: rest)
            case .policyAbuse: addOffender()
            case .stuffing, .spraying, .slowStuffing: addCredentialAttack(kind, atMost: rest)
            }
        } while accounts.count < goal
    }

    /// What the campaigns of this kind and these assumptions have in common.
    ///
    /// - Parameters:
    ///   - size: accounts, before patience divides them.
    ///   - isProxied: whether the kind itself asks for residential proxies.
    mutating func plan(
        _ kind: AbuseKind, size: ClosedRange<Int>, atMost rest: Int, isProxied: Bool = false
    ) -> Campaign {
        // Remainders join the last campaign: a campaign of three accounts would be none.
        let wanted = max(8, Int(Double(random.int(size)) / assumptions.patience.squareRoot()))
        let count = rest < wanted + 8 ? max(rest, min(8, size.lowerBound)) : wanted
        let codes = ["VN", "ID", "BR", "NG", "RU", "CN", "IN", "UA", "US", "PK", "TR", "RO", "PH", "BD", "DE", "GB"]
        let city = self.city(of: random.pick(codes))
        let country = random.chance(0.5) ? self.country(of: city) : self.country(of: someCity())
        let styles: [Names.Style] = [.longNumber, .letters, .words, .wordNumber, .dotted, .joined]
        let template =
            random.chance(assumptions.humanNames)
            ? nil
            : Campaign.Template(
                style: random.pick(styles), culture: world.geography.countries[country].culture,
                digits: random.int(2...5))
        let domain: String? =
            template == nil
            ? nil
            : [
                "gmail.com", "outlook.com", "hotmail.com", "mail.example",
                "\(Names.organisation(&random))\(random.below(100)).\(random.pick(["com", "net", "xyz", "top"]))",
            ][random.weighted([3, 4, 3, 1, 3])]
        let platform: Agents.Platform = random.pick([.windows, .android, .windows, .android, .mac, .iphone])
        let agent = random.pick(Agents.byPlatform[platform.rawValue])
        let machines = random.chance(assumptions.ownDevices) ? 0 : max(1, count / random.int(5...20))
        let devices = (0..<machines).map { _ in device(agent: agent) }
        var accesses: [Int32] = []
        if isProxied || random.chance(assumptions.proxied) { accesses = [add(Access(kind: .proxies))] }
        return Campaign(
            kind: kind, number: nextCampaign(kind), city: city, country: country, size: count,
            start: Int64(random.real(0.03...0.7) * Double(span)), template: template, domain: domain, devices: devices,
            agent: agent, accesses: accesses)
    }

    /// The operator's next account.
    mutating func recruit(_ campaign: Campaign) -> Int32 {
        guard let template = campaign.template else { return account(campaign.label, country: campaign.country) }
        let name = template.username(&random)
        var email = ""
        if !random.chance(assumptions.emailMissing) {
            let domain: String
            if let own = campaign.domain { domain = own } else { domain = mailDomain() }
            email = takeMailbox(name, domain)
        }
        let phone = random.chance(max(0.5, assumptions.phoneMissing)) ? "" : phoneNumber(campaign.country)
        return add(campaign.label, country: campaign.country, username: name, email: email, phone: phone)
    }

    /// The device of the operator's account number `index`.
    mutating func machine(_ campaign: Campaign, _ index: Int) -> Int32 {
        if !campaign.devices.isEmpty { return campaign.devices[index % campaign.devices.count] }
        return campaign.template == nil ? device() : device(agent: campaign.agent)
    }

    /// A line from which one operator works: at home, in a rented rack, behind a VPN, or a mobile stick.
    mutating func operatorLine(_ city: Int) -> Int32 {
        let access: Access
        switch random.below(10) {
        case 0...3: access = businessLine(city)
        case 4...5: access = site(random.pick(world.hosting), span: 1)
        case 6: access = vpnExit(random.below(world.vpn.count))
        default: access = mobile(city)
        }
        let line = add(access)
        if access.kind != .any { farmLines.append(line) }
        return line
    }

    /// Registers an account and gives it a farm's life.
    mutating func farm(
        _ account: Int32, _ campaign: Campaign, _ ways: [Link], at time: Int64?, rate: Float? = nil
    ) -> Int {
        let rate = rate ?? Float(random.real(0.1...1.2))
        let isIdle = random.chance(0.25)
        let from = time ?? Int64.min
        let to = time == nil ? Int64.max : from + Int64(random.real(2...25) * Double(Self.day))
        let rhythm: Rhythm = random.pick([.day, .night, .flat, .evening])
        let zone = zone(campaign.city)
        let length = Float(random.real(1...8))
        let actor = add(ways) {
            Actor(
                account: account, links: $0, from: from, to: to, rate: isIdle ? 0.02 : rate, length: length,
                rhythm: rhythm, zoneMinutes: zone, activity: .chat, forgetfulness: 0.02)
        }
        if let time { register(account, time, link: actors[actor].links.lowerBound) }
        if random.chance(0.12) {
            let later = max(0, from) + Int64(random.real(1...12) * Double(Self.day))
            violate(account, actor, at: later, severity: random.int(1...3))
        }
        return actor
    }

    mutating func violate(_ account: Int32, _ actor: Int, at time: Int64, severity: Int) {
        guard time < span, time >= actors[actor].from else { return }
        incidents.append(
            Incident(
                time: time, kind: .violation, account: account, link: -1, actor: Int32(actor), value: UInt64(severity)))
    }

    private mutating func addBatch(_ kind: AbuseKind, atMost rest: Int) {
        var campaign = plan(
            kind, size: kind == .batchSlow ? 25...90 : 15...80, atMost: rest, isProxied: kind == .batchProxied)
        let hours: Double
        switch kind {
        case .batchOneAddress:
            // The kind is the one address, whatever the assumptions say of proxies.
            campaign.accesses = [operatorLine(campaign.city)]
            hours = random.real(0.3...5) * assumptions.patience
        case .batchPrefix:
            campaign.accesses = [neighbouring(campaign)]
            hours = random.real(2...40) * assumptions.patience
        case .batchProxied: hours = random.real(3...72) * assumptions.patience
        case .batchSlow:
            let perDay = random.real(3...8) / assumptions.patience.squareRoot()
            hours = Double(campaign.size) / perDay * 24
            campaign.start = Int64(random.real(0...0.15) * Double(span))
            if campaign.accesses.isEmpty {
                campaign.accesses = (0..<random.int(2...6)).map { _ in operatorLine(campaign.city) }
            }
        default:
            if campaign.accesses.isEmpty { campaign.accesses = [operatorLine(campaign.city)] }
            if random.chance(0.5) { campaign.accesses.append(operatorLine(campaign.city)) }
            hours = random.real(4...120) * assumptions.patience
        }
        let isRegular = random.chance(0.4)
        // Where a day has an end for the operator too.
        let nights = hours > 30 && random.chance(0.6)
        let mailbox = kind == .aliasFarm ? takeMailbox(Names.letters(11, &random), "gmail.com") : ""
        let prefixes = (0..<2).map { _ in disposablePhonePrefix() }
        let temporaryMail = random.chance(0.7)
        let domains = (0..<3).map { _ in disposableDomain() }
        let end = min(Double(span - 1), Double(campaign.start) + hours * Double(Self.hour))
        let step = (end - Double(campaign.start)) / Double(campaign.size)
        for index in 0..<campaign.size {
            let account = recruit(campaign)
            if kind == .aliasFarm {
                let alias = alias(of: mailbox, index)
                edit(account) { $0.email = alias }
            }
            if kind == .smsFarm {
                var number = random.pick(prefixes)
                while number.utf8.count < 13 { number += String(random.below(10)) }
                let username = accounts[Int(account)].username
                let domain = random.pick(domains)
                edit(account) {
                    $0.phone = number
                    if temporaryMail, !$0.email.isEmpty { $0.email = "\(username)@\(domain)" }
                }
            }
            let wobble = isRegular ? random.real(0...0.1) : random.real(0...1)
            var time = Int64(Double(campaign.start) + (Double(index) + wobble) * step)
            if nights { time = awake(time, zone(campaign.city)) }
            let device = machine(campaign, index)
            var ways = [Link(access: campaign.accesses[index % campaign.accesses.count], device: device)]
            // Some are handed to buyers, who use them from elsewhere.
            if random.chance(0.2) {
                let buyer = addHome(someCity())
                ways.append(Link(access: buyer, device: self.device(), from: time + 2 * Self.day, isExclusive: true))
            }
            _ = farm(account, campaign, ways, at: time)
        }
    }

    /// The time, moved out of the operator's night.
    private mutating func awake(_ time: Int64, _ zone: Int) -> Int64 {
        let local = (time / Self.hour + Int64(zone / 60) + 48) % 24
        return local < 8 ? within(time + (8 - local) * Self.hour + Int64(random.below(3_600_000))) : time
    }

    /// Addresses in a row of a rack or a provider: some tens of a /24, or a /64 for each account.
    private mutating func neighbouring(_ campaign: Campaign) -> Int32 {
        let candidates = random.chance(0.6) ? world.hosting : world.fixed[campaign.city]
        let pool = random.pick(candidates)
        if world.pools[pool].prefix != 0, random.chance(0.4) {
            return add(Access(kind: .spread6, pool: Int32(pool), key: random.next()))
        }
        let block = random.below(world.pools[pool].blocks)
        let span = random.int(16...200)
        let line = add(
            Access(
                kind: .spread, pool: Int32(pool), first: Int32(block * 254 + random.below(250 - span)),
                span: Int32(span)))
        farmLines.append(line)
        return line
    }

    private mutating func alias(of mailbox: String, _ index: Int) -> String {
        let parts = mailbox.split(separator: "@")
        let name = String(parts[0])
        if index % 2 == 0 {
            return "\(name)+\(Names.letters(random.int(1...3), &random))\(random.below(1000))@\(parts[1])"
        }
        var dotted = ""
        for (position, letter) in name.enumerated() {
            if position > 0, random.chance(0.35) { dotted += "." }
            dotted.append(letter)
        }
        return "\(dotted)@\(parts[1])"
    }

    private mutating func disposablePhonePrefix() -> String {
        random.pick(OperatorLists.phonePrefixes) + String(random.below(10))
    }
    private mutating func disposableDomain() -> String {
        random.pick(OperatorLists.mailDomains + OperatorLists.unlistedMailDomains)
    }

    /// Phones on a shelf, each with many accounts, one after the other.
    private mutating func addDeviceFarm(atMost rest: Int) {
        var campaign = plan(.deviceFarm, size: 25...80, atMost: rest)
        let perDevice = max(4, Int(Double(random.int(8...25)) / assumptions.patience))
        let phones = max(1, campaign.size / perDevice)
        campaign.devices = (0..<phones).map { _ in
            let id = device(random.chance(0.8) ? .android : .iphone)
            return id
        }
        if campaign.accesses.isEmpty {
            campaign.accesses = (0..<random.int(1...3)).map { _ in operatorLine(campaign.city) }
        }
        let isOld = random.chance(0.4)
        let days = random.real(1...8) * assumptions.patience
        for index in 0..<campaign.size {
            let account = recruit(campaign)
            let phone = index % campaign.devices.count
            let ways = [
                Link(access: campaign.accesses[phone % campaign.accesses.count], device: campaign.devices[phone])
            ]
            let time = campaign.start + Int64(Double(index) / Double(campaign.size) * days * Double(Self.day))
            let actor = farm(
                account, campaign, ways, at: isOld ? nil : within(time + Int64(random.below(900_000))))
            edit(actor: actor) {
                $0.beat = Random.mix(UInt64(campaign.devices[phone]), UInt64(campaign.number))
                $0.place = index / campaign.devices.count
                $0.beatSeconds = 240
                $0.rate = 0.5
                $0.from = max($0.from, isOld ? campaign.start : $0.from)
                if isOld { $0.to = campaign.start + 20 * Self.day }
            }
        }
    }

    /// Accounts bought when they were old and had a life; then they act in step.
    private mutating func addWarmedFarm(atMost rest: Int) {
        var campaign = plan(.warmedFarm, size: 20...60, atMost: rest)
        campaign.template = nil
        if campaign.accesses.isEmpty {
            campaign.accesses =
                random.chance(0.5) ? [neighbouring(campaign)] : (0..<3).map { _ in operatorLine(campaign.city) }
        }
        campaign.start = Int64(random.real(0.2...0.7) * Double(span))
        for index in 0..<campaign.size {
            let home = someCity()
            let account = self.account(campaign.label, country: country(of: home))
            let registered = random.chance(0.5) ? Int64(random.below(Int(campaign.start))) : nil
            let owner = live(account, in: home, ownLinks(home), registered: registered, rate: 0.15)
            edit(actor: owner) { $0.to = campaign.start }
            let ways = [
                Link(access: campaign.accesses[index % campaign.accesses.count], device: machine(campaign, index))
            ]
            let zone = zone(campaign.city)
            let actor = add(ways) {
                Actor(
                    account: account, links: $0, from: campaign.start, to: Int64.max, rate: 0.9, length: 4,
                    rhythm: .day,
                    zoneMinutes: zone, activity: .chat, forgetfulness: 0.02)
            }
            edit(actor: actor) {
                $0.beat = Random.mix(UInt64(campaign.number), 77)
                $0.place = index
                $0.beatSeconds = 20
            }
            if random.chance(0.3) {
                let time = campaign.start + Int64(random.below(Int(span - campaign.start)))
                violate(account, actor, at: time, severity: random.int(1...3))
            }
        }
    }
}
