import Glibc
import RiskModel

/// What is normal for each key: a slow average of the established accounts that stand in its window.
///
/// Of each day of event time the highest count is taken in; a day without any counts as none. Whoever would poison the
/// average must keep accounts alive behind the key until they are established, for days.
struct BaselineColumn: Sendable {
    private struct State: Sendable {
        var average: Float = 0
        /// Days since the epoch; 0 before the first.
        var day: Int32 = 0
        var highest: UInt16 = 0
    }

    private let parameters: Baseline
    /// What is left of the average after a day.
    private let keep: Float
    private var states = SlotArray<State>()

    init(_ parameters: Baseline) {
        self.parameters = parameters
        keep = Float(exp2(-1 / parameters.halfLifeDays))
    }

    /// Reads ahead; the number has no meaning.
    func warm(_ slots: [UInt32]) -> UInt64 {
        slots.reduce(0) { $0 &+ UInt64(truncatingIfNeeded: states[Int($1)].day) }
    }

    /// A key that was quiet for so long has nothing left worth keeping.
    var memory: Interval { Interval(seconds: Int64(parameters.halfLifeDays * 3 * 86_400)) }

    /// Notes how many established accounts stand in the window, and returns how many do on an ordinary day.
    @inline(__always)
    mutating func observe(_ slot: Int, _ established: Int, at time: Timestamp) -> Double {
        let day = Int32(truncatingIfNeeded: time.microseconds / 86_400_000_000)
        if day > states[slot].day { turn(slot, to: day) }
        if established > Int(states[slot].highest), day == states[slot].day {
            states[slot].highest = UInt16(min(established, Int(UInt16.max)))
        }
        return Double(states[slot].average)
    }

    private mutating func turn(_ slot: Int, to day: Int32) {
        var state = states[slot]
        if state.day > 0 {
            // A key that is known for a day has that day's count for its average.
            state.average =
                state.average == 0
                ? Float(state.highest) * (1 - keep) * 2 : state.average * keep + Float(state.highest) * (1 - keep)
            state.average *= powf(keep, Float(day - state.day - 1))
        }
        state.day = day
        state.highest = 0
        states[slot] = state
    }

    mutating func grow(to count: Int) { states.grow(to: count, with: State()) }

    mutating func clear(_ slot: Int) { states[slot] = State() }

    func encode(_ slot: Int, into writer: inout StateWriter) {
        writer.write(states[slot].average)
        writer.write(states[slot].day)
        writer.write(states[slot].highest)
    }

    mutating func decode(_ slot: Int, from reader: inout StateReader) throws(StateFault) {
        states[slot].average = try reader.readFloat()
        states[slot].day = try reader.read()
        states[slot].highest = try reader.read()
        guard states[slot].average >= 0, states[slot].average <= 65_536, states[slot].day >= 0 else {
            throw .invalid("a baseline")
        }
    }
}
