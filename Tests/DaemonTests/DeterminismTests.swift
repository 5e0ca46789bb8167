import Testing

/// The same events give the same database, whichever way they came.
extension ProcessTests {
    @Suite struct DeterminismTests {
        /// Replays the demo's log and returns the whole database.
        private func replay(_ options: String...) throws -> Dump {
            let folder = try TemporaryFolder()
            let log = try folder.write(Logs.demo.joined(), to: "events.ndjson")
            let arguments = ["replay", "--geoip", Places.demo, "--database", folder("out.db")] + options + [log]
            let outcome = try run(Places.banrisk, arguments)
            #expect(outcome.end == .exit(0), "\(outcome.errors)")
            return try Dump(folder("out.db"))
        }

        @Test func `live and replayed are identical`() throws {
            let folder = try TemporaryFolder()
            let daemon = try RunningDaemon(folder)
            try daemon.feed(Logs.demo)
            try daemon.waitUntilApplied(Logs.demo.count)
            #expect(try daemon.stop() == .exit(0))

            let log = try folder.write(Logs.demo.joined(), to: "events.ndjson")
            let replayed = folder("replayed.db")
            let outcome = try banrisk("replay", "--geoip", Places.demo, "--database", replayed, log)
            #expect(outcome.end == .exit(0), "\(outcome.errors)")

            let tables = Dump.results + ["rules", "meta"]
            let live = try Dump(daemon.database, tables: tables)
            for table in tables { #expect(live.rows(of: table) > 0, "\(table) is empty") }
            #expect(try live.difference(from: Dump(replayed, tables: tables)) == nil)
            // These two say besides where the events came from.
            for counts in [
                "SELECT frames, bytes, events, rejected, last_event FROM sources",
                "SELECT seq, reason, field, position, hex(bytes) FROM quarantine ORDER BY seq",
            ] {
                let rows = try sqlite(daemon.database, counts)
                #expect(!rows.isEmpty)
                #expect(try rows == sqlite(replayed, counts))
            }
        }

        @Test func `shards and batches change not a single row`() throws {
            let reference = try replay("--shards", "1", "--batch", "10000")
            #expect(reference.rows(of: "alerts") > 15)
            #expect(reference.rows(of: "quarantine") > 5)
            for shards in ["1", "4", "64"] {
                for batch in ["1", "7", "10000"] {
                    let other = try replay("--shards", shards, "--batch", batch)
                    #expect(other.difference(from: reference) == nil, "\(shards) shards, batches of \(batch)")
                }
            }
        }
    }
}
