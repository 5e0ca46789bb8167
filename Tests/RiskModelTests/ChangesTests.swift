import RiskModel
import TestSupport
import Testing

@Suite struct ChangesTests {
    private static func score(_ account: String, seq: UInt64) -> Score {
        Score(
            account: account, firstSeen: .epoch, points: Int(seq % 10_000), basePoints: 0, level: .normal,
            compromised: false, time: Timestamp(seconds: Int64(seq)), seq: seq, order: seq, contributions: [])
    }

    /// The changes of one event: at random some of everything.
    private static func changes(
        _ seq: UInt64, _ random: inout SeededGenerator, present: inout Set<String>
    ) -> Changes {
        var changes = Changes()
        let account = "a\(Int.random(in: 0..<5, using: &random))"
        changes.throughSeq = seq
        changes.watermark = Timestamp(seconds: Int64(seq / 3 * 3))
        switch (present.contains(account), Int.random(in: 0..<3, using: &random)) {
        case (false, _):
            changes.newAccounts = [NewAccount(account: account, firstSeen: .epoch, watermark: changes.watermark)]
            present.insert(account)
        case (true, 0):
            changes.departures[ExactText(account)] = Departure(
                lastSeen: changes.watermark, span: Interval(seconds: 6),
                heldUntil: Timestamp(seconds: Int64.random(in: 0..<200, using: &random)))
            present.remove(account)
        case (true, _): break
        }
        if Bool.random(using: &random) { changes.scores[ExactText(account)] = score(account, seq: seq) }
        if Bool.random(using: &random) {
            changes.alerts = [Alert(level: .watch, previousLevel: .normal, score: score(account, seq: seq))]
        }
        if Bool.random(using: &random) {
            let entity = EntityKey(kind: .ip, text: account)
            changes.entities[.init(entity: entity, rule: 1)] = EntitySignal(
                entity: entity, rule: 1, seq: seq, order: seq, time: .epoch, strength: 1, count: 1,
                firstSeen: .epoch)
        }
        if Bool.random(using: &random) {
            changes.rejections = [
                Rejection(
                    seq: seq, source: .file, reason: .invalidJSON, position: 0, bytes: [UInt8(truncatingIfNeeded: seq)])
            ]
        }
        if Bool.random(using: &random) {
            changes.verdicts = [
                RecordedVerdict(
                    account: account, verdict: Verdict(kind: .cleared, until: .latest, by: "b", why: "w"), time: .epoch,
                    seq: seq, order: seq)
            ]
        }
        if Bool.random(using: &random) {
            let entity = EntityKey(kind: .device, text: account)
            let id = seq % 4
            changes.campaigns[id] = Campaign(
                id: id, cause: "rule", entity: entity, entities: 1, members: Int(seq), level: .review,
                firstSeen: .epoch, lastSeen: .epoch, born: .epoch, seq: seq)
            changes.campaignMembers = [
                CampaignMember(campaign: id, account: account, entity: entity, rule: "rule", joined: .epoch, seq: seq)
            ]
        }
        var counts = SourceCounts()
        counts.frames = 1
        counts.bytes = Int(seq)
        counts.lastEvent = Timestamp(seconds: Int64.random(in: 0..<100, using: &random))
        changes.sources[seq % 2 == 0 ? .file : .stream] = counts
        return changes
    }

    private func expectEqual(_ a: Changes, _ b: Changes) {
        #expect(a.throughSeq == b.throughSeq)
        #expect(a.watermark == b.watermark)
        #expect(a.newAccounts == b.newAccounts)
        #expect(a.departures == b.departures)
        #expect(a.ended == b.ended)
        #expect(a.scores == b.scores)
        #expect(a.alerts == b.alerts)
        #expect(a.entities == b.entities)
        #expect(a.rejections == b.rejections)
        #expect(a.verdicts == b.verdicts)
        #expect(a.campaigns == b.campaigns)
        #expect(a.campaignMembers == b.campaignMembers)
        #expect(a.sources == b.sources)
    }

    @Test func `a stream of changes gives the same sum wherever it is cut`() {
        var random = SeededGenerator(seed: 10)
        var present: Set<String> = []
        let stream = (1...200).map { Self.changes($0, &random, present: &present) }
        var whole = Changes()
        for changes in stream { whole.append(changes) }
        #expect(whole.throughSeq == 200 && whole.sources[.file]?.frames == 100)
        #expect(!whole.ended.isEmpty)
        #expect(whole.sources[.file]?.bytes == (1...100).reduce(0) { $0 + $1 * 2 })
        for _ in 0..<50 {
            var sum = Changes()
            var next = 0
            while next < stream.count {
                // A piece may be empty.
                let end = min(stream.count, next + Int.random(in: 0...20, using: &random))
                var piece = Changes()
                for changes in stream[next..<end] { piece.append(changes) }
                sum.append(piece)
                next = end
            }
            sum.append(Changes())
            expectEqual(sum, whole)
        }
    }
}
