/// How deliveries stand, for people and for `banrisk notify --status`.
package struct NotifyStatus: Codable, Sendable, Hashable {
    package struct Sink: Codable, Sendable, Hashable {
        package var name: String
        package var kind: String
        /// The last alert that is done with, and the newest in the database when it was looked at.
        package var alert = 0
        package var newest = 0
        /// Since the start: alerts that arrived, that were given up, and deliveries that failed and were tried again.
        package var delivered = 0
        package var refused = 0
        package var failures = 0
        /// Why the last delivery failed; absent where it did not.
        package var failing: String?
        /// Since when, in seconds of the epoch.
        package var failingSince: Int?
        /// When the last alert arrived.
        package var lastDelivery: Int?
        /// Why the database cannot be read; absent where it can.
        package var waiting: String?

        package init(name: String, kind: String) {
            self.name = name
            self.kind = kind
        }

        /// Alerts that are not done with.
        package var lag: Int { max(0, newest - alert) }
    }

    package var pid: Int32
    package var database: String
    package var sinks: [Sink]

    package init(pid: Int32, database: String, sinks: [Sink]) {
        self.pid = pid
        self.database = database
        self.sinks = sinks
    }
}
