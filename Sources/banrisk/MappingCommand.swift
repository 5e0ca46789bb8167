import ArgumentParser
import Settings

/// `banrisk mapping`: how lines that are not of the native format become events.
struct MappingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mapping", abstract: "Show and try mappings: how lines of other formats become events.",
        discussion: ToolError.discussion, subcommands: [MappingTest.self, List.self, Show.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The mappings that ship with the program.")

        func run() throws {
            try ToolError.reporting {
                var output = Output()
                for mapping in EmbeddedMapping.all {
                    let gap = String(repeating: " ", count: max(1, 12 - mapping.name.count))
                    try output.line(mapping.name + gap + mapping.summary)
                }
                try output.flush()
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A mapping that ships with the program, as a file to begin with.")

        @Argument(help: ArgumentHelp("Its name, as `banrisk mapping list` has it.", valueName: "name"))
        var name: String

        func run() throws {
            try ToolError.reporting {
                guard let mapping = EmbeddedMapping.all.first(where: { $0.name == name }) else {
                    let known = EmbeddedMapping.all.map(\.name).joined(separator: ", ")
                    throw ToolError.notFound("there is no such mapping; there are \(known)")
                }
                var output = Output()
                for line in mapping.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                    try output.line(String(line))
                }
                try output.flush()
            }
        }
    }
}
