package import RiskModel

extension Configuration {
    /// Where `banrisk notify` delivers alerts to. The daemon itself delivers none.
    package struct AlertSink: Sendable, Hashable {
        /// Unique among the sinks; names its files.
        package var name: String
        /// Alerts of this level and above.
        package var level: Level
        /// Whether accounts and what was seen of them are told, or only number, level, rules and campaign.
        package var tellsNames: Bool
        /// Where one that was never seen before begins.
        package var start: Start
        package var kind: Kind

        package enum Start: Sendable, Hashable {
            /// With the alerts that come from now on.
            case now
            /// With the oldest in the database.
            case beginning
        }

        package enum Kind: Sendable, Hashable {
            case webhook(Webhook)
            case journal
            /// An absolute path.
            case file(path: String)
            case command(Command)
        }

        package struct Webhook: Sendable, Hashable {
            /// What a request's body looks like.
            package enum Format: String, Sendable, Hashable, CaseIterable {
                case alertmanager, json
            }

            /// http or https.
            package var url: String
            /// A Unix socket to speak on in place of what the URL names.
            package var socket: String?
            package var format: Format
            /// Key of the signature, and bearer token; `nil`: none.
            package var secret: Secret?
            package var token: Secret?
            /// Certificates to trust in place of the system's.
            package var certificates: String?
            package var timeoutMilliseconds: Int
            /// Alerts in one request, at most.
            package var batch: Int
            /// How long an alert fires, where nothing resolves it earlier.
            package var holdSeconds: Int
            /// Where people look at an alert; `{id}` and `{campaign}` stand for numbers.
            package var link: String?
            package var labels: [String: String]
        }

        package struct Command: Sendable, Hashable {
            /// An absolute path, then the arguments.
            package var words: [String]
            package var timeoutMilliseconds: Int
            /// After so many failures an alert is given up.
            package var attempts: Int
        }

        /// A text that is not in the configuration.
        package enum Secret: Sendable, Hashable {
            case file(String)
            /// Of systemd, in `$CREDENTIALS_DIRECTORY`.
            case credential(String)
        }

        /// How many sinks there can be: each has a thread.
        package static let limit = 16
    }
}

extension Cursor {
    /// The sinks of a list; names occur once.
    func alertSinks(relativeTo base: String) -> [Configuration.AlertSink] {
        var names: Set<String> = []
        let items = items()
        if items.count > Configuration.AlertSink.limit {
            note("\(label) has \(items.count) sinks; at most \(Configuration.AlertSink.limit) are possible")
        }
        return items.compactMap { item in
            let sink = item.section { Configuration.AlertSink.read($0, relativeTo: base) }
            if let sink, !names.insert(sink.name).inserted {
                item.note("another sink is named \"\(sink.name)\"; its files would be the same: give each its own name")
            }
            return sink
        }
    }
}

extension Configuration.AlertSink {
    private enum KindName: CaseIterable {
        case webhook, journal, file, command
    }

    fileprivate static func read(_ section: Section, relativeTo base: String) -> Self? {
        section.scope = " of a sink in \"alerts\""
        let name = section.required("name", "a name of a to z, 0 to 9 and _")?.identifier()
        let level: Level? = section["level"]?.choice(Level.allCases.filter { $0 > .normal }.map { ($0.name, $0) })
        let start: Start? = section["from"]?.choice([("now", .now), ("beginning", .beginning)])
        let names = section["names"]?.flag()
        let kindName: KindName? = section.required("kind", "one of webhook, journal, file, command")?
            .choice(KindName.allCases.map { ("\($0)", $0) })
        let kind: Kind?
        switch kindName {
        case .webhook: kind = Webhook.read(section, relativeTo: base).map(Kind.webhook)
        case .journal: kind = .journal
        case .file: kind = section.required("path", "an absolute path")?.absolutePath().map(Kind.file)
        case .command: kind = Command.read(section).map(Kind.command)
        case nil:
            section.acceptAnything()
            kind = nil
        }
        guard let name, let kind else { return nil }
        return Self(
            name: name, level: level ?? .review, tellsNames: names ?? (kind != .journal), start: start ?? .now,
            kind: kind)
    }
}

extension Configuration.AlertSink.Webhook {
    fileprivate static func read(_ section: Section, relativeTo base: String) -> Self? {
        let url = section.required("url", "http://… or https://…")?.httpURL()
        let formats = Format.allCases.map { ($0.rawValue, $0) }
        let format: Format? = section["format"]?.choice(formats)
        let hook = Self(
            url: url ?? "",
            socket: section["socket"]?.socketPath(relativeTo: base),
            format: format ?? .alertmanager,
            secret: secret(section, "secret", relativeTo: base),
            token: secret(section, "token", relativeTo: base),
            certificates: section["ca_file"]?.path(relativeTo: base),
            timeoutMilliseconds: section["timeout"]?.quantity(.durations, in: 100_000...300_000_000)
                .map { $0 / 1_000 } ?? 10_000,
            batch: section["batch"]?.quantity(.counts, in: 1...1_000) ?? 100,
            holdSeconds: section["hold"]?.quantity(.durations, in: 60_000_000...31_536_000_000_000)
                .map { $0 / 1_000_000 } ?? 86_400,
            link: section["link"]?.httpURL(placeholders: ["{id}", "{campaign}"]),
            labels: section["labels"]?.section(Self.labels) ?? [:])
        return url == nil ? nil : hook
    }

    /// A secret's file or credential: `secret_file`, `secret_credential`.
    private static func secret(
        _ section: Section, _ name: String, relativeTo base: String
    ) -> Configuration.AlertSink.Secret? {
        let file = section[name + "_file"]?.path(relativeTo: base)
        let credential = section[name + "_credential"]?.credentialName()
        if file != nil, credential != nil {
            section.note("\"\(name)_file\" and \"\(name)_credential\" exclude each other; keep one")
        }
        section.refuse(
            name, "\"\(name)\" does not belong in the configuration; write it to a file, and name that as \(name)_file")
        return file.map(Configuration.AlertSink.Secret.file)
            ?? credential.map(Configuration.AlertSink.Secret.credential)
    }

    /// Labels that every alert gets, beside those of banrisk.
    private static func labels(_ section: Section) -> [String: String] {
        var labels: [String: String] = [:]
        for (name, cursor) in section.values(prefix: "") {
            let isName =
                name.utf8.count <= 64 && name.first.map { !$0.isNumber } ?? false
                && name.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
            guard isName, !["alertname", "severity", "account", "alert", "campaign", "test"].contains(name) else {
                cursor.note(
                    "\"\(name)\" cannot be a label's name; give letters, digits and _, and none that banrisk sets itself"
                )
                continue
            }
            if let value = cursor.text(limit: 256) { labels[name] = value }
        }
        return labels
    }
}

extension Configuration.AlertSink.Command {
    fileprivate static func read(_ section: Section) -> Self? {
        guard let cursor = section.required("command", "a list: an absolute path, then the arguments") else {
            return nil
        }
        let items = cursor.items(required: "absolute path")
        let words = items.enumerated().compactMap { index, item in
            index == 0 ? item.absolutePath() : item.scalar == nil ? "" : item.text()
        }
        let timeout = section["timeout"]?.quantity(.durations, in: 100_000...3_600_000_000)
        let attempts = section["attempts"]?.quantity(.counts, in: 1...1_000)
        guard !words.isEmpty, words.count == items.count else { return nil }
        return Self(words: words, timeoutMilliseconds: timeout.map { $0 / 1_000 } ?? 30_000, attempts: attempts ?? 5)
    }
}

extension Cursor {
    /// http or https, with a host; what libcurl would read otherwise than a person is refused.
    fileprivate func httpURL(placeholders: [String] = []) -> String? {
        let form = "a URL such as https://alerts.example/hook"
        guard let text = text(limit: 2048) else { return nil }
        var bare = text
        for placeholder in placeholders { bare = bare.split(separator: placeholder).joined(separator: "0") }
        let schemes = ["http://", "https://"]
        guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0) }),
            bare.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !#"\"<>^`{|}#"#.utf8.contains($0) }),
            let host = bare.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false).first,
            !host.isEmpty, host.first != ":"
        else { return expected(form) }
        if host.contains("@") {
            note(
                "\(label) must have no user and password in it; put the token into a file, and name that as token_file")
            return nil
        }
        return text
    }

    fileprivate func absolutePath() -> String? {
        guard let path = text(limit: 4095) else { return nil }
        return path.hasPrefix("/") && !path.hasSuffix("/") ? path : expected("an absolute path of a file")
    }

    fileprivate func socketPath(relativeTo base: String) -> String? {
        guard let path = path(relativeTo: base) else { return nil }
        return path.utf8.count <= 107 ? path : expected("the path of a socket, of at most 107 bytes")
    }

    /// A file name, as systemd allows it for credentials.
    fileprivate func credentialName() -> String? {
        guard let name = text(limit: 255), !name.contains("/"), name != ".", name != "..",
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return expected("the name of a systemd credential, such as notify-secret") }
        return name
    }
}
