import Foundation

/// The daemon's state, as it answers on its control socket and as `banrisk status` reads it: one JSON object, keys in
/// snake_case. docs/operations.md explains each member.
package struct DaemonStatus: Codable, Sendable {
    package enum Phase: String, Codable, Sendable {
        /// The state is being rebuilt from a snapshot and the spool; events are received meanwhile.
        case recovering
        case running
        /// What was received is being written; nothing more is received.
        case stopping
    }

    /// How far the rebuilding of the state is.
    package struct Recovery: Codable, Sendable {
        /// The last frame in the snapshot that it began with; 0 for none.
        package var snapshot: UInt64
        package var processed: UInt64
        /// The frame with which the state is rebuilt.
        package var target: UInt64

        package init(snapshot: UInt64, processed: UInt64, target: UInt64) {
            self.snapshot = snapshot
            self.processed = processed
            self.target = target
        }
    }

    package struct Sequence: Codable, Sendable {
        package var received, durable, processed, applied: UInt64

        package init(received: UInt64, durable: UInt64, processed: UInt64, applied: UInt64) {
            self.received = received
            self.durable = durable
            self.processed = processed
            self.applied = applied
        }
    }

    package struct Intake: Codable, Sendable {
        package var connections = 0
        package var connectionsTotal = 0
        package var connectionsRefused = 0
        package var connectionsDisplaced = 0
        package var acceptPauses = 0
        /// Clients that asked for acknowledgements: now, and since the start.
        package var acknowledged = 0
        package var acknowledgedTotal = 0
        package var takeovers = 0
        package var frames = 0
        package var bytes = 0
        package var oversized = 0
        package var unterminated = 0
        /// Clients closed because their user had his share of the connections, and because of what they sent.
        package var connectionsCrowded = 0
        package var refusals = 0
        package var datagrams = 0
        package var truncatedDatagrams = 0
        /// Of the Forward protocol: read, sent again, broken off.
        package var messages = 0
        package var repeatedMessages = 0
        package var incompleteMessages = 0

        package init() {}
    }

    /// The log files that the daemon follows.
    package struct Files: Codable, Sendable {
        package var followed = 0
        /// Of these, those that are looked at by the clock, for want of watches.
        package var polled = 0
        /// Files that match and are left out, because there are too many.
        package var ignored = 0
        package var open = 0
        /// What they hold and was not read.
        package var lagBytes = 0
        package var bytes = 0
        package var frames = 0
        package var oversized = 0
        package var unterminated = 0
        package var rotations = 0
        package var truncations = 0
        /// Copies and compressed files that were known again.
        package var recognized = 0
        /// Files that cannot be read now.
        package var faults = 0
        package var failedSaves = 0

        package init() {}
    }

    package struct Spool: Codable, Sendable {
        package var bytes = 0
        package var segments = 0
        package var pendingBytes = 0
        package var oldest: UInt64 = 0
        package var skipped: UInt64 = 0
        package var stalled: String?

        package init() {}
    }

    package struct Pipeline: Codable, Sendable {
        package var events = 0
        package var rejected = 0
        package var signals = 0
        package var alerts = 0
        package var accounts = 0
        package var entities = 0
        package var riskyAccounts = 0
        package var evictedAccounts = 0
        package var evictedRecords = 0
        package var evictedEntities = 0
        package var duplicates = 0
        package var late = 0
        package var waiting = 0
        package var releasedEarly = 0
        package var inDoubt = 0
        package var fromTheFuture = 0

        package init() {}
    }

    package struct Snapshots: Codable, Sendable {
        package var newest: UInt64 = 0
        package var written = 0
        package var failed = 0
        package var bytes = 0
        package var milliseconds = 0
        package var pauseMilliseconds = 0.0
        package var failure: String?

        package init() {}
    }

    package struct Store: Codable, Sendable {
        package var walBytes = 0
        package var stalled: String?

        package init() {}
    }

    package struct Reloads: Codable, Sendable {
        /// The number of the configuration in force, as in the database's table `configurations`.
        package var configuration = 0
        package var done = 0
        package var refused = 0
        /// Why the last one was refused; absent if it was not.
        package var fault: String?

        package init() {}
    }

    package struct Database: Codable, Sendable {
        package var kind, type, path, built: String

        package init(kind: String, type: String, path: String, built: String) {
            self.kind = kind
            self.type = type
            self.path = path
            self.built = built
        }
    }

    package struct List: Codable, Sendable {
        package var name: String
        package var entries: Int

        package init(name: String, entries: Int) {
            self.name = name
            self.entries = entries
        }
    }

    package struct Rule: Codable, Sendable {
        package var rule: String
        package var active: Bool
        package var inactiveBecause: String?
        /// The work that it took since it came in force, summed over the workers and estimated from samples.
        package var costSeconds: Double?

        package init(rule: String, active: Bool, inactiveBecause: String?, costSeconds: Double? = nil) {
            self.rule = rule
            self.active = active
            self.inactiveBecause = inactiveBecause
            self.costSeconds = costSeconds
        }
    }

    package var program: String
    package var pid: Int32
    package var phase: Phase
    package var recovery: Recovery
    package var database: String
    package var shards: Int
    /// The highest event time so far; absent before the first event.
    package var watermark: String?
    package var sequence: Sequence
    /// Of `events.sock`, `events.dgram` and `forward.sock`, each with what concerns it.
    package var intake = Intake()
    package var datagrams = Intake()
    package var forward = Intake()
    package var files = Files()
    package var spool = Spool()
    package var pipeline = Pipeline()
    package var snapshots = Snapshots()
    package var store = Store()
    package var reloads = Reloads()
    package var databases: [Database] = []
    package var lists: [List] = []
    package var rules: [Rule] = []

    package init(
        program: String, pid: Int32, phase: Phase, recovery: Recovery, database: String, shards: Int,
        watermark: String?,
        sequence: Sequence
    ) {
        self.program = program
        self.pid = pid
        self.phase = phase
        self.recovery = recovery
        self.database = database
        self.shards = shards
        self.watermark = watermark
        self.sequence = sequence
    }
}

/// Messages on the control socket: JSON on one line, keys in snake_case.
package enum ControlMessage {
    package static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Values of these types have nothing that JSON cannot say.
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(text.utf8))
    }
}
