import RiskModel
import Settings
import Testing

@Suite struct AlertSinkParsingTests {
    private func sinks(_ yaml: String) throws(ConfigurationFaults) -> [Configuration.AlertSink] {
        try Configuration.parse(yaml: "alerts:\n" + yaml, file: "banrisk.yaml", baseDirectory: "/etc/banrisk").alerts
    }

    @Test func `Each kind of sink has its defaults`() throws {
        let sinks = try sinks(
            """
              - {name: oncall, kind: webhook, url: "http://127.0.0.1:9093"}
              - {name: log, kind: journal, level: watch}
              - {name: archive, kind: file, path: /var/log/banrisk/alerts.ndjson, from: beginning}
              - {name: page, kind: command, command: [/usr/local/bin/page, --urgent], level: ban}
            """)
        #expect(sinks.map(\.name) == ["oncall", "log", "archive", "page"])
        #expect(sinks.map(\.level) == [.review, .watch, .review, .ban])
        #expect(sinks.map(\.tellsNames) == [true, false, true, true])
        #expect(sinks.map(\.start) == [.now, .now, .beginning, .now])
        guard case .webhook(let webhook) = sinks[0].kind else { throw Unexpected() }
        #expect(webhook.format == .alertmanager && webhook.batch == 100 && webhook.timeoutMilliseconds == 10_000)
        guard case .command(let command) = sinks[3].kind else { throw Unexpected() }
        #expect(command.words == ["/usr/local/bin/page", "--urgent"])
        #expect(command.timeoutMilliseconds == 30_000 && command.attempts == 5)
    }

    struct Unexpected: Error {}

    @Test(arguments: [
        ("  - {kind: journal}", "name"),
        ("  - {name: a}", "kind"),
        ("  - {name: a, kind: mail}", "kind"),
        ("  - {name: A-b, kind: journal}", "name"),
        ("  - {name: ../x, kind: journal}", "name"),
        ("  - {name: a, kind: journal}\n  - {name: a, kind: journal}", "another sink is named"),
        ("  - {name: a, kind: journal, url: x}", "unknown key"),
        ("  - {name: a, kind: journal, level: normal}", "level"),
        ("  - {name: a, kind: webhook}", "url"),
        ("  - {name: a, kind: webhook, url: \"ftp://x/\"}", "a URL"),
        ("  - {name: a, kind: webhook, url: \"file:///etc/passwd\"}", "a URL"),
        ("  - {name: a, kind: webhook, url: \"http://\"}", "a URL"),
        ("  - {name: a, kind: webhook, url: \"http://a b/\"}", "a URL"),
        ("  - {name: a, kind: webhook, url: \"https://user:pass@x/\"}", "user and password"),
        ("  - {name: a, kind: webhook, url: \"http://x/\", secret: hunter2}", "secret_file"),
        ("  - {name: a, kind: webhook, url: \"http://x/\", secret_file: a, secret_credential: b}", "exclude"),
        ("  - {name: a, kind: webhook, url: \"http://x/\", secret_credential: ../b}", "credential"),
        ("  - {name: a, kind: webhook, url: \"http://x/\", labels: {severity: x}}", "label"),
        ("  - {name: a, kind: webhook, url: \"http://x/\", labels: {1a: x}}", "label"),
        ("  - {name: a, kind: webhook, url: \"http://x/\", timeout: 1ms}", "timeout"),
        ("  - {name: a, kind: webhook, url: \"http://x/\", batch: 0}", "batch"),
        ("  - {name: a, kind: file, path: alerts}", "absolute"),
        ("  - {name: a, kind: command, command: [page]}", "absolute"),
        ("  - {name: a, kind: command, command: []}", "empty"),
        ("  - {name: a, kind: command, command: \"/bin/page --urgent\"}", "list"),
    ])
    func `A mistake is named`(yaml: String, word: String) throws {
        let faults = #expect(throws: ConfigurationFaults.self) { try sinks(yaml) }
        #expect(try #require(faults).description.contains(word))
        #expect(try #require(faults?.faults.first).line > 1)
        #expect(!(faults?.description.contains("hunter2") ?? true))
    }

    @Test func `There are as many sinks as there can be threads`() {
        let many = (0...Configuration.AlertSink.limit).map { "  - {name: s\($0), kind: journal}" }.joined(
            separator: "\n")
        #expect(throws: ConfigurationFaults.self) { try sinks(many) }
    }
}
