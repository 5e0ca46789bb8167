import Assembly
import Enrichment
import RiskModel

/// Places, lists and derived texts of the workload's events.
struct PlaceStream: Part {
    static let name = "look-up, the workload's events"
    private let enricher: Enricher
    private var batches: [EventBatch]

    init(_ workload: Workload) {
        enricher = Enricher(sources: workload.assembly.sources)
        batches = Workload.decoded(workload.frames)
    }

    mutating func step(_ batch: Int) { enricher.enrich(&batches[batch], events: batches[batch].events.indices) }
}

/// The place of IPv4 addresses that nobody has asked for before.
struct PlaceRandom: Part {
    static let name = "look-up, random IPv4"
    private let run: PlaceRun

    init(_ workload: Workload) throws {
        var random = SeededGenerator(state: 4)
        run = try PlaceRun(workload) { IPAddress(v4: UInt32.random(in: 0x0100_0000...0xdfff_ffff, using: &random)) }
    }

    func step(_ batch: Int) { run.step(batch) }
}

/// The place of IPv6 addresses that nobody has asked for before.
struct PlaceRandomV6: Part {
    static let name = "look-up, random IPv6"
    private let run: PlaceRun

    init(_ workload: Workload) throws {
        var random = SeededGenerator(state: 6)
        // Where the registries have given out networks: 2001::/16 to 2a0f::/16.
        run = try PlaceRun(workload) {
            IPAddress(
                high: UInt64.random(in: 0x2001_0000_0000_0000...0x2a0f_ffff_ffff_ffff, using: &random),
                low: random.next())
        }
    }

    func step(_ batch: Int) { run.step(batch) }
}

private struct PlaceRun {
    private let enricher: Enricher
    private let addresses: [IPAddress]

    init(_ workload: Workload, address: () -> IPAddress) throws {
        enricher = Enricher(sources: try EnrichmentSources(databases: [workload.location], lists: []))
        addresses = (0..<Workload.batches * Workload.batchSize).map { _ in address() }
    }

    func step(_ batch: Int) {
        var sum: UInt64 = 0
        for i in batch * Workload.batchSize..<(batch + 1) * Workload.batchSize {
            sum &+= UInt64(enricher.place(of: addresses[i]).country.rawValue)
        }
        keep(sum)
    }
}
