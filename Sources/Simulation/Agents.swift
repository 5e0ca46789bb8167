/// User agents: what browsers, applications and programs call themselves.
///
/// One table for everybody. Versions spread as updates do: most people have the newest, many the one before.
enum Agents {
    /// What a device is.
    enum Platform: Int, CaseIterable, Sendable {
        case windows, mac, android, iphone, tablet, lab, server
    }

    /// Indices into ``texts``, by platform.
    static let byPlatform: [[UInt16]] = build.indices

    static let texts: [String] = build.texts

    private static let build: (texts: [String], indices: [[UInt16]]) = {
        var texts: [String] = []
        var indices: [[UInt16]] = Array(repeating: [], count: Platform.allCases.count)
        /// A version that is listed twice is twice as frequent.
        func add(_ platform: Platform, _ versions: [String], _ text: (String) -> String) {
            for version in versions {
                indices[platform.rawValue].append(UInt16(texts.count))
                texts.append(text(version))
            }
        }
        let chrome = [
            "140.0.0.0", "140.0.0.0", "140.0.0.0", "139.0.0.0", "139.0.0.0", "138.0.0.0", "136.0.0.0", "131.0.0.0",
        ]
        let firefox = ["143.0", "142.0", "140.0", "128.0"]
        let app = ["4.12.1", "4.12.1", "4.12.0", "4.11.3", "4.10.2", "4.7.0", "3.31.4"]
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)"
        add(.windows, chrome) { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) \(webkit) Chrome/\($0) Safari/537.36" }
        add(.windows, ["140.0.0.0", "139.0.0.0", "138.0.0.0"]) {
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) \(webkit) Chrome/\($0) Safari/537.36 Edg/\($0)"
        }
        add(.windows, firefox) { "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:\($0)) Gecko/20100101 Firefox/\($0)" }
        add(.lab, ["128.0", "115.0"]) { "Mozilla/5.0 (X11; Linux x86_64; rv:\($0)) Gecko/20100101 Firefox/\($0)" }
        add(.lab, ["136.0.0.0", "131.0.0.0"]) {
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) \(webkit) Chrome/\($0) Safari/537.36"
        }
        add(.mac, chrome) { "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) \(webkit) Chrome/\($0) Safari/537.36" }
        add(.mac, ["18.6", "18.5", "17.6", "26.0"]) {
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/\($0) Safari/605.1.15"
        }
        add(.android, chrome) { "Mozilla/5.0 (Linux; Android 10; K) \(webkit) Chrome/\($0) Mobile Safari/537.36" }
        for model in [
            "SM-A155F; Android 14", "SM-S921B; Android 15", "Redmi Note 13; Android 14", "CPH2591; Android 14",
            "Pixel 8; Android 15", "V2250; Android 13",
        ] {
            add(.android, app) { "ExampleApp/\($0) (\(model))" }
        }
        for model in ["iPhone14,5; iOS 18.5", "iPhone15,4; iOS 18.6", "iPhone16,1; iOS 26.0", "iPhone12,1; iOS 17.7"] {
            add(.iphone, app) { "ExampleApp/\($0) (\(model))" }
        }
        add(.iphone, ["18_6", "18_5", "17_7", "26_0"]) {
            "Mozilla/5.0 (iPhone; CPU iPhone OS \($0) like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/\($0.prefix(2)).0 Mobile/15E148 Safari/604.1"
        }
        add(.tablet, ["4.12.1", "4.12.0", "4.10.2"]) { "ExampleApp/\($0) (iPad13,18; iPadOS 18.6)" }
        add(.tablet, ["4.12.1", "4.11.3"]) { "ExampleApp/\($0) (SM-X210; Android 14)" }
        add(.server, ["2.4.1", "2.4.1", "2.3.0", "2.1.2", "1.9.0"]) { "example-python/\($0)" }
        add(.server, ["3.0.2", "2.8.1"]) { "example-node/\($0)" }
        add(.server, ["2.32.4", "2.31.0"]) { "python-requests/\($0)" }
        add(.server, ["8.5.0", "7.88.1"]) { "curl/\($0)" }
        add(.server, ["1.1", "2.0"]) { "Go-http-client/\($0)" }
        add(.server, ["0.28.1"]) { "python-httpx/\($0)" }
        return (texts, indices)
    }()
}
