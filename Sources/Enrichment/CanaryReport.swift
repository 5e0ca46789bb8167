package import RiskModel

/// How new databases compare with those that they replace.
package struct CanaryReport: Sendable, Hashable {
    /// One for each database that was in force, in their order.
    package let comparisons: [Comparison]

    /// A database that was in force, and the one that takes its place.
    package struct Comparison: Sendable, Hashable {
        package let kind: DatabaseKind
        /// When the vendor built the old one.
        package let built: Timestamp
        /// When the vendor built the new one; `nil` where none takes the place.
        package let newBuilt: Timestamp?
        /// Addresses of the old one's networks that were looked up.
        package let sampled: Int
        /// Those of which the new one says something too.
        package let found: Int

        /// The part of the old one's addresses that the new one still knows, 0 to 1.
        package var share: Double { sampled == 0 ? 1 : Double(found) / Double(sampled) }
    }

    /// What the operator may not have meant; worth a warning each. Vendors may be changed, so nothing is refused for it.
    package var warnings: [String] {
        comparisons.flatMap { comparison -> [String] in
            let kind = comparison.kind.rawValue
            guard let newBuilt = comparison.newBuilt else {
                return ["no database takes the place of the \(kind) database that was in force"]
            }
            var warnings: [String] = []
            if newBuilt < comparison.built {
                warnings.append(
                    "the new \(kind) database was built on \(newBuilt), the one that was in force on "
                        + "\(comparison.built); it may be an old edition")
            }
            if comparison.share < 0.5 {
                warnings.append(
                    "the new \(kind) database knows \(comparison.found) of \(comparison.sampled) addresses that the "
                        + "one that was in force knew")
            }
            return warnings
        }
    }
}
