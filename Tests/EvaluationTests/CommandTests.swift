import Foundation
import Testing

/// `banrisk evaluate` and `banrisk tune` as programs.
@Suite struct CommandTests {
    private struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    private static let banrisk: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let folders = ([own] + CommandLine.arguments).map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        return (folders + [repository + "/.build/debug"]).map { "\($0)/banrisk" }
            .first(where: FileManager.default.isExecutableFile) ?? "banrisk"
    }()

    /// A folder that goes with its owner.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("eval-\(UUID().uuidString)").path

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
    }

    private func run(_ arguments: String..., temporary: String? = nil) throws -> Outcome {
        let folder = try Folder()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.banrisk)
        process.arguments = arguments
        if let temporary {
            process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": temporary]) { $1 }
        }
        for name in ["output", "errors"] { try "".write(toFile: folder(name), atomically: false, encoding: .utf8) }
        process.standardOutput = FileHandle(forWritingAtPath: folder("output"))
        process.standardError = FileHandle(forWritingAtPath: folder("errors"))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: try String(contentsOfFile: folder("output"), encoding: .utf8),
            errors: try String(contentsOfFile: folder("errors"), encoding: .utf8))
    }

    /// Two farms of 40 accounts, each registered from one address with one device, and 60 people at home.
    private func dataSet() throws -> Folder {
        let folder = try Folder()
        var events: [(time: Int, line: String)] = []
        var labels = ""
        func register(_ account: String, at time: Int, ip: String, device: String) {
            events.append(
                (
                    time,
                    #"{"ts":\#(time),"type":"registration","account":"\#(account)","ip":"\#(ip)","device":"\#(device)"}"#
                ))
        }
        for farm in 1...2 {
            for number in 0..<40 {
                let name = "farm-\(farm)-\(number)"
                register(
                    name, at: 1_770_000_000 + farm * 7200 + number * 20, ip: "203.0.113.\(farm)", device: "e-\(farm)")
                labels += #"{"account":"\#(name)","label":"abuse","kind":"batch","campaign":"batch-\#(farm)"}"# + "\n"
            }
        }
        for number in 0..<60 {
            let name = "home-\(number)"
            register(name, at: 1_770_000_000 + number * 600, ip: "198.\(18 + number).7.1", device: "d-\(number)")
            labels += #"{"account":"\#(name)","label":"innocent","class":"home"}"# + "\n"
        }
        let lines = events.sorted { $0.time < $1.time }.map { $0.line + "\n" }
        try lines.joined().write(toFile: folder("events.ndjson"), atomically: false, encoding: .utf8)
        try labels.write(toFile: folder("labels.ndjson"), atomically: false, encoding: .utf8)
        return folder
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func value(_ object: [String: Any], _ path: String...) -> Double? {
        var current: Any? = object
        for key in path {
            if let index = Int(key) {
                current = (current as? [Any])?[index]
            } else {
                current = (current as? [String: Any])?[key]
            }
        }
        return current as? Double
    }

    @Test func `a folder is run and compared, and the temporary database goes`() throws {
        let folder = try dataSet()
        let temporary = try Folder()
        let outcome = try run("evaluate", folder.path, "--json", "--html", folder("r.html"), temporary: temporary.path)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let report = try object(outcome.output)
        #expect(value(report, "accounts", "abuse") == 80 && value(report, "accounts", "innocent") == 60)
        #expect(value(report, "accounts", "missing") == 0 && value(report, "accounts", "unlabelled") == 0)
        #expect(value(report, "levels", "0", "recall", "value") ?? 0 > 0.9)
        #expect(value(report, "levels", "0", "precision", "value") == 1)
        #expect(value(report, "detection", "0", "campaigns", "hits") == 2)
        let median = try #require(value(report, "detection", "0", "events", "median"))
        #expect(median > 2 && median < 40)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path).isEmpty)
        #expect(try String(contentsOfFile: folder("r.html"), encoding: .utf8).contains("</html>"))
    }

    @Test func `a database that was kept gives the same report`() throws {
        let folder = try dataSet()
        let first = try run("evaluate", folder.path, "--database", folder("k.db"), "--json")
        let second = try run(
            "evaluate", "--database", folder("k.db"), "--labels", folder("labels.ndjson"), "--events",
            folder("events.ndjson"), "--json")
        #expect(first.status == 0 && second.status == 0 && first.output == second.output)
        let again = try run("evaluate", folder.path, "--database", folder("k.db"))
        #expect(again.status == 2 && again.errors.contains("--overwrite"))
        let without = try run("evaluate", "--database", folder("k.db"), "--labels", folder("labels.ndjson"))
        #expect(without.status == 0 && !without.output.contains("Detection of campaigns"))
    }

    @Test func `a requirement that is not met exits with 1, one that is unknown with 2`() throws {
        let folder = try dataSet()
        let met = try run("evaluate", folder.path, "--require", "watch.precision>=0.9")
        #expect(met.status == 0)
        let short = try run(
            "evaluate", folder.path, "--require", "watch.precision>1", "--require", "class.*.ban.false_positives<=0")
        #expect(short.status == 1)
        #expect(short.errors == "banrisk: watch.precision is 1.0000; required: watch.precision>1\n")
        #expect(short.output.contains("PRECISION"))
        let unknown = try run("evaluate", folder.path, "--require", "beauty>=0.9")
        #expect(unknown.status == 2 && unknown.errors.contains("beauty"))
        #expect(try run("evaluate", folder.path, "--require", "beauty").status == 64)
        #expect(try run("evaluate").status == 64)
    }

    @Test func `without a rule the farms are found later, or not`() throws {
        let folder = try dataSet()
        let outcome = try run("evaluate", folder.path, "--ablate", "--json")
        let rules = try #require(try object(outcome.output)["ablation"] as? [[String: Any]])
        #expect(rules.count > 5)
        let changes = rules.map { value($0, "recall_change", "ban") ?? 0 }
        #expect(changes.allSatisfy { $0 <= 0 })
    }

    @Test func `faulty labels are told with their lines`() throws {
        let folder = try dataSet()
        try "{}\n".write(toFile: folder("labels.ndjson"), atomically: false, encoding: .utf8)
        let outcome = try run("evaluate", folder.path)
        #expect(outcome.status == 2 && outcome.errors.contains("labels.ndjson:1: "))
    }

    @Test func `a proposal is the rules file with other numbers, and nothing is replaced unasked`() throws {
        let folder = try dataSet()
        let shipped =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/Config/rules.yaml"
        try FileManager.default.copyItem(atPath: shipped, toPath: folder("rules.yaml"))
        let arguments = ["tune", folder.path, "--rules", folder("rules.yaml"), "--out", folder("p.yaml")]
        let outcome = try run(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let present = try String(contentsOfFile: folder("rules.yaml"), encoding: .utf8).split(separator: "\n")
        let proposed = try String(contentsOfFile: folder("p.yaml"), encoding: .utf8).split(separator: "\n")
        let changed = zip(present, proposed).filter { $0 != $1 }
        #expect(present.count == proposed.count && !changed.isEmpty)
        #expect(changed.allSatisfy { $0.0.contains("weight:") || $0.0.contains("prior:") })
        let again = try run(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5])
        #expect(again.status == 2 && again.errors.contains("--overwrite"))
    }

    @Test func `the present figures of tune are those of evaluate`() throws {
        let folder = try dataSet()
        let shipped =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/Config/rules.yaml"
        let tuned = try object(try run("tune", folder.path, "--rules", shipped, "--json", "--as-labelled").output)
        let report = try object(try run("evaluate", folder.path, "--json").output)
        let before = try #require(tuned["before"] as? [String: Any])
        for level in ["0", "1", "2"] {
            for figure in ["precision", "recall"] {
                #expect(
                    value(before, "levels", level, figure, "hits") == value(report, "levels", level, figure, "hits"))
            }
        }
        let scores = (value(before, "brier_score") ?? 0, value(report, "brier_score") ?? 1)
        #expect(abs(scores.0 - scores.1) < 1e-3)
    }

    @Test func `too few labels are refused`() throws {
        let folder = try dataSet()
        let few = try String(contentsOfFile: folder("labels.ndjson"), encoding: .utf8).split(separator: "\n").suffix(90)
        try few.joined(separator: "\n").write(toFile: folder("labels.ndjson"), atomically: false, encoding: .utf8)
        let shipped =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/Config/rules.yaml"
        let outcome = try run("tune", folder.path, "--rules", shipped)
        #expect(outcome.status == 2 && outcome.errors.contains("20 more accounts of abuse"))
    }
}
