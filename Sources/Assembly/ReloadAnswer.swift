/// The daemon's answer to one who may not ask.
package struct ControlRefusal: Codable, Sendable {
    /// Which role is missing, and how to get it.
    package var refused: String

    package init(refused: String) { self.refused = refused }
}

/// What became of a reload; the daemon's answer to `reload`.
package struct ReloadAnswer: Codable, Sendable {
    /// Whether the new configuration is in force.
    package var reloaded: Bool
    /// Its number in the database's table `configurations`; absent where nothing has changed.
    package var configuration: Int?
    /// Why it is not.
    package var faults: [String]
    /// What the operator should know all the same.
    package var notices: [String]

    package static func refused(_ faults: [String]) -> ReloadAnswer {
        ReloadAnswer(reloaded: false, configuration: nil, faults: faults, notices: [])
    }

    /// What was loaded says the same as what is in force.
    package static let unchanged = ReloadAnswer(reloaded: true, configuration: nil, faults: [], notices: [])

    package static func done(configuration: Int) -> ReloadAnswer {
        ReloadAnswer(reloaded: true, configuration: configuration, faults: [], notices: [])
    }
}
