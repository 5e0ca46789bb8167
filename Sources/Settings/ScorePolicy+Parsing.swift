import Glibc
import RiskModel

extension ScorePolicy {
    /// What a rules file without `score` stands for; its parts are the parts' defaults.
    static let `default` = ScorePolicy(
        prior: -4, caps: Family.allCases.map { _ in 3 }, basisCaps: Basis.allCases.map { _ in maximumCap },
        thresholds: [30, 60, 90], hysteresis: 5, cooldown: Interval(seconds: 86_400), independentEvidence: 1)

    /// No family and no basis comes near it.
    private static let maximumCap = 20.0

    static func read(_ section: Section) -> ScorePolicy? {
        let prior = section["prior"].map { $0.number(in: -20...0) } ?? Self.default.prior
        let thresholds = section["levels"].map(readLevels) ?? Self.default.thresholds
        let hysteresis = section["hysteresis"].map { $0.number(in: 0...50) } ?? Self.default.hysteresis
        let cooldown =
            section["cooldown"].map { $0.interval(in: .zero...Rule.longestWindow) } ?? Self.default.cooldown
        let independentEvidence =
            section["independent_evidence"].map { $0.number(in: 0.1...10) } ?? Self.default.independentEvidence
        let capCursors = section["caps"]?.section { caps in Family.allCases.map { caps[$0.name] } }
        let caps = zip(capCursors ?? Family.allCases.map { _ in nil }, Self.default.caps).map { cursor, cap in
            cursor.map { $0.number(in: 0...maximumCap) } ?? cap
        }
        let basisCaps = section["basis_caps"].map(readBasisCaps) ?? Self.default.basisCaps
        let campaignSize =
            section["campaign_size"].map { $0.quantity(.counts, in: 2...1000) } ?? Self.default.campaignSize

        if let prior, let thresholds, let hysteresis, let fault = faultOfBase(prior, thresholds, hysteresis) {
            (section["prior"]?.note ?? section.note)(fault)
        } else if let prior, let thresholds {
            for (family, cap) in zip(Family.allCases, caps) {
                guard let cap, let fault = faultOfCap(family, cap, prior: prior, ban: thresholds[2]) else { continue }
                (capCursors?[Int(family.rawValue)]?.note ?? section.note)(fault)
            }
        }
        guard let prior, let thresholds, let hysteresis, let cooldown, let independentEvidence, let basisCaps,
            let campaignSize
        else { return nil }
        var policy = ScorePolicy(
            prior: prior, caps: caps.compactMap(\.self), basisCaps: basisCaps, thresholds: thresholds,
            hysteresis: hysteresis, cooldown: cooldown, independentEvidence: independentEvidence)
        policy.campaignSize = campaignSize
        return policy
    }

    /// They only lower what families may be worth together, so no cap of a basis can let anything through.
    private static func readBasisCaps(_ cursor: Cursor) -> [Double]? {
        let caps = cursor.section { section in
            Basis.allCases.map { section[$0.name].map { $0.number(in: 0...maximumCap) } ?? maximumCap }
        }
        guard let caps = caps?.compactMap(\.self), caps.count == Basis.allCases.count else { return nil }
        return caps
    }

    private static func readLevels(_ cursor: Cursor) -> [Double]? {
        let names = Level.allCases.filter { $0 != .normal }.map(\.name)
        let values = cursor.section { section in
            names.map { name in
                section.required(name, "the score from which the level holds")?.number(in: 0.01...99.99)
            }
        }
        guard let values = values?.compactMap(\.self), values.count == names.count else { return nil }
        guard zip(values, values.dropFirst()).allSatisfy(<) else {
            cursor.note("\"levels\" must ascend: watch below review, review below ban")
            return nil
        }
        return values
    }

    /// Without evidence an account must fall back to `normal`.
    private static func faultOfBase(_ prior: Double, _ thresholds: [Double], _ hysteresis: Double) -> String? {
        let base = score(logOdds: prior)
        let fall = thresholds[0] - hysteresis
        guard base >= fall else { return nil }
        return "an account without evidence has the score \(base.short), and the level watch falls only below"
            + " \(fall.short), its threshold less \"hysteresis\"; lower \"prior\""
    }

    /// No family alone may lift an account to `ban`: prior and cap together must stay below the log-odds of its
    /// threshold.
    private static func faultOfCap(_ family: Family, _ cap: Double, prior: Double, ban: Double) -> String? {
        let logOdds = log(ban / (100 - ban))
        let limit = logOdds - prior
        guard cap >= limit else { return nil }
        let right = ((limit * 100).rounded(.up) - 1) / 100
        return
            "the family \(family.name) alone could reach the level ban: prior \(prior.short) and cap \(cap.short) make"
            + " \((prior + cap).short), and ban begins at \(logOdds.short), the log-odds of \(ban.short);"
            + " a cap of \(right.short) or less would be right"
    }
}
