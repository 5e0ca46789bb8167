import Assembly
import Enrichment
import Intake
import Pipeline
import RiskModel
import Settings
import Spool
import Store

/// The daemon's state as `banrisk status` shows it.
struct StatusReport: Sendable {
    let assembly: Assembly
    let listener: StreamListener
    let spool: Spool
    let pipeline: Pipeline
    let writer: StoreWriter
    let queue: StoreQueue
    let processID: Int32

    /// Answers a line of the control socket: one JSON object.
    func answer(to request: String) -> String {
        request == "status" ? json : "{\"error\":\"unknown request; known is: status\"}"
    }

    private var json: String {
        let intake = listener.statistics
        let frames = spool.statistics
        let counts = pipeline.statistics
        let configuration = assembly.configuration
        return object([
            ("program", "\"banriskd\""),
            ("pid", "\(processID)"),
            ("database", JSONText.quote(configuration.databasePath)),
            ("shards", "\(configuration.shards)"),
            ("watermark", counts.events == 0 ? "null" : "\"\(counts.watermark)\""),
            (
                "sequence",
                object([
                    ("received", "\(frames.appendedSequence)"), ("durable", "\(frames.durableSequence)"),
                    ("processed", "\(counts.throughSeq)"), ("applied", "\(writer.appliedSeq)"),
                ])
            ),
            (
                "intake",
                object([
                    ("connections", "\(intake.connections)"), ("connections_total", "\(intake.acceptedConnections)"),
                    ("connections_refused", "\(intake.refusedConnections)"), ("frames", "\(intake.frames)"),
                    ("bytes", "\(intake.bytes)"), ("oversized", "\(intake.oversized)"),
                    ("unterminated", "\(intake.unterminated)"),
                ])
            ),
            (
                "spool",
                object([
                    ("bytes", "\(frames.retainedBytes)"), ("segments", "\(frames.segments)"),
                    ("pending_bytes", "\(frames.pendingBytes)"), ("oldest", "\(frames.oldestSequence)"),
                    ("stalled", frames.stalled.map { JSONText.quote($0.description) } ?? "null"),
                ])
            ),
            (
                "pipeline",
                object([
                    ("events", "\(counts.events)"), ("rejected", "\(counts.rejected)"),
                    ("signals", "\(counts.signals)"),
                    ("alerts", "\(counts.alerts)"), ("accounts", "\(counts.accounts)"),
                    ("entities", "\(pipeline.entityCount)"), ("risky_accounts", "\(pipeline.riskCount)"),
                    ("evicted_accounts", "\(counts.evictedAccounts)"),
                    ("evicted_entities", "\(counts.evictedEntities)"),
                ])
            ),
            ("store", object([("stalled", queue.stall.map(JSONText.quote) ?? "null")])),
            (
                "databases",
                array(
                    assembly.sources.databases.map { database in
                        object([
                            ("kind", JSONText.quote(database.kind.rawValue)), ("type", JSONText.quote(database.type)),
                            ("path", JSONText.quote(database.path)), ("built", "\"\(database.buildEpoch)\""),
                        ])
                    })
            ),
            (
                "lists",
                array(
                    assembly.sources.lists.map { list in
                        object([("name", JSONText.quote(list.name)), ("entries", "\(list.count)")])
                    })
            ),
            (
                "rules",
                array(
                    configuration.ruleSet.rules.map { rule in
                        object([
                            ("rule", JSONText.quote(rule.id)), ("active", "\(assembly.inactive[rule.id] == nil)"),
                            ("inactive_because", assembly.inactive[rule.id].map(JSONText.quote) ?? "null"),
                        ])
                    })
            ),
        ])
    }

    private func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    private func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }
}
