package import RiskModel

extension Configuration {
    /// What is kept of people in the clear, and for how long.
    package struct Privacy: Sendable, Hashable {
        /// What becomes a pseudonym where there is a key, by its name: see ``pseudonymSubjects``.
        package var pseudonymize: [String]
        /// Holds the keys; `nil`: the credential `pseudonym-key`.
        package var keyFile: String?
        package var retention: Retention

        /// How long rows are kept, in event time, the audit's and the quarantine's by the wall clock; `nil`: for good, or as far
        /// as a limit of rows says.
        package struct Retention: Sendable, Hashable {
            package var signals: Interval?
            /// Accounts that were not seen.
            package var accounts: Interval?
            package var alerts: Interval?
            /// Verdicts that were superseded or are over.
            package var verdicts: Interval?
            package var entities: Interval?
            /// By the time at which a line was received.
            package var quarantine: Interval?
            package var audit: Interval?
        }

        /// What can become a pseudonym.
        package static let pseudonymSubjects = ["phone", "email", "card", "username", "account", "ip"]
    }
}

extension Configuration.Privacy {
    static let `default` = Self(pseudonymize: ["phone", "email", "card"], keyFile: nil, retention: Retention())

    static func read(_ section: Section, relativeTo base: String) -> Self {
        var privacy = Self.default
        if let subjects = section["pseudonymize"]?.subjects() { privacy.pseudonymize = subjects }
        privacy.keyFile = section["key_file"]?.path(relativeTo: base)
        privacy.retention = section["retention"]?.section(Retention.read) ?? Retention()
        return privacy
    }
}

extension Configuration.Privacy.Retention {
    static func read(_ section: Section) -> Self {
        func span(_ key: String) -> Interval? {
            section[key]?.interval(in: Interval(seconds: 3600)...Interval(seconds: 36_500 * 86_400))
        }
        return Self(
            signals: span("signals"), accounts: span("accounts"), alerts: span("alerts"), verdicts: span("verdicts"),
            entities: span("entities"), quarantine: span("quarantine"), audit: span("audit"))
    }
}

extension Cursor {
    /// What is to become a pseudonym; may be nothing.
    fileprivate func subjects() -> [String] {
        let known = Configuration.Privacy.pseudonymSubjects
        return items().compactMap { item in item.choice(known.map { ($0, $0) }) }
    }
}
