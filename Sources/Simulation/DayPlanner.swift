/// Makes the records of one day after the other.
///
/// Every actor's day is drawn from a generator of its own, seeded by the actor and the day: a day costs memory for its
/// own events only, and nothing has to be remembered from one day to the next but what runs past midnight.
struct DayPlanner: Sendable {
    private let population: Population
    private let book: AddressBook
    private var nextIncident = 0
    /// Records of the day, and those that ran past midnight.
    private var records: [Record] = []

    init(_ population: Population) {
        self.population = population
        book = AddressBook(world: population.world, accesses: population.accesses, exits: population.exits)
    }

    /// The records of a day, by time; days must be asked for in order.
    mutating func plan(day: Int) -> [Record] {
        let start = Int64(day) * Population.day
        let end = start + Population.day
        for index in population.actors.indices {
            let actor = population.actors[index]
            if actor.from < end, actor.to > start, actor.rate > 0 { live(actor, index, day, start) }
        }
        while nextIncident < population.incidents.count, population.incidents[nextIncident].time < end {
            happen(population.incidents[nextIncident], nextIncident)
            nextIncident += 1
        }
        let order = records.indices.sorted { (records[$0].time, $0) < (records[$1].time, $1) }
        let today = order.prefix { records[$0].time < end }.map { records[$0] }
        records = order.dropFirst(today.count).map { records[$0] }
        return today
    }

    private mutating func live(_ actor: Actor, _ index: Int, _ day: Int, _ start: Int64) {
        var random = Random(population.seed, UInt64(index), UInt64(day))
        if actor.beat != 0 {
            var beat = Random(actor.beat, UInt64(day))
            guard beat.chance(min(1, Double(actor.rate))) else { return }
            let hour = Int64(beat.weighted(actor.rhythm.weights)) * Population.hour + Int64(beat.below(3_600_000))
            let place = Int64(actor.place * actor.beatSeconds) * 1000 + Int64(random.below(actor.beatSeconds * 700))
            let time = start + Self.wrapped(hour - Int64(actor.zoneMinutes) * Population.minute) + place
            if random.chance(0.9) { visit(actor, at: time, &random) }
            return
        }
        let isWeekend = day % 7 >= 5
        let rate = Double(actor.rate) * (isWeekend && actor.rhythm == .work ? 0.1 : 1)
        let count = random.poisson(rate)
        if count == 0 { return }
        let weights = actor.rhythm.weights
        for _ in 0..<count {
            let hour = Int64(random.weighted(weights)) * Population.hour + Int64(random.below(3_600_000))
            let time = start + Self.wrapped(hour - Int64(actor.zoneMinutes) * Population.minute)
            visit(actor, at: time, &random)
        }
    }

    private static func wrapped(_ time: Int64) -> Int64 { (time % Population.day + Population.day) % Population.day }

    private mutating func visit(_ actor: Actor, at time: Int64, _ random: inout Random) {
        guard time >= actor.from, time < actor.to, let link = link(of: actor, at: time, random.next()) else { return }
        session(
            population.links[link], actor.account, at: time, activity: actor.activity, length: Double(actor.length),
            forgetfulness: Double(actor.forgetfulness), id: random.next(), &random)
    }

    /// The link that the actor uses at a time: an index, or `nil` if there is none.
    private func link(of actor: Actor, at time: Int64, _ seed: UInt64, ignoresHours: Bool = false) -> Int? {
        let local = time + Int64(actor.zoneMinutes) * Population.minute
        let hour = UInt8((local / Population.hour % 24 + 24) % 24)
        let isWeekend = (local / Population.day % 7 + 7) % 7 >= 5
        var total: Float = 0
        var away: Float = 0
        for index in actor.links {
            let link = population.links[index]
            if time < link.from || time >= link.to { continue }
            if link.isExclusive {
                away += link.weight
            } else if ignoresHours || Self.fits(link, hour, isWeekend) {
                total += link.weight
            }
        }
        var random = Random(seed: seed)
        var rest = Float(random.unit()) * (away > 0 ? away : total)
        for index in actor.links {
            let link = population.links[index]
            if time < link.from || time >= link.to || link.isExclusive != (away > 0) { continue }
            if !link.isExclusive, !ignoresHours, !Self.fits(link, hour, isWeekend) { continue }
            rest -= link.weight
            if rest <= 0 { return index }
        }
        return nil
    }

    /// Hours of a shift may run past midnight.
    private static func fits(_ link: Link, _ hour: UInt8, _ isWeekend: Bool) -> Bool {
        if link.workdaysOnly, isWeekend { return false }
        let (first, last) = link.hours
        return last <= 24 ? hour >= first && hour < last : hour >= first || hour < last - 24
    }

    private func address(_ link: Link, _ account: Int32, at time: Int64, session: UInt64) -> Address? {
        book.address(
            link.access, at: time, session: session, device: population.devices[Int(link.device)].id,
            account: UInt64(UInt32(bitPattern: account)))
    }

    private mutating func session(
        _ link: Link, _ account: Int32, at time: Int64, activity: Activity, length: Double, forgetfulness: Double,
        id: UInt64, _ random: inout Random
    ) {
        guard let address = address(link, account, at: time, session: id) else { return }
        var time = time
        func record(_ kind: Record.Kind, succeeds: Bool = true) -> Record {
            Record(
                time: time, kind: kind, succeeds: succeeds, account: account, device: link.device, address: address,
                session: id)
        }
        if activity == .program {
            for _ in 0..<max(1, random.poisson(length)) {
                records.append(record(.call, succeeds: !random.chance(0.02)))
                time += Int64(random.exponential(mean: 25_000)) + 50
            }
            return
        }
        // A session of a day before may still be open.
        if random.chance(0.75) {
            while random.chance(forgetfulness) {
                records.append(record(.login, succeeds: false))
                time += Int64(random.int(4...40)) * 1000
            }
            records.append(record(.login))
        }
        let calls = activity == .developer && random.chance(0.5)
        for _ in 0..<random.poisson(activity == .visit ? 0.5 : length) {
            time += Int64(random.exponential(mean: calls ? 15_000 : 100_000)) + 700
            records.append(record(calls ? .call : .message))
        }
        if random.chance(0.12) {
            time += Int64(random.int(2...600)) * 1000
            records.append(record(.logout))
        }
    }

    private mutating func happen(_ incident: Incident, _ index: Int) {
        let hour = UInt64(incident.time / Population.hour)
        var session = Random.mix(Random.mix(population.seed, UInt64(UInt32(bitPattern: incident.account))), hour)
        if incident.kind == .failure, incident.link >= 0 { session = Random.mix(population.seed, UInt64(index)) }
        if incident.kind == .violation {
            records.append(
                Record(
                    time: incident.time, kind: .violation, account: incident.account, session: session,
                    value: incident.value))
            return
        }
        let chosen: Int?
        if incident.link >= 0 {
            chosen = Int(incident.link)
        } else {
            let actor = population.actors[Int(incident.actor)]
            chosen =
                link(of: actor, at: incident.time, session)
                ?? link(of: actor, at: incident.time, session, ignoresHours: true)
        }
        guard let chosen else { return }
        let link = population.links[chosen]
        if incident.kind == .session {
            var random = Random(population.seed, UInt64(index), 31)
            self.session(
                link, incident.account, at: incident.time, activity: .chat, length: Double(incident.value),
                forgetfulness: 0, id: session, &random)
            return
        }
        guard let address = address(link, incident.account, at: incident.time, session: session) else { return }
        let kind: Record.Kind
        switch incident.kind {
        case .registration: kind = .registration
        case .payment, .declined: kind = .payment
        default: kind = .login
        }
        records.append(
            Record(
                time: incident.time, kind: kind, succeeds: incident.kind != .failure && incident.kind != .declined,
                account: incident.account, device: link.device, address: address, session: session,
                value: incident.value))
    }
}
