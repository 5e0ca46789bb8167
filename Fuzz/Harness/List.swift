import Enrichment
import RiskModel

/// An operator list's text. What it names gets its bit.
@Sendable func fuzzList(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    do throws(ListFaults) {
        let list = try OperatorList.parse(name: "list", file: "input", text: text)
        guard let sources = try? EnrichmentSources(databases: [], lists: [list]) else { fatalError("not put in force") }
        let enricher = Enricher(sources: sources)
        switch list.entries {
        case .cidr(let prefixes):
            for prefix in prefixes where prefix.address != .none {
                check(listed(enricher) { event, _ in event.address = prefix.address } == 1, "\(prefix) is not listed")
            }
        case .prefix(let prefixes):
            for prefix in prefixes {
                let number = "+\(prefix.digits)"
                check(listed(enricher) { $0.phone = add(number, to: &$1) } == 1, "\(number) is not listed")
            }
        case .domain(let domains):
            for domain in domains {
                let address = "a@B.\(domain.uppercased())."
                check(listed(enricher) { $0.email = add(address, to: &$1) } == 1, "\(address) is not listed")
            }
        case .bin(let issuers):
            for issuer in issuers {
                let digits = issuer + "00".prefix(max(0, 6 - issuer.utf8.count))
                check(listed(enricher) { $0.cardBin = add(digits, to: &$1) } == 1, "\(issuer) is not listed")
            }
        case .asn(let numbers): check(!numbers.contains(0), "network number 0")
        case .country(let entries): check(entries.allSatisfy { $0.from < $0.until }, "a country that never holds")
        }
    } catch {
        check(!error.faults.isEmpty, "refused without a fault")
        for fault in error.faults {
            check(isPlain(fault.message), "a control character")
        }
    }
}

private func listed(_ enricher: Enricher, _ fill: (inout Event, inout [UInt8]) -> Void) -> UInt64 {
    var batch = EventBatch()
    var event = Event()
    fill(&event, &batch.text)
    batch.events = [event]
    enricher.enrich(&batch, events: 0..<1)
    return batch.events[0].listed
}

private func add(_ text: String, to arena: inout [UInt8]) -> TextSlice {
    defer { arena += text.utf8 }
    return TextSlice(offset: UInt32(arena.count), count: UInt32(text.utf8.count))
}
