/// All accounts of a simulation, who uses them, and with what: everything that events are made of.
///
/// Its size is that of the accounts, not of the events.
struct Population: Sendable {
    let seed: UInt64
    let assumptions: Assumptions
    /// Length of the simulation in days and in milliseconds.
    let days: Int
    let span: Int64

    var world: World
    var random: Random
    private(set) var accounts: [Account] = []
    private(set) var actors: [Actor] = []
    private(set) var links: [Link] = []
    private(set) var devices: [Device] = []
    var accesses: [Access] = []
    var incidents: [Incident] = []
    var verdicts: [VerdictLine] = []
    /// Home lines that take part in residential proxies.
    var exits: [Int32] = []
    /// Campaigns so far, by kind.
    var campaigns: [AbuseKind: Int] = [:]
    /// Accounts that attackers try in vain.
    var triedButHeld: [Int32] = []
    /// Actors who are to live next to a farm, and the lines of farms that innocents can live next to.
    var neighbours: [Int] = []
    var farmLines: [Int32] = []

    private var takenIDs: Set<UInt64> = []
    private var takenMailboxes: Set<String> = []
    private let countryWeights: [Double]

    static let day: Int64 = 86_400_000
    static let hour: Int64 = 3_600_000
    static let minute: Int64 = 60_000

    init(seed: UInt64, assumptions: Assumptions, days: Int) {
        self.seed = seed
        self.assumptions = assumptions
        self.days = days
        span = Int64(days) * Self.day
        world = World(seed: seed, assumptions: assumptions)
        random = Random(seed, 2)
        countryWeights = world.geography.countries.map(\.weight)
    }

    // MARK: Parts

    /// A city, in proportion to its country's users.
    mutating func someCity() -> Int { random.pick(world.geography.countries[random.weighted(countryWeights)].cities) }

    mutating func city(of code: String) -> Int {
        random.pick(world.geography.countries[world.geography.country(code)].cities)
    }

    func country(of city: Int) -> Int { world.geography.cities[city].country }

    mutating func add(_ access: Access) -> Int32 {
        accesses.append(access)
        return Int32(accesses.count - 1)
    }

    mutating func add(_ label: Label, country: Int, username: String, email: String, phone: String) -> Int32 {
        var id: UInt64
        repeat { id = 1_000_000 + UInt64(random.below(8_999_000_000)) } while !takenIDs.insert(id).inserted
        accounts.append(
            Account(id: id, label: label, country: country, username: username, email: email, phone: phone))
        return Int32(accounts.count - 1)
    }

    mutating func edit(_ account: Int32, _ change: (inout Account) -> Void) { change(&accounts[Int(account)]) }

    mutating func add(_ ways: [Link], _ make: (Range<Int>) -> Actor) -> Int {
        let range = links.count..<links.count + ways.count
        links += ways
        actors.append(make(range))
        return actors.count - 1
    }

    mutating func edit(actor: Int, _ change: (inout Actor) -> Void) { change(&actors[actor]) }

    /// A device as its owner's choice and its client's manners have it.
    mutating func device(_ platform: Agents.Platform? = nil) -> Int32 {
        let platform =
            platform ?? [.windows, .windows, .mac, .android, .android, .android, .iphone, .iphone][random.below(8)]
        let agent = random.pick(Agents.byPlatform[platform.rawValue])
        return device(agent: agent)
    }

    mutating func device(agent: UInt16) -> Int32 {
        devices.append(
            Device(
                id: random.next(), agent: agent, isSilent: random.chance(assumptions.deviceMissing),
                isVolatile: random.chance(assumptions.deviceVolatile)))
        return Int32(devices.count - 1)
    }

    /// A device that calls the interface: no identifier is sent with that.
    mutating func program() -> Int32 {
        let agent = random.pick(Agents.byPlatform[Agents.Platform.server.rawValue])
        devices.append(Device(id: random.next(), agent: agent, isSilent: true, isVolatile: false))
        return Int32(devices.count - 1)
    }

    mutating func phone() -> Int32 { device(random.chance(0.65) ? .android : .iphone) }
    mutating func computer() -> Int32 { device(random.chance(0.7) ? .windows : .mac) }

    // MARK: Identities

    /// Takes the mailbox, with a number behind the name where somebody has it already, as providers do.
    mutating func takeMailbox(_ name: String, _ domain: String) -> String {
        var local = name
        while !takenMailboxes.insert("\(local)@\(domain)").inserted { local = "\(name)\(random.below(10_000))" }
        return "\(local)@\(domain)"
    }

    /// A mail provider, as people have them.
    mutating func mailDomain() -> String {
        let domains = [
            "gmail.com", "outlook.com", "yahoo.com", "icloud.com", "hotmail.com", "proton.me", "gmx.net",
            "mail.example",
        ]
        return domains[random.weighted([52, 12, 12, 10, 6, 3, 3, 2])]
    }

    mutating func phoneNumber(_ country: Int) -> String {
        let code = world.geography.countries[country].callingCode
        var digits = "+\(code)\(random.int(6...9))"
        while digits.utf8.count < 13 - (code == "1" ? 1 : 0) { digits += String(random.below(10)) }
        return digits
    }

    /// An account whose owner chose name, mailbox and number as people do.
    mutating func account(_ label: Label, country: Int) -> Int32 {
        let culture =
            random.chance(0.9)
            ? world.geography.countries[country].culture
            : world.geography.countries[random.weighted(countryWeights)].culture
        let style = Names.Style.allCases[random.weighted(Names.humanWeights)]
        let username = Names.username(style, culture: culture, &random)
        var email = ""
        if !random.chance(assumptions.emailMissing) {
            let other = Names.Style.allCases[random.weighted(Names.humanWeights)]
            let name = random.chance(0.6) ? username : Names.username(other, culture: culture, &random)
            email = takeMailbox(name, mailDomain())
        }
        let phone = random.chance(assumptions.phoneMissing) ? "" : phoneNumber(country)
        return add(label, country: country, username: username, email: email, phone: phone)
    }

    mutating func newCard(_ country: Int) -> UInt64 { random.next() & ~0xff | UInt64(country) }

    /// The next campaign of a kind, from 1.
    mutating func nextCampaign(_ kind: AbuseKind) -> Int {
        campaigns[kind, default: 0] += 1
        return campaigns[kind, default: 1]
    }
}
