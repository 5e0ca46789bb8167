import Foundation

/// Events to feed, each line with its newline.
enum Logs {
    /// The demo's log, with a line that is no event behind every 400th.
    static let demo: [String] = {
        let text = try? String(contentsOfFile: Places.demo + "/events.ndjson", encoding: .utf8)
        let lines = (text ?? "").split(separator: "\n").map { "\($0)\n" }
        precondition(lines.count > 3_000, "the demo's log is not there")
        return lines.enumerated().flatMap { index, line in
            index % 400 == 399 ? [line, "{\"ts\":\(index),\"type\":\"login\",\"account\":\"half\n"] : [line]
        }
    }()

    /// Registrations from one address and one device, 20 seconds apart.
    ///
    /// - Parameter accounts: the names, as a JSON string spells them.
    static func farm(_ accounts: [String]) -> [String] {
        accounts.enumerated().map { index, account in
            event(
                "registration", account, at: 1_770_000_000 + 20 * index, #","ip":"203.0.113.9","device":"emulator-1""#)
        }
    }

    static func farm(_ count: Int = 40) -> [String] { farm((0..<count).map { "farm-\($0)" }) }

    static func event(_ type: String, _ account: String, at seconds: Int, _ more: String = "") -> String {
        #"{"ts":\#(seconds),"type":"\#(type)","account":"\#(account)"\#(more)}"# + "\n"
    }
}
