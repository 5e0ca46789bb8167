package import RiskModel

/// How a level tells abuse from innocence. Victims are in neither.
package struct LevelFigures: Sendable, Hashable {
    package let level: Level
    /// Abuse at the level or above.
    package private(set) var truePositives = 0
    /// Innocents at the level or above.
    package private(set) var falsePositives = 0
    package private(set) var abuse = 0
    package private(set) var innocents = 0

    package init(level: Level) { self.level = level }

    /// Counts one account.
    package mutating func add(isAbuse: Bool, level reached: Level) {
        let isHit = reached >= level
        if isAbuse {
            abuse += 1
            truePositives += isHit ? 1 : 0
        } else {
            innocents += 1
            falsePositives += isHit ? 1 : 0
        }
    }

    /// The share of abuse among those at the level.
    package var precision: Proportion { Proportion(truePositives, of: truePositives + falsePositives) }
    /// The share of abuse that reached the level.
    package var recall: Proportion { Proportion(truePositives, of: abuse) }
    /// The share of innocents that reached the level.
    package var falsePositiveRate: Proportion { Proportion(falsePositives, of: innocents) }

    /// The harmonic mean of precision and recall, 2·TP / (2·TP + FP + FN); `nil` where nothing is abuse and nothing hit.
    package var f1: Double? {
        let denominator = truePositives + falsePositives + abuse
        return denominator == 0 ? nil : 2 * Double(truePositives) / Double(denominator)
    }
}
