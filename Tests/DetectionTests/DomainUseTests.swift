import RiskModel
import Testing

@testable import Detection

@Suite struct DomainUseTests {
    /// A domain of which so many accounts were registered from each provider, in turn; all in one country unless told.
    private static func domain(_ counts: [Int], countries: Int = 1) -> DomainUse {
        var use = DomainUse()
        for round in 0..<(counts.max() ?? 0) {
            for (provider, count) in counts.enumerated() where round < count {
                use.observe(provider: UInt32(provider + 1), country: UInt16(provider % countries + 1))
            }
        }
        return use
    }

    @Test func `a domain that three providers at most registered is an organisation's`() {
        #expect(Self.domain([1]).isOrganisation)
        #expect(Self.domain([5, 5, 5], countries: 3).isOrganisation)
        #expect(!Self.domain([5, 5, 5, 5]).isOrganisation)
    }

    @Test func `one that half of its people registered from one line is, however many were at home`() {
        #expect(Self.domain([40, 3, 3, 3, 3, 3]).isOrganisation)
        #expect(!Self.domain([12, 3, 3, 3, 3, 3]).isOrganisation)
    }

    @Test func `what is registered from five countries is a mail provider's, whoever uses it most`() {
        #expect(Self.domain([40, 2, 2, 2], countries: 4).isOrganisation)
        #expect(!Self.domain([40, 2, 2, 2, 2], countries: 5).isOrganisation)
    }

    @Test func `an address of which no country is known tells none`() {
        var use = DomainUse()
        for number in 0..<60 { use.observe(provider: UInt32(number % 3 == 0 ? number + 9 : 1), country: 0) }
        #expect(use.isOrganisation)
    }

    @Test func `shares outlast fading, and the state a snapshot`() throws {
        let use = Self.domain([40, 3, 3, 3, 3, 3], countries: 2)
        #expect(use.faded(by: 0.1).isOrganisation)
        let bytes = encoded { use.encode(into: &$0) }
        var reader = StateReader(bytes)
        let copy = try DomainUse(from: &reader)
        try reader.finish()
        #expect(encoded { copy.encode(into: &$0) } == bytes && copy.isOrganisation)
    }
}
