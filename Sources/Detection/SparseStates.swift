import RiskModel

/// States of the few keys that have any, by the keys' slots: open addressing, at most half full, over dense states.
///
/// Slots are small numbers that this process gives out, so a multiplication spreads them well enough (Knuth).
struct SparseStates<State: Sendable>: Sendable {
    private static var fewest: Int { 8 }

    /// The slot above, the place in `states` plus one below; 0 where free.
    private var buckets: [UInt64] = []
    /// By place: whose state it is.
    private var slots: [UInt32] = []
    private var states: [State] = []

    var count: Int { states.count }

    /// Where a slot's state stands, until the next state is made or cleared; `nil` where there is none.
    @inline(__always)
    func place(of slot: Int) -> Int? {
        if buckets.isEmpty { return nil }
        let bucket = buckets[bucket(of: UInt32(truncatingIfNeeded: slot))]
        return bucket == 0 ? nil : Int(bucket & 0xffff_ffff) - 1
    }

    /// Where a slot's state stands, made where there is none.
    @inline(__always)
    mutating func place(of slot: Int, making make: @autoclosure () -> State) -> Int {
        if let place = place(of: slot) { return place }
        return add(slot, make())
    }

    /// The state at a place.
    subscript(at place: Int) -> State {
        @inline(__always) get { states[place] }
        @inline(__always) _modify { yield &states[place] }
    }

    /// Moves a state out, to be changed without a copy and put back.
    @inline(__always)
    mutating func take(at place: Int, leaving empty: State) -> State {
        var state = empty
        swap(&state, &states[place])
        return state
    }

    subscript(slot: Int) -> State? { place(of: slot).map { states[$0] } }

    subscript(slot: Int, default make: @autoclosure () -> State) -> State {
        @inline(__always) get { place(of: slot).map { states[$0] } ?? make() }
        @inline(__always) _modify {
            let place = place(of: slot, making: make())
            yield &states[place]
        }
    }

    /// The bucket of a slot, or the free one where it would stand.
    @inline(__always)
    private func bucket(of slot: UInt32) -> Int {
        var i = home(of: slot)
        while buckets[i] != 0, buckets[i] >> 32 != UInt64(slot) { i = (i + 1) & (buckets.count - 1) }
        return i
    }

    @inline(__always)
    private func home(of slot: UInt32) -> Int {
        Int(truncatingIfNeeded: (UInt64(slot) &* 0x9e37_79b9_7f4a_7c15) >> 32) & (buckets.count - 1)
    }

    @inline(never)
    private mutating func add(_ slot: Int, _ state: State) -> Int {
        let slot = UInt32(slot)
        states.makeRoom()
        slots.makeRoom()
        states.append(state)
        slots.append(slot)
        if states.count * 2 > buckets.count {
            buckets = Array(repeating: 0, count: max(Self.fewest, buckets.count * 2))
            for (place, slot) in slots.enumerated() { buckets[bucket(of: slot)] = Self.bucket(slot, place) }
        } else {
            buckets[bucket(of: slot)] = Self.bucket(slot, states.count - 1)
        }
        return states.count - 1
    }

    private static func bucket(_ slot: UInt32, _ place: Int) -> UInt64 { UInt64(slot) << 32 | UInt64(place + 1) }

    /// Takes a slot's state away, where there is one; the last state moves to its place.
    mutating func clear(_ slot: Int) {
        guard let place = place(of: slot) else { return }
        free(bucket(of: UInt32(slot)))
        let last = states.count - 1
        if place != last {
            buckets[bucket(of: slots[last])] = Self.bucket(slots[last], place)
            states.swapAt(place, last)
            slots[place] = slots[last]
        }
        states.removeLast()
        slots.removeLast()
    }

    /// Frees a bucket, and moves those behind it up that would not be found any more.
    private mutating func free(_ bucket: Int) {
        let mask = buckets.count - 1
        var free = bucket
        var i = (free + 1) & mask
        while buckets[i] != 0 {
            let distance = (i - home(of: UInt32(buckets[i] >> 32))) & mask
            if distance >= (i - free) & mask {
                buckets[free] = buckets[i]
                free = i
            }
            i = (i + 1) & mask
        }
        buckets[free] = 0
    }

    /// Writes the states in order of their slots.
    func encode(into writer: inout StateWriter, _ write: (State, inout StateWriter) -> Void) {
        writer.write(count: states.count)
        for place in slots.indices.sorted(by: { slots[$0] < slots[$1] }) {
            writer.write(slots[place])
            write(states[place], &writer)
        }
    }

    /// Reads states of live slots.
    mutating func decode(
        slotsOf index: KeyIndex, from reader: inout StateReader,
        _ read: (inout StateReader) throws(StateFault) -> State
    ) throws(StateFault) {
        for _ in 0..<(try reader.readCount(bytesEach: 5)) {
            let slot = Int(try reader.read(UInt32.self))
            guard index.isLive(slot), place(of: slot) == nil else { throw .invalid("a key with a state") }
            _ = add(slot, try read(&reader))
        }
    }
}
