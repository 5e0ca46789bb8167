internal import Assembly
internal import Pipeline
internal import RiskModel
internal import Store

/// Everything that is stored on one account, as one JSON document: what it may ask for.
struct ExportSubject {
    let account: String
    let assembly: Assembly
    let database: StoreReader
    /// The folder of the spool's segments.
    let spool: String

    /// Writes the document.
    ///
    /// - Returns: Whether there was anything.
    /// - Throws: ``ToolError/faultyInput(_:)`` where the spool cannot be read: only the daemon's user and root may.
    func write(_ write: (inout [UInt8]) throws -> Void) throws -> Bool {
        let pipeline = assembly.makePipeline()
        let names = pipeline.names(of: NameSearch(account)).map(\.name)
        var bytes: [UInt8] = []
        bytes +=
            #"{"account":\#(JSONText.quote(account)),"names":[\#(names.map(JSONText.quote).joined(separator: ","))]"#
            .utf8
        var count = 0
        for (table, rows) in try database.everything(about: names) {
            bytes += ",\n\(JSONText.quote(table)):[\(rows.map(\.text).joined(separator: ",\n"))]".utf8
            count += rows.count
        }
        bytes += ",\n\"events\":[".utf8
        let trace = AccountTrace(account: account)
        var frames = FrameBatch()
        var archive = try ArchiveFrames(directory: spool)
        var separator = ""
        while try archive.next(into: &frames, maximumFrames: 8192, notAfter: nil) {
            let redactions = trace.redactions(of: frames, by: pipeline).frames
            for (index, redaction) in redactions.sorted(by: { $0.key < $1.key }) {
                guard case .erase = redaction else { continue }
                bytes += separator.utf8
                bytes += Self.object(frames.frames[index], in: frames).text.utf8
                separator = ",\n"
                count += 1
            }
            try write(&bytes)
            frames.removeAll()
        }
        bytes += "]}\n".utf8
        try write(&bytes)
        return count > 0
    }

    private static func object(_ frame: Frame, in frames: FrameBatch) -> JSONObject {
        var object = JSONObject()
        object.add("seq", Int(frame.seq))
        object.add("source", frame.source.name)
        object.add("received", frame.received.description)
        object.add("line", String(decoding: frames.bytes(of: frame), as: UTF8.self))
        return object
    }
}
