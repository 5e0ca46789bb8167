internal import Assembly
internal import RiskModel
internal import Store

/// The daemon's figures for Prometheus. docs/metrics.md explains each; none names a person or what belongs to one.
struct Metrics {
    private var out = MetricsText()

    /// - Parameter figures: of the database; `nil` while it cannot be read.
    init(_ house: House, _ status: DaemonStatus, _ figures: StoreStatus?) {
        addDaemon(status)
        addIntake(status)
        addPipeline(status)
        addStorage(status, path: house.services.databasePath)
        addRules(status, figures)
        addSources(status)
        if let figures { addDatabase(figures) }
        addAPI(house)
    }

    var text: String { out.text }

    private mutating func addDaemon(_ status: DaemonStatus) {
        out.add(
            "banrisk_phase", .gauge, "1 for the phase that the daemon is in.",
            ["recovering", "running", "stopping"].map { ([("phase", $0)], status.phase.rawValue == $0 ? 1 : 0) })
        out.add(
            "banrisk_ready", .gauge, "1 while events are scored as they come, as /readyz says.",
            Readiness.faults(status).isEmpty ? 1 : 0)
        out.add("banrisk_shards", .gauge, "Workers that share the accounts.", status.shards)
        out.add(
            "banrisk_recovery_target_sequence", .gauge, "The frame up to which the state is rebuilt.",
            Double(status.recovery.target))
        out.add(
            "banrisk_recovery_processed_sequence", .gauge, "The frame up to which it is.",
            Double(status.recovery.processed))
        let sequence = status.sequence
        out.add(
            "banrisk_sequence", .gauge,
            "The newest frame that has reached a stage; what lies between two stages is a queue.",
            [
                ([("stage", "received")], Double(sequence.received)),
                ([("stage", "durable")], Double(sequence.durable)),
                ([("stage", "processed")], Double(sequence.processed)),
                ([("stage", "applied")], Double(sequence.applied)),
            ])
        out.add(
            "banrisk_watermark_timestamp_seconds", .gauge,
            "Event time that was reached; the clock less this is the delay.",
            status.watermark.flatMap(Self.seconds))
        out.add(
            "banrisk_reloads_total", .counter, "Reloads by outcome.",
            [
                ([("outcome", "done")], Double(status.reloads.done)),
                ([("outcome", "refused")], Double(status.reloads.refused)),
            ])
        out.add(
            "banrisk_reload_failed", .gauge, "1 where the last reload was refused.", status.reloads.fault == nil ? 0 : 1
        )
        out.add(
            "banrisk_configuration", .gauge, "The number of the configuration in force.", status.reloads.configuration)
    }

    /// The ways in, each by the name that its frames have in `sources`.
    private mutating func addIntake(_ status: DaemonStatus) {
        typealias Counts = DaemonStatus.Intake
        let sockets = [("stream", status.intake), ("datagram", status.datagrams), ("forward", status.forward)]
        let streams = sockets.filter { $0.0 != "datagram" }
        func series(_ counts: [(String, Counts)], _ value: KeyPath<Counts, Int>) -> [([(String, String)], Double)] {
            counts.map { ([("source", $0.0)], Double($0.1[keyPath: value])) }
        }
        func add(
            _ name: String, _ kind: MetricsText.Kind, _ help: String, _ value: KeyPath<Counts, Int>,
            of counts: [(String, Counts)]
        ) {
            out.add("banrisk_intake_" + name, kind, help, series(counts, value))
        }
        add("connections", .gauge, "Clients on the sockets for events.", \.connections, of: streams)
        add("connections_total", .counter, "Clients that were let in.", \.connectionsTotal, of: streams)
        add("connections_refused_total", .counter, "Clients that were too many.", \.connectionsRefused, of: streams)
        add(
            "connections_displaced_total", .counter, "Silent clients that gave way.", \.connectionsDisplaced,
            of: streams)
        add("refusals_total", .counter, "Clients closed because of what they sent.", \.refusals, of: streams)
        add("accept_pauses_total", .counter, "Times that descriptors were short.", \.acceptPauses, of: streams)
        let files = status.files
        out.add(
            "banrisk_intake_frames_total", .counter, "Lines received.",
            series(sockets, \.frames) + [([("source", "follow")], Double(files.frames))])
        out.add(
            "banrisk_intake_bytes_total", .counter, "Bytes received.",
            series(sockets, \.bytes) + [([("source", "follow")], Double(files.bytes))])
        add("oversized_total", .counter, "Lines longer than 64 KiB.", \.oversized, of: sockets)
        add("unterminated_total", .counter, "Last lines without a newline.", \.unterminated, of: streams)
        add("messages_total", .counter, "Messages of the Forward protocol.", \.messages, of: [sockets[2]])
        add(
            "messages_repeated_total", .counter, "Those that had been stored before.", \.repeatedMessages,
            of: [sockets[2]])
        out.add("banrisk_files", .gauge, "Log files that are followed.", files.followed)
        out.add("banrisk_files_lag_bytes", .gauge, "What followed files hold and was not read.", files.lagBytes)
        out.add("banrisk_files_faults", .gauge, "Followed files that cannot be read.", files.faults)
        out.add("banrisk_files_rotations_total", .counter, "Followed files that were put aside.", files.rotations)
        out.add("banrisk_files_truncations_total", .counter, "Followed files that were cut short.", files.truncations)
    }

    private mutating func addPipeline(_ status: DaemonStatus) {
        let pipeline = status.pipeline
        out.add("banrisk_events_total", .counter, "Events that were scored.", pipeline.events)
        out.add("banrisk_events_rejected_total", .counter, "Lines that went to quarantine.", pipeline.rejected)
        out.add(
            "banrisk_events_duplicate_total", .counter, "Events dropped since their id had come.", pipeline.duplicates)
        out.add("banrisk_events_late_total", .counter, "Events behind the watermark.", pipeline.late)
        out.add(
            "banrisk_events_from_the_future_total", .counter, "Events refused as ahead of time.", pipeline.fromTheFuture
        )
        out.add(
            "banrisk_events_released_early_total", .counter, "Events let through before their time for want of room.",
            pipeline.releasedEarly)
        out.add("banrisk_events_waiting", .gauge, "Events that wait for others that may come late.", pipeline.waiting)
        out.add(
            "banrisk_events_in_doubt", .gauge, "Events ahead of time that nothing has confirmed yet.", pipeline.inDoubt)
        out.add("banrisk_signals_total", .counter, "Signals of rules.", pipeline.signals)
        out.add("banrisk_alerts_total", .counter, "Alerts.", pipeline.alerts)
        out.add("banrisk_accounts_tracked", .gauge, "Accounts in memory.", pipeline.accounts)
        out.add("banrisk_entities_tracked", .gauge, "Entities in memory.", pipeline.entities)
        out.add("banrisk_accounts_at_risk", .gauge, "Accounts with evidence in memory.", pipeline.riskyAccounts)
        out.add(
            "banrisk_evictions_total", .counter, "What gave way at a limit of memory.",
            [
                ([("kind", "account")], Double(pipeline.evictedAccounts)),
                ([("kind", "record")], Double(pipeline.evictedRecords)),
                ([("kind", "entity")], Double(pipeline.evictedEntities)),
            ])
    }

    private mutating func addStorage(_ status: DaemonStatus, path: String) {
        out.add("banrisk_spool_bytes", .gauge, "Size of the spool.", status.spool.bytes)
        out.add("banrisk_spool_segments", .gauge, "Files of the spool.", status.spool.segments)
        out.add("banrisk_spool_pending_bytes", .gauge, "Bytes that wait for the disk.", status.spool.pendingBytes)
        out.add(
            "banrisk_spool_stalled", .gauge, "1 while the spool takes nothing.", status.spool.stalled == nil ? 0 : 1)
        out.add(
            "banrisk_spool_skipped_sequences_total", .counter, "Numbers of frames that were lost with a damaged disk.",
            Double(status.spool.skipped))
        out.add(
            "banrisk_store_stalled", .gauge, "1 while the database is not written.", status.store.stalled == nil ? 0 : 1
        )
        out.add("banrisk_database_bytes", .gauge, "Size of the database file.", FileIdentity.bytes(path: path))
        out.add("banrisk_database_wal_bytes", .gauge, "Size of the database's write-ahead log.", status.store.walBytes)
        let snapshots = status.snapshots
        out.add(
            "banrisk_snapshots_total", .counter, "Snapshots by outcome since the start.",
            [
                ([("outcome", "written")], Double(snapshots.written)),
                ([("outcome", "failed")], Double(snapshots.failed)),
            ])
        out.add(
            "banrisk_snapshot_failing", .gauge, "1 where the last snapshot failed.", snapshots.failure == nil ? 0 : 1)
        out.add(
            "banrisk_snapshot_sequence", .gauge, "The frame that the newest snapshot includes.",
            Double(snapshots.newest))
        out.add("banrisk_snapshot_bytes", .gauge, "Size of the newest snapshot.", snapshots.bytes)
        out.add(
            "banrisk_snapshot_pause_seconds", .gauge, "How long the pipeline stood still for it.",
            snapshots.pauseMilliseconds / 1_000)
    }

    private mutating func addRules(_ status: DaemonStatus, _ figures: StoreStatus?) {
        out.add(
            "banrisk_rule_active", .gauge,
            "1 for a rule that can see something, 0 for one that lacks a database or list.",
            status.rules.map { ([("rule", $0.rule)], $0.active ? 1 : 0) })
        out.add(
            "banrisk_rule_cost_seconds_total", .counter,
            "Work that a rule took since it came in force, estimated from samples.",
            status.rules.compactMap { rule in rule.costSeconds.map { ([("rule", rule.rule)], $0) } })
        guard let rules = figures?.rules else { return }
        out.add(
            "banrisk_rule_signals_total", .counter, "Signals of a rule that changed a score, in all time.",
            rules.map { ([("rule", $0.rule)], Double($0.signals)) })
        out.add(
            "banrisk_rule_alerts_total", .counter, "Alerts that a rule was part of, in all time.",
            rules.map { ([("rule", $0.rule)], Double($0.alerts)) })
    }

    private mutating func addSources(_ status: DaemonStatus) {
        out.add(
            "banrisk_geoip_build_timestamp_seconds", .gauge, "When a GeoIP database was built.",
            status.databases.compactMap { database in
                Self.seconds(database.built).map { ([("kind", database.kind), ("type", database.type)], $0) }
            })
        out.add(
            "banrisk_list_entries", .gauge, "Entries of an operator list.",
            status.lists.map { ([("list", $0.name)], Double($0.entries)) })
    }

    private mutating func addDatabase(_ figures: StoreStatus) {
        out.add("banrisk_database_accounts", .gauge, "Accounts in the database.", figures.accounts)
        out.add(
            "banrisk_accounts_by_level", .gauge, "Accounts above normal, by level.",
            figures.accountsByLevel.sorted { $0.key < $1.key }.map { ([("level", $0.key.name)], Double($0.value)) })
        out.add(
            "banrisk_quarantine_rows", .gauge, "Lines in quarantine, by reason.",
            RejectionReason.allCases.map {
                ([("reason", $0.rawValue)], Double(figures.quarantine.byReason[$0.rawValue] ?? 0))
            })
        out.add(
            "banrisk_quarantine_evicted_total", .counter, "Lines that gave way to newer ones.",
            figures.quarantine.evicted)
        let sources = figures.sources
        func series(_ value: (SourceRow) -> Int) -> [(labels: [(String, String)], value: Double)] {
            sources.map { ([("source", $0.source)], Double(value($0))) }
        }
        out.add(
            "banrisk_source_frames_total", .counter, "Lines of a source that were processed, in all time.",
            series(\.frames))
        out.add("banrisk_source_bytes_total", .counter, "Bytes of these.", series(\.bytes))
        out.add("banrisk_source_events_total", .counter, "Events of these.", series(\.events))
        out.add(
            "banrisk_source_rejected_total", .counter, "Lines of these that went to quarantine.", series(\.rejected))
        out.add(
            "banrisk_source_ignored_total", .counter, "Lines of these that a mapping knows and that are no events.",
            series(\.ignored))
    }

    private mutating func addAPI(_ house: House) {
        let requests = house.counters.requests
        out.add(
            "banrisk_http_requests_total", .counter, "Requests by route, method and status.",
            requests.map { (Self.labels($0.key), Double($0.value.count)) })
        out.add(
            "banrisk_http_request_seconds_total", .counter, "Time until the head of their answers.",
            requests.map { (Self.labels($0.key), $0.value.seconds) })
        let connections = house.connections.counts
        out.add("banrisk_http_connections", .gauge, "Open connections.", connections.open)
        out.add("banrisk_http_connections_total", .counter, "Connections that were let in.", connections.accepted)
        out.add(
            "banrisk_http_connections_refused_total", .counter, "Connections that were too many.", connections.refused)
        out.add(
            "banrisk_http_faults_total", .counter, "Requests and connections that ended for a fault of the client.",
            house.counters.faults.map { ([("fault", $0.key)], Double($0.value)) })
        let lines = house.counters.lines
        out.add(
            "banrisk_http_events_total", .counter, "Events taken over HTTP, by what became of them.",
            [
                ([("outcome", "accepted")], Double(lines.accepted)),
                ([("outcome", "rejected")], Double(lines.rejected)),
                ([("outcome", "repeated")], Double(lines.repeated)),
            ])
        out.add("banrisk_http_body_bytes", .gauge, "Bytes of bodies in memory.", house.budget.usedBytes)
        out.add("banrisk_http_streams", .gauge, "Clients that follow alerts.", house.streams.count)
        let (readers, workers, audit) = (house.readers.counts, house.workers.counts, house.audit.counts)
        out.add(
            "banrisk_http_queue", .gauge, "Requests that wait for a thread.",
            [([("pool", "readers")], Double(readers.waiting)), ([("pool", "workers")], Double(workers.waiting))])
        out.add(
            "banrisk_http_queue_refused_total", .counter, "Requests refused since too many waited.",
            [([("pool", "readers")], Double(readers.refused)), ([("pool", "workers")], Double(workers.refused))])
        out.add("banrisk_audit_waiting", .gauge, "Entries of the audit that wait for the database.", audit.waiting)
        out.add(
            "banrisk_audit_entries_total", .counter, "Entries of the audit that were given to the database.",
            audit.written)
        out.add(
            "banrisk_audit_refused_total", .counter, "Requests refused since the audit could not be written.",
            audit.refused)
    }

    private static func labels(_ key: RequestCounters.Key) -> [(String, String)] {
        [("route", key.route), ("method", key.method), ("status", String(key.status))]
    }

    /// Seconds since the epoch, of a time by RFC 3339.
    private static func seconds(_ text: String) -> Double? {
        guard case .at(let time) = SinceArgument(argument: text) else { return nil }
        return Double(time.microseconds) / 1e6
    }
}
