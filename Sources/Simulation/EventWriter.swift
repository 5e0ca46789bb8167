/// Writes records as lines of `docs/events.md`.
struct EventWriter: Sendable {
    /// 2025-09-01T00:00:00Z, a Monday: the first millisecond.
    static let start: Int64 = 1_756_684_800_000

    private let accounts: [Account]
    private let devices: [Device]
    private let countries: [Country]
    private let agents: [[UInt8]]
    private let seed: UInt64
    private var day: Int64 = -1
    private var date: [UInt8] = []

    init(_ population: Population) {
        accounts = population.accounts
        devices = population.devices
        countries = population.world.geography.countries
        agents = Agents.texts.map { Array($0.utf8) }
        seed = population.seed
    }

    /// Appends the record's line with its newline.
    mutating func write(_ record: Record, to line: inout [UInt8]) {
        line.add("{\"ts\":\"")
        addTime(record.time, to: &line)
        line.add("\",\"type\":\"")
        line.add(Self.name(record.kind))
        line.add("\"")
        if record.account >= 0 {
            line.add(",\"account\":\"u")
            line.add(decimal: accounts[Int(record.account)].id)
            line.add("\"")
        }
        if let address = record.address {
            line.add(",\"ip\":\"")
            line.add(address)
            line.add("\"")
        }
        if record.kind != .logout, record.kind != .violation, record.kind != .message {
            line.add(record.succeeds ? ",\"outcome\":\"success\"" : ",\"outcome\":\"failure\"")
        }
        addClient(record, to: &line)
        addParticulars(record, to: &line)
        line.add("}\n")
    }

    private func addClient(_ record: Record, to line: inout [UInt8]) {
        guard record.device >= 0, record.kind != .violation else { return }
        let device = devices[Int(record.device)]
        if !device.isSilent, record.kind != .logout {
            let epoch = device.isVolatile ? UInt64(record.time / (3 * Population.day)) : 0
            line.add(",\"device\":\"")
            line.add(uuid: Random.mix(device.id, epoch), Random.mix(device.id, epoch &+ 1 << 40))
            line.add("\"")
        }
        if record.kind != .message, record.kind != .logout {
            line.add(",\"user_agent\":\"")
            line.append(contentsOf: agents[Int(device.agent)])
            line.add("\"")
        }
        if record.kind != .call, record.succeeds {
            line.add(",\"session\":\"s")
            line.add(hexadecimal: record.session)
            line.add("\"")
        }
    }

    private func addParticulars(_ record: Record, to line: inout [UInt8]) {
        let account = record.account >= 0 ? accounts[Int(record.account)] : nil
        switch record.kind {
        case .registration:
            guard let account else { return }
            line.add("username", account.username)
            line.add("email", account.email)
            line.add("phone", account.phone)
            line.add("language", countries[account.country].language)
        case .login:
            if let account {
                line.add("username", account.username)
            } else {
                var random = Random(seed: record.value)
                let style = Names.Style.allCases[random.weighted(Names.humanWeights)]
                line.add("username", Names.username(style, culture: random.below(Names.cultureCount), &random))
            }
        case .call:
            line.add(",\"api_key\":\"ak_")
            line.add(hexadecimal: account?.key ?? 0)
            line.add("\",\"attributes\":{\"tokens\":")
            line.add(decimal: 20 + Random.mix(record.session, UInt64(record.time)) % 2000)
            line.add("}")
        case .payment:
            line.add(",\"id\":\"pay-")
            line.add(hexadecimal: Random.mix(record.session, UInt64(record.time)))
            line.add("\",\"card\":\"tok_")
            line.add(hexadecimal: Random.mix(record.value, seed))
            line.add("\"")
            line.add("card_country", countries[Int(record.value & 0xff) % countries.count].code)
        case .violation:
            line.add("severity", ["low", "low", "medium", "high", "critical"][min(4, Int(record.value))])
            let policies = ["spam", "harassment", "malware", "fraud", "self_harm", "weapons"]
            line.add(",\"attributes\":{\"policy\":\"")
            line.add(policies[Int(Random.mix(record.session, 41) % UInt64(policies.count))])
            line.add("\"}")
        case .message:
            if let account { line.add("language", countries[account.country].language) }
        case .logout: break
        }
    }

    private static func name(_ kind: Record.Kind) -> StaticString {
        switch kind {
        case .registration: "registration"
        case .login: "login"
        case .logout: "logout"
        case .call: "api_call"
        case .payment: "payment"
        case .violation: "policy_violation"
        case .message: "message"
        }
    }

    /// RFC 3339 in UTC, to the millisecond.
    mutating func addTime(_ time: Int64, to line: inout [UInt8]) {
        let absolute = Self.start + time
        if absolute / 86_400_000 != day {
            day = absolute / 86_400_000
            date = Self.date(day)
        }
        var rest = Int(absolute % 86_400_000)
        line.append(contentsOf: date)
        line.add("T")
        line.add(padded: rest / 3_600_000, 2)
        line.add(":")
        rest %= 3_600_000
        line.add(padded: rest / 60_000, 2)
        line.add(":")
        rest %= 60_000
        line.add(padded: rest / 1000, 2)
        line.add(".")
        line.add(padded: rest % 1000, 3)
        line.add("Z")
    }

    /// The civil date of a day since 1970 (Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days).
    private static func date(_ day: Int64) -> [UInt8] {
        let z = Int(day) + 719_468
        let era = z / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        var bytes: [UInt8] = []
        bytes.add(padded: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4)
        bytes.add("-")
        bytes.add(padded: month, 2)
        bytes.add("-")
        bytes.add(padded: dayOfYear - (153 * shifted + 2) / 5 + 1, 2)
        return bytes
    }
}
