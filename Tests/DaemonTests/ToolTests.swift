import Foundation
import Glibc
import Testing

/// The tool's manners: help, exit codes, escaping, colour.
extension ProcessTests {
    @Suite struct ToolTests {
        private static let commands: [[String]] = [
            [], ["replay"], ["tail"], ["query"], ["query", "accounts"], ["query", "alerts"], ["query", "entities"],
            ["query", "campaigns"], ["query", "verdicts"], ["explain"], ["campaigns"], ["verdict"], ["verdicts"],
            ["appeals"], ["check"], ["rules"], ["rules", "list"], ["rules", "test"], ["backtest"], ["simulate"],
            ["evaluate"], ["tune"], ["status"],
        ]
        /// The commands that read a database, complete.
        private static let readers: [[String]] = [
            ["tail"], ["query", "accounts"], ["query", "alerts"], ["query", "entities"], ["explain", "farm-39"],
        ]

        /// A folder with the database of a farm.
        private func farm(_ accounts: [String] = (0..<40).map { "farm-\($0)" }) throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            let log = try folder.write(Logs.farm(accounts).joined(), to: "events.ndjson")
            let outcome = try banrisk("replay", "--database", folder("banrisk.db"), log)
            #expect(outcome.end == .exit(0), "\(outcome.errors)")
            return folder
        }

        @Test func `every command helps`() throws {
            for command in Self.commands {
                let help = try run(Places.banrisk, command + ["--help"])
                #expect(help.end == .exit(0))
                #expect(help.output.contains("USAGE: " + (["banrisk"] + command).joined(separator: " ")))
                #expect(help.output.contains("OVERVIEW: "))
                #expect(help.errors.isEmpty)
                let lines = help.lines.filter { !$0.hasPrefix("USAGE: ") }
                #expect(lines.count > 5 && lines.allSatisfy { $0.count <= 100 })
            }
            let help = try run(Places.banriskd, ["--help"])
            #expect(help.end == .exit(0) && help.output.contains("USAGE: banriskd"))
        }

        @Test func `both programs have the same version`() throws {
            let tool = try banrisk("--version")
            let daemon = try run(Places.banriskd, ["--version"])
            #expect(tool.end == .exit(0) && daemon.end == .exit(0))
            #expect(tool.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
            #expect(tool.output == daemon.output)
        }

        @Test(arguments: [
            ["dance"], ["--nonsense"], ["replay"], ["replay", "--shards", "0", "-"], ["replay", "--shards", "65", "-"],
            ["replay", "--batch", "0", "-"], ["replay", "--batch", "65537", "-"], ["replay", "--batch", "many", "-"],
            ["tail", "--level", "high"], ["tail", "--since", "yesterday"], ["tail", "-n", "-1"], ["tail", "more"],
            ["query", "accounts", "--limit", "x"], ["query", "accounts", "--sort", "colour"], ["query", "people"],
            ["query", "alerts", "--since", "2026-13-01"], ["query", "entities", "--kind", "moon"],
            ["explain"], ["explain", "a", "b"], ["check", "--config"], ["status", "now"],
            ["verdict", "a", "banned"], ["verdict", "a", "guilty", "--why", "x"], ["verdict", "banned", "--why", "x"],
            ["backtest"], ["backtest", "--rules", "r", "--spool", "s", "events"], ["evaluate"],
            ["backtest", "--rules", "r", "--fail-on-new-ban", "-1"], ["query", "accounts", "--config", "c"],
            ["simulate"], ["tune", "folder"],
        ])
        func `wrong usage exits with 64 and says so`(arguments: [String]) throws {
            let outcome = try run(Places.banrisk, arguments)
            #expect(outcome.end == .exit(64))
            #expect(outcome.errors.contains("Error: ") && outcome.output.isEmpty)
        }

        @Test(arguments: [["--shards", "65"], ["--log-level", "loud"], ["now"]])
        func `wrong usage of the daemon exits with 64`(arguments: [String]) throws {
            let outcome = try run(Places.banriskd, arguments)
            #expect(outcome.end == .exit(64))
            #expect(outcome.errors.contains("Error: "))
        }

        @Test func `an empty database has nothing to show, which is no fault of it`() throws {
            let folder = try TemporaryFolder()
            #expect(try banrisk("replay", "--database", folder("banrisk.db"), "/dev/null").end == .exit(0))
            for command in Self.readers {
                let outcome = try run(Places.banrisk, command + ["--database", folder("banrisk.db")])
                #expect(outcome.output.isEmpty)
                if command == ["tail"] {
                    #expect(outcome.end == .exit(0) && outcome.errors.isEmpty)
                } else {
                    #expect(outcome.end == .exit(1))
                    #expect(outcome.errors.hasPrefix("banrisk: "))
                }
            }
        }

        @Test func `a database that is not there or not ours is named, exit 69, and not touched`() throws {
            let folder = try TemporaryFolder()
            let text = try folder.write(
                "A letter to the analyst, longer than a header of SQLite would be.\n", to: "letter.txt")
            let empty = try folder.write("", to: "empty.db")
            _ = try run("sqlite3", [folder("other.db"), "CREATE TABLE t (x)"])
            for command in Self.readers {
                for path in [folder("missing.db"), text, empty, folder("other.db"), folder.path] {
                    let outcome = try run(Places.banrisk, command + ["--database", path])
                    #expect(outcome.end == .exit(69), "\(command) of \(path): \(outcome.errors)")
                    #expect(outcome.errors.contains(path) && outcome.output.isEmpty)
                }
            }
            #expect(!FileManager.default.fileExists(atPath: folder("missing.db")))
            #expect(FileManager.default.contents(atPath: empty)?.isEmpty == true)
            #expect(try String(contentsOfFile: text, encoding: .utf8).hasPrefix("A letter"))
            let status = try banrisk("status", "--control", folder("control.sock"))
            #expect(status.end == .exit(69) && status.errors.contains(folder("control.sock")))
        }

        @Test func `what is not found exits with 1`() throws {
            let folder = try farm()
            for arguments in [
                ["explain", "nobody"], ["query", "accounts", "--account", "nobody"],
                ["query", "alerts", "--account", "nobody"],
                ["query", "entities", "--key", "nothing"],
            ] {
                let outcome = try run(Places.banrisk, arguments + ["--database", folder("banrisk.db")])
                #expect(outcome.end == .exit(1))
                #expect(outcome.output.isEmpty && outcome.errors.hasPrefix("banrisk: "))
            }
        }

        @Test func `a replay neither adds to a database nor guesses at its input`() throws {
            let folder = try farm()
            let before = try Dump(folder("banrisk.db"))
            let again = try banrisk("replay", "--database", folder("banrisk.db"), folder("events.ndjson"))
            #expect(again.end == .exit(2) && again.errors.contains("\(folder("banrisk.db")) exists"))
            #expect(try Dump(folder("banrisk.db")).difference(from: before) == nil)

            let missing = try banrisk("replay", "--database", folder("new.db"), folder("missing.ndjson"))
            #expect(missing.end == .exit(2) && missing.errors.contains("\(folder("missing.ndjson")) cannot be read"))

            let piped = try banrisk(
                "replay", "--overwrite", "--database", folder("banrisk.db"), "-", input: folder("events.ndjson"))
            #expect(piped.end == .exit(0), "\(piped.errors)")
            #expect(try Dump(folder("banrisk.db")).difference(from: before) == nil)
        }

        @Test func `a broken configuration exits with 2 and names file, line and remedy, in both programs`() throws {
            let folder = try TemporaryFolder()
            let rules = try folder.write("rules:\n  - id: one\n    kind: distnct\n", to: "rules.yaml")
            let path = try folder.write(
                "shards: 4\nsharsd: 5\nrules: rules.yaml\nbatch_frames: 0\n", to: "banrisk.yaml")
            let outcomes = try [
                banrisk("check", "--config", path),
                banrisk("replay", "--config", path, "--database", folder("out.db"), "-"),
                run(Places.banriskd, RunningDaemon.arguments(folder) + ["--config", path]),
            ]
            for outcome in outcomes {
                #expect(outcome.end == .exit(2))
                #expect(outcome.errors.contains("\(path):2:1: "))
                #expect(outcome.errors.contains(#"did you mean "shards"?"#))
                #expect(outcome.errors.contains("\(path):4:15: "))
                #expect(outcome.errors.contains("\(rules):3:11: "))
            }
            #expect(!FileManager.default.fileExists(atPath: folder("out.db")))
            #expect(!FileManager.default.fileExists(atPath: folder("banrisk.db")))
            let none = try banrisk("check", "--config", folder("none.yaml"))
            #expect(none.end == .exit(2) && none.errors.contains(folder("none.yaml")))
        }

        @Test func `a faulty list or database exits with 2 and is named, in both programs`() throws {
            let folder = try TemporaryFolder()
            let whole = try Data(contentsOf: URL(fileURLWithPath: Places.demo + "/city.mmdb"))
            let cut = folder("cut.mmdb")
            try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: cut))
            let noise = try folder.write("type: cidr\n192.0.2.0/24\n192.0.2.0/33\n", to: "noise.txt")
            let configuration = try folder.write("lists: [noise.txt]\n", to: "banrisk.yaml")
            for (options, complaint) in [
                (["--geoip", cut], "\(cut): "), (["--geoip", folder("none.mmdb")], "\(folder("none.mmdb")): "),
                (["--geoip", Places.repository + "/README.md"], "README.md: "),
                (["--config", configuration], "\(noise):3"),
            ] {
                for outcome in try [
                    run(Places.banrisk, ["check"] + options),
                    run(Places.banriskd, RunningDaemon.arguments(folder) + options),
                ] {
                    #expect(outcome.end == .exit(2), "\(options): \(outcome.errors)")
                    #expect(outcome.errors.contains(complaint), "\(outcome.errors)")
                }
            }
        }

        @Test func `a link to a folder stands for the folder`() throws {
            let folder = try TemporaryFolder()
            for (link, target) in [("places", Places.demo), ("lists", Places.repository + "/Config/lists")] {
                try FileManager.default.createSymbolicLink(atPath: folder(link), withDestinationPath: target)
            }
            let configuration = try folder.write("geoip: [places]\nlists: [lists]\n", to: "banrisk.yaml")
            let outcome = try run(Places.banrisk, ["check", "--config", configuration])
            #expect(outcome.end == .exit(0), "\(outcome.errors)")
            #expect(outcome.output.contains("banrisk-demo-City") && outcome.output.contains("hosting_asns"))
        }

        @Test func `with --json every line of every command is one JSON object`() throws {
            let folder = try farm()
            let daemon = try RunningDaemon(TemporaryFolder())
            let commands =
                Self.readers.map { $0 + ["--database", folder("banrisk.db")] } + [
                    ["check"], ["check", "--geoip", Places.demo], ["status", "--control", daemon.control],
                    ["replay", "--database", folder("again.db"), folder("events.ndjson")],
                ]
            for command in commands {
                let outcome = try run(Places.banrisk, command + ["--json"])
                #expect(outcome.end == .exit(0))
                #expect(!outcome.lines.isEmpty && outcome.errors.isEmpty, "\(command)")
                for line in outcome.lines {
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    #expect(object?.isEmpty == false, "\(command): \(line)")
                }
            }
        }

        /// Names as text, and as the content of a JSON string.
        private static let hostile = [
            ("\u{1b}[2J\u{1b}]0;title\u{7}red", #"\u001b[2J\u001b]0;title\u0007red"#),
            ("'; DROP TABLE accounts; --", "'; DROP TABLE accounts; --"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"), ("line\nbreak\r\t", #"line\nbreak\r\t"#),
            ("\u{202e}txt.exe", #"\u202etxt.exe"#), (#"quote " and \"#, #"quote \" and \\"#), ("%s%n%d", "%s%n%d"),
            ("\u{9b}31m c1", #"\u009b31m c1"#), ("-- --help", "-- --help"), ("ゼロ\u{200b}幅", "ゼロ\\u200b幅"),
            // Canonically equivalent, and two accounts all the same.
            ("caf\u{e9}", "caf\u{e9}"), ("cafe\u{301}", "cafe\u{301}"),
        ]

        @Test func `hostile names come out escaped, and are found by their true spelling`() throws {
            let folder = try farm(Self.hostile.map(\.1) + (0..<30).map { "farm-\($0)" })
            let database = folder("banrisk.db")
            #expect(try sqlite(database, "SELECT count(*) FROM accounts") == ["\(Self.hostile.count + 30)"])
            #expect(
                try sqlite(database, "SELECT count(*) FROM contributions WHERE rule = 'prior' AND account LIKE 'caf%'")
                    == ["2"])

            for command in [
                ["tail", "-n", "1000"], ["query", "accounts"], ["query", "alerts"], ["query", "entities"],
            ] {
                let outcome = try run(Places.banrisk, command + ["--database", database])
                #expect(outcome.end == .exit(0))
                #expect(outcome.output.unicodeScalars.allSatisfy(Self.isHarmless), "\(command)")
            }
            struct Account: Decodable { var account: String }
            for (name, _) in Self.hostile {
                let print = try banrisk("explain", "--database", database, "--", name)
                #expect(print.end == .exit(0), "\(name.debugDescription): \(print.errors)")
                #expect(print.output.unicodeScalars.allSatisfy(Self.isHarmless))
                let json = try banrisk("explain", "--json", "--database", database, "--", name)
                #expect(json.lines.count == 1)
                #expect(json.output.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
                #expect(try JSONDecoder().decode(Account.self, from: Data(json.output.utf8)).account == name)
                let query = try banrisk("query", "accounts", "--account=\(name)", "--json", "--database", database)
                #expect(query.lines.count == 1)
            }
            // On a terminal JSON is as harmless, and says the same.
            for command in [["query", "accounts"], ["tail", "-n", "1000"], ["query", "alerts"]] {
                let arguments = command + ["--json", "--database", database]
                let shown = try onTerminal(arguments, [:]).split(whereSeparator: \.isNewline)
                #expect(shown.allSatisfy { $0.unicodeScalars.allSatisfy(Self.isHarmless) }, "\(command)")
                let piped = try run(Places.banrisk, arguments).lines
                let objects = try [shown.map(String.init), piped].map { lines in
                    try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary }
                }
                #expect(objects[0] == objects[1] && !piped.isEmpty)
            }
            // A complaint repeats an argument no less carefully.
            let path = try banrisk("check", "--config", "/nowhere/\u{1b}[31m")
            #expect(path.end == .exit(2) && path.errors.unicodeScalars.allSatisfy(Self.isHarmless))
        }

        private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "\n" || ![.control, .format].contains(scalar.properties.generalCategory)
        }

        @Test func `colour is for terminals alone, and for those who want it`() throws {
            let folder = try farm()
            let database = folder("banrisk.db")
            let arguments = ["query", "accounts", "--database", database]
            #expect(try !run(Places.banrisk, arguments).output.contains("\u{1b}"))
            #expect(try onTerminal(arguments, [:]).contains("\u{1b}[1;31mban"))
            for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
                let output = try onTerminal(arguments, environment)
                #expect(output.contains("farm-39") && !output.contains("\u{1b}"))
            }
            #expect(try onTerminal(arguments, ["NO_COLOR": ""]).contains("\u{1b}["))
            #expect(try !onTerminal(arguments + ["--json"], [:]).contains("\u{1b}"))
        }

        /// Runs the tool on a pseudo-terminal, pts(4), and returns what it showed.
        private func onTerminal(_ arguments: [String], _ environment: [String: String?]) throws -> String {
            let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            defer { close(master) }
            // TIOCSPTLCK and TIOCGPTN, ioctl_tty(2): unlock the other end, and say its number.
            var number: CInt = 0
            #expect(ioctl(master, 0x4004_5431, &number) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
            let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
            #expect(slave >= 0)
            let process = try ChildProcess(Places.banrisk, arguments, environment: environment, terminal: slave)
            close(slave)
            var shown: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4096)
            while true {
                // EIO once the last writer has gone.
                let count = read(master, &chunk, chunk.count)
                if count <= 0 { break }
                shown.append(contentsOf: chunk[..<count])
            }
            #expect(try process.wait() == .exit(0))
            return String(decoding: shown, as: UTF8.self)
        }

        @Test func `a reader that has seen enough is no fault`() throws {
            let folder = try farm()
            let command = #""$0" query accounts --database "$1" | true; echo ${PIPESTATUS[0]}"#
            let outcome = try run("bash", ["-c", command, Places.banrisk, folder("banrisk.db")])
            #expect(outcome.output == "0\n" && outcome.errors.isEmpty)
        }

        @Test(arguments: ["bash", "zsh", "fish"])
        func `completions are there for each shell, and bash accepts its own`(shell: String) throws {
            let folder = try TemporaryFolder()
            for program in [Places.banrisk, Places.banriskd] {
                let script = try run(program, ["--generate-completion-script", shell])
                #expect(script.end == .exit(0) && script.errors.isEmpty)
                #expect(
                    script.output.contains(program == Places.banrisk ? "explain" : "--state-directory")
                        || shell == "fish")
                guard shell == "bash" else { continue }
                let path = try folder.write(script.output, to: "completion")
                let outcome = try run("bash", ["-n", path])
                #expect(outcome.end == .exit(0) && outcome.errors.isEmpty, "\(outcome.errors)")
            }
        }
    }
}
