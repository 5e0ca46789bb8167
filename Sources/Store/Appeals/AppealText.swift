internal import RiskModel

/// An appeal in words, in two parts that must not be mixed: one for whoever decides, one for the accused.
package struct AppealText {
    /// How many questions the reply asks.
    private static let questionLimit = 5
    /// How many explanations of a charge are written out; the others are named.
    private static let explanationLimit = 4

    private let appeal: Appeal
    private let now: Timestamp

    package init(_ appeal: Appeal) {
        self.appeal = appeal
        now = Timestamp(column: appeal.now) ?? .epoch
    }

    /// For whoever decides. Has reasons of verdicts, which can name others: not for the accused.
    package var forYou: [String] {
        var lines = ["FOR YOU — not for the accused", ""] + standing
        if appeal.addressesAreHidden { lines += ["", StoreReader.hiddenNetworksNote] }
        lines += ["", "What it is accused of"]
        if appeal.charges.isEmpty {
            lines.append(
                "  Nothing now. If its owner cannot get in, something else is blocked, perhaps his address: see "
                    + "banrisk query entities --key ADDRESS.")
        }
        var explained: [[String]: Int] = [:]
        for (index, charge) in appeal.charges.enumerated() {
            let names = charge.explanations.map(\.name).sorted()
            lines += self.charge(charge, index + 1, asUnder: explained[names])
            explained[names] = explained[names] ?? index + 1
        }
        lines += outlook
        lines += exhibits
        if let membership = appeal.membership {
            lines += [
                "", "Campaign",
                "  campaign \(membership.campaign) (\(membership.level), \(membership.members) accounts, cause "
                    + "\(membership.cause)); tied by \(membership.tiedBy) since \(short(membership.joined))",
                "  Look at it as a whole before you decide on one of it: banrisk campaigns \(membership.campaign)",
            ]
        }
        lines += verdicts
        return lines + ["", "What you can say"] + decisions
    }

    /// For the accused: what was seen, what it means, what to tell. Names nobody else, no rule, no threshold, no points.
    package var forTheReply: [String] {
        var lines = [
            "Hello,", "",
            "you asked us to look again at the account \(appeal.standing.account). A person is doing that. "
                + "\(state)", "",
        ]
        if appeal.charges.isEmpty {
            lines += [
                "Our records have nothing against the account itself now. If you still cannot get in, tell us when "
                    + "you tried, from which network, and what you saw: it can be your network that was held back, "
                    + "and not you."
            ]
        } else {
            lines += ["What our systems saw:"]
            for charge in appeal.charges {
                lines.append("  - \(charge.plainStatement) (\(period(charge)))")
            }
            lines += [
                "",
                "This was seen by a machine, and each of these things can have an innocent reason. None of them alone "
                    + "closes an account, and what is past counts less with time.",
            ]
        }
        let questions = questions
        if !questions.isEmpty {
            lines += ["", "What would help us to see it your way:"]
            lines += questions.enumerated().map { "  \($0.offset + 1). \($0.element)" }
        }
        if appeal.standing.compromised {
            lines += [
                "",
                "Please change your password to one that you use nowhere else, sign out everywhere, replace your "
                    + "API keys, and look whether the e-mail address and the payments of the account are still yours.",
            ]
        }
        return lines + [
            "",
            "Your own words are enough. Please do not send passwords, numbers of cards, or copies of documents. We "
                + "answer when a person has read what you write, and tell you the outcome and the reason.",
        ]
    }

    private var standing: [String] {
        let account = appeal.standing
        let firstSeen = account.firstSeen.flatMap(Timestamp.init(column:))
        let age = firstSeen.map { ", known for \((now - $0).approximate)" } ?? ""
        var lines = [
            "Account \(account.account)",
            "  score \(points(account.score)), level \(account.level), as of \(short(account.scoredAt)); now is "
                + "\(short(appeal.now))",
            "  first seen \(short(account.firstSeen))\(age)",
        ]
        if account.peakLevel != Level.normal.name, let score = account.peakScore {
            lines.append(
                "  highest ever: \(account.peakLevel) since \(short(account.peakAt)), score then \(points(score))")
        }
        if account.compromised {
            lines.append(
                "  COMPROMISED: looks like the victim of a takeover; perhaps another did what was done")
        }
        if let verdict = appeal.verdicts.first(where: \.inForce) {
            lines.append("  verdict in force: \(verdict.verdict) by \(verdict.by), \(end(verdict)): \(verdict.why)")
        }
        let bases = Set(appeal.charges.compactMap(\.basis)).sorted()
        if bases.count == 1 {
            lines.append(
                "  everything against it rests on one thing: \(bases[0]). That is one fact, however many "
                    + "rules name it.")
        } else if bases.count > 1 {
            lines.append("  what is against it rests on \(bases.count) things: \(bases.joined(separator: ", "))")
        }
        return lines
    }

    /// - Parameter earlier: the number of a charge that the same explanations fit.
    private func charge(_ charge: Appeal.Charge, _ number: Int, asUnder earlier: Int?) -> [String] {
        var lines = [
            "", "  \(number). \(charge.statement)",
            "     \(points(charge.points)) points by \(charge.rule); \(period(charge)); \(decay(charge))",
        ]
        if let sharing = charge.sharing {
            lines.append("     " + describe(sharing))
        }
        guard !charge.explanations.isEmpty else { return lines }
        if let earlier { return lines + ["     Could be innocent as under \(earlier)."] }
        lines.append("     Could be innocent, what fits best first:")
        for explanation in charge.explanations.prefix(Self.explanationLimit) {
            lines.append("     * \(explanation.name): \(explanation.story)")
            if !explanation.speaksFor.isEmpty {
                lines.append("         for:     " + explanation.speaksFor.joined(separator: "; "))
            }
            if !explanation.speaksAgainst.isEmpty {
                lines.append("         against: " + explanation.speaksAgainst.joined(separator: "; "))
            }
            lines.append("         ask:     " + (explanation.ask ?? "nothing; it is ours to look"))
            lines.append("         check:   " + explanation.check)
        }
        let rest = charge.explanations.dropFirst(Self.explanationLimit).map(\.name)
        if !rest.isEmpty { lines.append("     also possible: " + rest.joined(separator: ", ") + " (--json has them)") }
        return lines
    }

    private func describe(_ sharing: Appeal.Sharing) -> String {
        guard sharing.others > 0 else {
            return "shared \(sharing.kind) \(sharing.key): no other account has points for it now"
        }
        var parts = [
            "\(sharing.established) known for a month before", "\(sharing.together) came within a day of this one",
            "\(sharing.otherwiseClean) with nothing else against them", "\(sharing.atReview) at review or ban",
        ]
        if sharing.banned > 0 { parts.append("\(sharing.banned) banned by a person") }
        if sharing.cleared > 0 { parts.append("\(sharing.cleared) cleared by a person") }
        let first = sharing.firstSeen == nil ? "" : ", first seen \(short(sharing.firstSeen))"
        return "shared \(sharing.kind) \(sharing.key)\(first): \(sharing.others) others have points for it: "
            + parts.joined(separator: ", ")
    }

    private var outlook: [String] {
        guard !appeal.outlook.isEmpty else { return [] }
        let steps = appeal.outlook.map {
            $0.days == 0
                ? "now \(points($0.score))"
                : "in \($0.days) days \(points($0.score))"
        }
        return ["", "If nothing new comes, the score is about: " + steps.joined(separator: ", ")]
    }

    private var exhibits: [String] {
        var lines: [String] = []
        if !appeal.rises.isEmpty {
            lines += ["", "Its rises"]
            lines += appeal.rises.map { "  \(short($0.time))  \($0.level)  \(points($0.score))" }
        }
        guard !appeal.exhibits.isEmpty else { return lines }
        lines += ["", "Evidence: the newest \(appeal.exhibits.count) signals"]
        lines += appeal.exhibits.map {
            "  \(short($0.time))  \($0.rule)  strength \(points($0.strength))  event \($0.seq)  \($0.evidence)"
        }
        return lines
    }

    private var verdicts: [String] {
        guard !appeal.verdicts.isEmpty else { return ["", "Verdicts: none was ever given"] }
        return ["", "Verdicts, the newest first"]
            + appeal.verdicts.map { "  \(short($0.time))  \($0.verdict)  by \($0.by), \(end($0)): \($0.why)" }
    }

    private var decisions: [String] {
        let texts = [
            ("cleared", "innocent: the evidence so far goes, and the same counts little for a year"),
            ("compromised", "a victim: it is never banned for what another did"),
            ("banned", "closed: who shares a device, a card or a mailbox with it is told on"),
            ("withdrawn", "takes back the verdict before; each of these can be taken back"),
        ]
        return texts.map { "  banrisk verdict ACCOUNT \($0.0) --why '…'    \($0.1)" }
            + [
                "  Give the reason so that another could judge it. Whoever banned should not be the one who answers "
                    + "the appeal."
            ]
    }

    private var state: String {
        if appeal.standing.compromised {
            return "It looks as if somebody else got into it; then you are the one who was harmed."
        }
        switch appeal.verdicts.first(where: \.inForce)?.verdict {
        case "banned": return "It is closed at present."
        case "cleared": return "It was cleared before, and stays open."
        case "compromised": return "We think that somebody else got into it; then you are the one who was harmed."
        default:
            return appeal.standing.level == Level.ban.name
                ? "It is held at present."
                : "Nothing about it is decided."
        }
    }

    /// What to ask: of each charge the question of what fits best, then of what fits next.
    private var questions: [String] {
        var seen: Set<String> = []
        var questions: [String] = []
        for rank in 0..<Self.explanationLimit {
            for charge in appeal.charges where rank < charge.explanations.count {
                guard let ask = charge.explanations[rank].ask, seen.insert(ask).inserted else { continue }
                questions.append(ask)
            }
        }
        return Array(questions.prefix(Self.questionLimit))
    }

    private func period(_ charge: Appeal.Charge) -> String {
        charge.since == charge.updated
            ? "on \(short(charge.since))" : "from \(short(charge.since)) to \(short(charge.updated))"
    }

    private func decay(_ charge: Appeal.Charge) -> String {
        guard let seconds = charge.halfLifeSeconds else { return "the rule is gone, and so will this be" }
        return "counts half every \(Interval(microseconds: Int64(seconds * 1e6)).approximate)"
    }

    private func end(_ verdict: Appeal.Word) -> String {
        if verdict.verdict == Verdict.Kind.withdrawn.rawValue { return "which has no end" }
        return verdict.until.map { "until \(short($0))" } ?? "without end"
    }

    /// To the minute: `2026-03-01 08:15`, in UTC.
    private func short(_ column: String?) -> String {
        guard let column, column.utf8.count == 27 else { return "never" }
        return column.prefix(10) + " " + column.dropFirst(11).prefix(5)
    }

    private func points(_ value: Double) -> String { pointsText(Int((value * 100).rounded())) }
}
