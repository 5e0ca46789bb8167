import Glibc
import RiskModel

/// `resale`: a key that serves many: independent networks × devices × the hours of the day, and more than in its own past.
///
/// The strength is the cube root of the three factors' product, so that one that is missing silences it: a fleet of runners
/// has one or two networks, and those are of hosting; a person on a VPN has one device and sleeps. A volume below twice what
/// the key's own past makes usual takes a quarter off; a key without a past is given nothing for it.
struct ResaleColumn: PatternColumn {
    private struct State: Sendable {
        var networks = MemberWindow()
        var devices = MemberWindow()
        /// By hour of the day: the day on which it was last in use.
        var hours = InlineArray<24, Int32>(repeating: 0)
        var day: Int32 = 0
        /// Events of the day at hand, and the average of the days before it.
        var volume: Float = 0
        var usual: Float = 0
        var told = Timestamp.epoch
        var step: UInt8 = 0
    }

    let rule: Bound<ResaleParameters>
    private var states = SparseStates<State>()

    init(_ rule: Bound<ResaleParameters>) { self.rule = rule }

    var memory: Interval { Interval(microseconds: rule.parameters.window.microseconds * 2) }

    mutating func observe(
        _ slot: Int, _ event: Int, of batch: borrowing EventBatch, _ standing: Standing, _ hash: KeyHash
    ) -> (strength: Double, count: Int, traits: [String])? {
        let text = batch.text.span
        let place = batch.events[event].place
        let device = batch.events[event].device.isEmpty ? batch.events[event].userAgent : batch.events[event].device
        let deviceMark = device.isEmpty ? nil : hash.hash(text.extracting(device.range)) >> 1
        let isIndependent = place.asn != 0 && place.flags.isDisjoint(with: .elsewhere)
        return Self.observe(
            &states[slot, default: State()], network: isIndependent ? UInt64(place.asn) : nil,
            device: deviceMark, at: batch.events[event].time, rule.parameters)
    }

    private static func observe(
        _ state: inout State, network: UInt64?, device: UInt64?, at time: Timestamp, _ parameters: ResaleParameters
    ) -> (strength: Double, count: Int, traits: [String])? {
        let day = Int32(truncatingIfNeeded: time.microseconds / 86_400_000_000)
        if day > state.day {
            if state.day > 0 { state.usual = state.usual == 0 ? state.volume : state.usual * 0.8 + state.volume * 0.2 }
            state.day = day
            state.volume = 0
        }
        state.volume += 1
        state.hours[Int(time.microseconds / 3_600_000_000 % 24)] = day
        if let network {
            _ = state.networks.observe(network, at: time, isFresh: false, window: parameters.window)
        }
        if let device { _ = state.devices.observe(device, at: time, isFresh: false, window: parameters.window) }
        let networks = state.networks.count
        let factor = parameters.networks.strength(Double(networks))
        guard factor > 0 else { return nil }
        let span = Int32(max(1, parameters.window.microseconds / 86_400_000_000))
        let hours = state.hours.indices.reduce(0) { $0 + (state.hours[$1] > day - span && state.hours[$1] > 0 ? 1 : 0) }
        let product =
            factor * parameters.devices.strength(Double(state.devices.count))
            * parameters.hours.strength(Double(hours))
        guard product > 0 else { return nil }
        let isMore = state.usual > 0 && state.volume > 2 * state.usual
        let strength = cbrt(product) * (isMore ? 1 : 0.75)
        // Told when it gets worse, and again each eighth of the window.
        let step = UInt8((strength * 8).rounded(.up))
        guard step > state.step || state.told.isStale(at: time, window: parameters.window) else { return nil }
        state.step = step
        state.told = time
        var traits = [
            "\(networks) independent networks", "\(state.devices.count) devices or clients",
            "\(hours) hours of the day",
        ]
        if isMore { traits.append("more than twice its usual volume") }
        return (strength, networks, traits)
    }

    mutating func clear(_ slot: Int) { states.clear(slot) }

    func encode(slotsOf index: KeyIndex, into writer: inout StateWriter) {
        states.encode(into: &writer) { state, writer in
            state.networks.encode(into: &writer)
            state.devices.encode(into: &writer)
            for hour in state.hours.indices { writer.write(state.hours[hour]) }
            writer.write(state.day)
            writer.write(state.volume)
            writer.write(state.usual)
            writer.write(state.told)
            writer.write(state.step)
        }
    }

    mutating func decode(slotsOf index: KeyIndex, from reader: inout StateReader) throws(StateFault) {
        let window = rule.parameters.window
        try states.decode(slotsOf: index, from: &reader) { reader throws(StateFault) in
            var state = State()
            state.networks = try MemberWindow(from: &reader, window: window)
            state.devices = try MemberWindow(from: &reader, window: window)
            for hour in state.hours.indices { state.hours[hour] = try reader.read() }
            state.day = try reader.read()
            state.volume = try reader.readFloat()
            state.usual = try reader.readFloat()
            state.told = try reader.readTimestamp()
            state.step = try reader.read()
            guard state.volume >= 0, state.usual >= 0, state.day >= 0, state.step <= 8 else {
                throw .invalid("a key's volume")
            }
            return state
        }
    }
}
