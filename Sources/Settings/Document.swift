import RiskModel
import Yams

/// From the text of a file to its root node.
///
/// Three things that YAML allows are refused, since in a configuration they are accidents or attacks: a key twice in one
/// mapping, aliases (a few lines of them expand to any size), and more than ``maximumBytes`` of text.
struct Document {
    static let maximumBytes = 1 << 20

    /// Stands in for the first letter of a key that has been reported as a duplicate, so that reading can go on to the
    /// other faults. The scalars are of Unicode's private use area and the number tells the keys apart.
    private static let firstMask: UInt32 = 0xe000
    private static let maximumDuplicates: UInt32 = 16

    /// An empty mapping where the text is empty.
    let root: Node
    private let masked: Range<UInt32>

    /// `nil` where the text could not be read; the log says why.
    init?(yaml: String, log: FaultLog) {
        if yaml.utf8.count > Self.maximumBytes {
            log.note("the file is larger than 1 MiB; a configuration of that size is a mistake", at: nil)
            return nil
        }
        var masks: UInt32 = 0
        guard !Self.noteAliases(in: yaml, log: log), let root = Self.compose(yaml, log: log, masks: &masks) else {
            return nil
        }
        self.root = root
        masked = Self.firstMask..<Self.firstMask + masks
    }

    /// Whether a key was reported as a duplicate already and its value is not to be read.
    func isMasked(_ key: String) -> Bool {
        key.unicodeScalars.first.map { masked.contains($0.value) } ?? false
    }

    private static func compose(_ yaml: String, log: FaultLog, masks: inout UInt32) -> Node? {
        var lines = lines(of: yaml).map(Array.init)
        var text = yaml
        while true {
            do {
                return try Parser(yaml: text, encoding: .utf8).singleRoot() ?? [:]
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let position = Position(context.mark)
                let key = JSONText.quote(keys.first ?? "")
                log.note("the key \(key) occurs more than once in this mapping; keep one", at: position)
                guard masks < maximumDuplicates, lines.indices.contains(position.line - 1),
                    lines[position.line - 1].indices.contains(position.column - 1),
                    let mask = Unicode.Scalar(firstMask + masks)
                else { return nil }
                lines[position.line - 1][position.column - 1] = mask
                masks += 1
                var scalars = String.UnicodeScalarView()
                scalars.append(contentsOf: lines.joined(separator: ["\n"]))
                text = String(scalars)
            } catch {
                note(error, in: yaml, log: log)
                return nil
            }
        }
    }

    /// Notes each `*name` that stands where an alias can; before the parser sees it, which would expand it.
    private static func noteAliases(in yaml: String, log: FaultLog) -> Bool {
        var found = false
        for (number, line) in lines(of: yaml).enumerated() where line.contains("*") {
            let scalars = Array(line)
            if scalars.first(where: { !$0.properties.isWhitespace }) == "#" { continue }
            for i in scalars.indices where scalars[i] == "*" {
                let isStart =
                    i == 0 || scalars[i - 1].properties.isWhitespace || "[{,:".unicodeScalars.contains(scalars[i - 1])
                guard isStart, i + 1 < scalars.count, isNameScalar(scalars[i + 1]) else { continue }
                found = true
                log.note(
                    "YAML aliases are not supported; write the value out, or in a text put a space after the asterisk",
                    at: Position(line: number + 1, column: i + 1))
            }
        }
        return found
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }

    private static func note(_ error: any Error, in yaml: String, log: FaultLog) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _):
            let position = Position(mark)
            let lines = lines(of: yaml)
            let line =
                lines.indices.contains(position.line - 1) ? lines[position.line - 1] : yaml.unicodeScalars.suffix(0)
            if line.dropFirst(position.column - 1).first == "\t" {
                log.note("a tab; YAML is indented with spaces", at: position)
            } else {
                let scope = context.map { " \($0.text) from line \($0.mark.line) on" } ?? ""
                log.note("not valid YAML: \(problem)\(scope)", at: position)
            }
        case YamlError.composer(_, _, let mark, _):
            log.note("a second document begins here; a configuration is one document", at: Position(mark))
        case YamlError.reader(_, let offset, _, _):
            let lines = lines(of: String(yaml.prefix(offset ?? 0)))
            log.note(
                "a control character, which YAML does not allow; remove it",
                at: Position(line: lines.count, column: (lines.last?.count ?? 0) + 1))
        default:
            log.note("not valid YAML", at: nil)
        }
    }

    /// Split on scalars: as a `Character`, CR LF is not a line feed.
    private static func lines(of text: String) -> [Substring.UnicodeScalarView] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    }
}
