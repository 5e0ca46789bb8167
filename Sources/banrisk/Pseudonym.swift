import ArgumentParser
import Assembly
import Enrichment
import RiskModel

/// `banrisk pseudonym`: by which name the database knows something, and new keys.
struct PseudonymCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pseudonym",
        abstract: "Prints the pseudonym of a phone number, e-mail, card, name, account or IP address, or a new key.",
        discussion: """
            One line for each key, the current one first: rows that were written under an older key have its pseudonym. An \
            e-mail address has two, its own and that of its mailbox; an IP address also those of its networks. With --reverse it says \
            which IP address another stands for, by the id of each key: rows do not say which it is. For forgotten and an account's name: what the audit says \
            of who was forgotten. Who may read the key file may ask. \(ToolError.discussion)
            """)

    private static let forgotten = "forgotten"

    @OptionGroup var options: ConfigurationOptions
    @Argument(
        help: ArgumentHelp(
            "What it is (\(Pseudonymizer.Subject.allCases.map(\.rawValue).joined(separator: ", "))), and its text.",
            valueName: "what-and-text"))
    var words: [String] = []
    @Flag(help: "Print a line for a key file with a key of its own; give its id with --id.") var newKey = false
    @Flag(help: "Print the IP address that the given one stands for.") var reverse = false
    @Option(help: "The new key's id, which every pseudonym shows: 1 to 8 of a to z and 0 to 9.") var id = "k1"

    func validate() throws {
        if newKey {
            guard words.isEmpty, !reverse else { throw ValidationError("--new-key stands alone.") }
            guard PseudonymKeys.isID(id) else {
                throw ValidationError("--id is 1 to \(PseudonymKeys.longestID) of a to z and 0 to 9.")
            }
            return
        }
        let isKnown = words.first.map { $0 == Self.forgotten || Pseudonymizer.Subject(rawValue: $0) != nil } ?? false
        guard words.count == 2, isKnown, !words[1].isEmpty else {
            throw ValidationError("Give what it is and its text, such as: banrisk pseudonym phone +4366012345678")
        }
        if words[0] == Pseudonymizer.Subject.ip.rawValue {
            guard IPAddress(words[1]) != nil else { throw ValidationError("The text must be an IPv4 or IPv6 address.") }
        } else if reverse {
            throw ValidationError("Only of IP addresses is there a way back: banrisk pseudonym --reverse ip ADDRESS")
        }
    }

    func run() throws {
        try ToolError.reporting {
            var output = Output()
            if newKey {
                try output.line(PseudonymKeys.newLine(id: id))
                return try output.flush()
            }
            guard let pseudonyms = try options.assemble().sources.pseudonyms else {
                throw ToolError.notFound("Pseudonyms are off: rows have the text itself.")
            }
            guard let subject = Pseudonymizer.Subject(rawValue: words[0]) else {
                try output.line(pseudonyms.receipt(of: words[1]))
                return try output.flush()
            }
            guard pseudonyms.subjects.contains(subject) else {
                throw ToolError.notFound("\(subject.rawValue) is no pseudonym here: rows have the text itself.")
            }
            if reverse, let address = IPAddress(words[1]) {
                for (key, address) in pseudonyms.plain(address) { try output.line("\(key)\t\(address)") }
            } else {
                for (field, name) in pseudonyms.names(of: subject, words[1]) ?? [] {
                    try output.line("\(field.name)\t\(name)")
                }
            }
            try output.flush()
        }
    }
}
