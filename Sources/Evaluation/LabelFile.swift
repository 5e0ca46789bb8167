internal import Foundation

/// `labels.ndjson`: one JSON object a line, with `account`, `label`, and `class` or `kind` and `campaign`.
package enum LabelFile {
    private static let shownFaults = 20
    private static let unnamed = "unnamed"

    private struct Line: Decodable {
        var account: String
        var label: String
        var `class`: String?
        var kind: String?
        var campaign: String?
    }

    /// The label of each account. Empty lines are skipped; unknown keys are ignored.
    ///
    /// - Parameter file: The name for messages.
    /// - Throws: the first twenty faults of the text, each with its line.
    package static func parse(_ bytes: [UInt8], file: String) throws(LabelFaults) -> [String: Label] {
        var labels: [String: Label] = [:]
        var faults: [String] = []
        let decoder = JSONDecoder()
        for (number, bytes) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where !bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) {
            do {
                let line = try decoder.decode(Line.self, from: Data(bytes))
                guard let label = Self.label(of: line) else {
                    faults.append(
                        "\(file):\(number + 1): \"label\" is innocent, abuse or victim, not \"\(line.label)\"")
                    continue
                }
                if let other = labels.updateValue(label, forKey: line.account), other != label {
                    faults.append("\(file):\(number + 1): the account has another label above; keep one")
                }
            } catch {
                faults.append(
                    "\(file):\(number + 1): not a JSON object with the texts \"account\" and \"label\"")
            }
        }
        guard faults.isEmpty else {
            let rest = faults.count - shownFaults
            throw LabelFaults(faults: faults.prefix(shownFaults) + (rest > 0 ? ["\(file): \(rest) more faults"] : []))
        }
        return labels
    }

    private static func label(of line: Line) -> Label? {
        let kind = line.kind ?? unnamed
        return switch line.label {
        case "innocent": .innocent(class: line.class ?? unnamed)
        case "abuse": .abuse(kind: kind, campaign: line.campaign)
        case "victim": .victim(kind: kind, campaign: line.campaign)
        default: nil
        }
    }
}

/// What is wrong with a file of labels.
package struct LabelFaults: Error, Sendable, CustomStringConvertible {
    package let faults: [String]

    package var description: String { faults.joined(separator: "\n") }
}
