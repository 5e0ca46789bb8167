package import RiskModel

/// Everything that an operator can set, validated.
package struct Configuration: Sendable, Hashable {
    /// Holds the spool and, unless told otherwise, the database.
    package var stateDirectory: String
    /// Holds the sockets.
    package var runtimeDirectory: String
    package var databasePath: String
    /// MaxMind database files.
    package var geoip: [String]
    /// List files, each folder of the configuration replaced by its files in order of their names. Empty: the embedded
    /// lists.
    package var lists: [String]
    package var rulesFile: RulesFile
    /// How lines that are not of the native format become events, in the order in which they are tried.
    package var mappings: [Mapping]
    /// Permission bits of the sockets; none for others than owner and group.
    package var socketMode: UInt32
    package var access: Access
    package var api: API
    /// Log files that the daemon follows.
    package var files: [FollowedFiles]
    /// Where `banrisk notify` delivers alerts to.
    package var alerts: [AlertSink]
    /// Clients of the event socket at one time.
    package var maximumConnections: Int
    package var spool: Spool
    /// Threads that share the accounts and entities, 1 to 64.
    package var shards: Int
    /// The most frames that pass the stages together.
    package var batchFrames: Int
    /// Accounts in memory.
    package var accountLimit: Int
    /// Entities in memory.
    package var entityLimit: Int
    package var time: Time
    /// How often a snapshot of the state is taken, in seconds.
    package var snapshotSeconds: Int
    /// Rows of the quarantine; the oldest give way.
    package var quarantineRows: Int
    package var privacy: Privacy

    /// The rules in force.
    package var ruleSet: RuleSet {
        get { rulesFile.ruleSet }
        set { rulesFile.ruleSet = newValue }
    }

    /// In which order events count, and which not at all.
    package struct Time: Sendable, Hashable {
        /// How long an event may come after later ones and still count in its place. Every event waits that long.
        package var allowedLateness: Interval
        /// How far an event may be ahead of the clock before others must confirm it.
        package var futureTolerance: Interval
        /// An `id` is remembered for so many others, and for so long.
        package var duplicateIDs: Int
        package var duplicateSpan: Interval
    }

    /// Frames on disk.
    package struct Spool: Sendable, Hashable {
        /// A segment file is closed when it has this many bytes.
        package var segmentBytes: Int
        /// Received and not yet on disk.
        package var pendingBytes: Int
        /// Frames wait this long for others to share a sync with.
        package var commitDelayMilliseconds: Int
        /// The oldest segments are removed beyond this many bytes.
        package var retainedBytes: Int
        /// Segments older than this are removed; `nil`: age does not matter.
        package var retainedSeconds: Int?
    }
}
