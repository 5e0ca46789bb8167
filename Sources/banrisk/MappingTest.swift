import ArgumentParser
import Decoding
import Pipeline
import RiskModel
import Settings

/// `banrisk mapping test`: what becomes of each line of a file.
struct MappingTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Say of each line of a file which event it becomes, or why none.",
        discussion: """
            Without --mapping the mappings are those of the configuration, or those that ship with the program. \
            A time without a year is taken to be near to now; the daemon takes the time at which it received the line.

            Exit status 0: every line is an event or not of interest. 1: a line was not understood. \
            \(ToolError.discussion)
            """)

    @Option(
        help: ArgumentHelp(
            "A mapping file to try, or builtin:NAME for one that ships; may be repeated, in the order of trying.",
            valueName: "file"))
    var mapping: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Configuration file. Default: the embedded one.", valueName: "file"))
    var config: String?

    @Flag(help: "Print one JSON object a line, and a last one that sums up.")
    var json = false

    @Argument(help: ArgumentHelp("A file of lines; - is standard input.", valueName: "file"))
    var file: String

    private static let batchFrames = 1024

    func run() throws {
        try ToolError.reporting {
            var summary = MappingSummary()
            var decoder = EventDecoder(mappings: try loadMappings())
            var frames = FileFrames([file])
            var batch = FrameBatch()
            var output = Output()
            while try frames.next(into: &batch, maximumFrames: Self.batchFrames, notAfter: nil) {
                for frame in batch.frames {
                    let line = Array(batch.bytes(of: frame))
                    let reading = MappedLine(of: line, frame, &decoder)
                    summary.add(reading)
                    try output.line(json ? reading.object(frame.seq).text : reading.text(frame.seq))
                }
                batch.removeAll()
            }
            try output.line(json ? summary.object.text : summary.text)
            try output.flush()
            if summary.refused > 0 { throw ExitCode(1) }
        }
    }

    private func loadMappings() throws(ToolError) -> [Mapping] {
        if mapping.isEmpty { return try ConfigurationOptions.load(path: config).mappings }
        var mappings: [Mapping] = []
        for name in mapping {
            if name.hasPrefix("builtin:"),
                let found = EmbeddedMapping.all.first(where: { "builtin:" + $0.name == name })
            {
                mappings.append(found.mapping)
                continue
            }
            do throws(ConfigurationFaults) {
                mappings.append(try Mapping.load(path: name))
            } catch {
                throw .faultyInput("\(error)")
            }
        }
        return mappings
    }
}
