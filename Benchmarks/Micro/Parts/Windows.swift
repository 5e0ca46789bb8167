@testable import Detection
import RiskModel

/// Slots of addresses: keys of two words.
struct IndexAddresses: Part {
    static let name = "key index, addresses"
    private let sights: [Sight]
    private var index = KeyIndex(keysAreTexts: false)

    init(_ workload: Workload) { sights = Sight.all(of: workload) }

    mutating func step(_ batch: Int) {
        for sight in sights[batch * Workload.batchSize..<(batch + 1) * Workload.batchSize] {
            let key = sight.address
            let known = index.known(high: key.high, low: key.low, hash: sight.addressHash, at: sight.time)
            if known == nil { _ = index.add(high: key.high, low: key.low, hash: sight.addressHash, at: sight.time) }
        }
    }
}

/// Slots of accounts' names: keys that are texts.
struct IndexTexts: Part {
    static let name = "key index, texts"
    private let sights: [Sight]
    private let texts: [EventBatch]
    private var index = KeyIndex(keysAreTexts: true)

    init(_ workload: Workload) {
        sights = Sight.all(of: workload)
        texts = Workload.decoded(workload.frames)
    }

    mutating func step(_ batch: Int) {
        let (events, arena) = (texts[batch].events, texts[batch].text)
        for i in events.indices {
            let sight = sights[batch * Workload.batchSize + i]
            let name = arena.span.extracting(events[i].account.range)
            _ = index.slot(text: name, hash: sight.accountHash, at: sight.time)
        }
    }
}

/// Distinct accounts of each address within a day.
struct MemberWindows: Part {
    static let name = "member windows"
    private let sights: [Sight]
    private var column = MemberColumn()

    init(_ workload: Workload) {
        sights = Sight.all(of: workload)
        column.grow(to: (sights.map(\.slot).max() ?? 0) + 1)
    }

    mutating func step(_ batch: Int) {
        var sum = 0
        for sight in sights[batch * Workload.batchSize..<(batch + 1) * Workload.batchSize] {
            sum &+=
                column.observe(
                    sight.slot, sight.accountHash, at: sight.time, isFresh: false, window: Interval(seconds: 86_400)
                ).count
        }
        keep(UInt64(truncatingIfNeeded: sum))
    }
}

/// Events of each address within an hour.
struct RateWindows: Part {
    static let name = "rate windows"
    private let sights: [Sight]
    private var windows: [RateWindow]

    init(_ workload: Workload) {
        sights = Sight.all(of: workload)
        windows = Array(repeating: RateWindow(), count: (sights.map(\.slot).max() ?? 0) + 1)
    }

    mutating func step(_ batch: Int) {
        var sum = 0
        for sight in sights[batch * Workload.batchSize..<(batch + 1) * Workload.batchSize] {
            sum &+= windows[sight.slot].observe(at: sight.time, window: Interval(seconds: 3600))
        }
        keep(UInt64(truncatingIfNeeded: sum))
    }
}

/// Who was seen where.
private struct Sight {
    var time: Timestamp
    var address: IPAddress
    var addressHash: UInt64
    var accountHash: UInt64
    /// A dense number for the address.
    var slot: Int

    static func all(of workload: Workload) -> [Sight] {
        let hash = KeyHash(seed: 1)
        var slots: [IPAddress: Int] = [:]
        return Workload.decoded(workload.frames).flatMap { batch in
            batch.events.map { event in
                let slot = slots[event.address, default: slots.count]
                slots[event.address] = slot
                return Sight(
                    time: event.time, address: event.address,
                    addressHash: hash.hash(event.address.high, event.address.low),
                    accountHash: hash.hash(batch.text.span.extracting(event.account.range)), slot: slot)
            }
        }
    }
}
