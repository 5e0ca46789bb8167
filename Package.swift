// swift-tools-version: 6.2
import PackageDescription

// The compiler as reviewer. Tests may touch memory without a proof for each touch; the product may not.
let tested: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .treatAllWarnings(as: .error),  // SE-0480
]
let strict = tested + [.strictMemorySafety()]  // SE-0458

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let http: [Target.Dependency] = [
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// The targets stand in the order of the flow: an event enters at 1 and is a row and a line at 9.
// docs/architecture.md follows one through the house.
let package = Package(
    name: "banrisk",
    products: [
        .executable(name: "banriskd", targets: ["banriskd"]),
        .executable(name: "banrisk", targets: ["banrisk"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // libmaxminddb: the oracle of the tests.
        .systemLibrary(name: "CMaxMindDB", pkgConfig: "libmaxminddb", providers: [.apt(["libmaxminddb-dev"])]),

        // PCRE2: regular expressions with bounded work.
        .target(name: "CPCRE2", linkerSettings: [.linkedLibrary("pcre2-8")]),

        // Headers of Linux that Glibc's module leaves out.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CProcessor"),

        // zlib: gzip of rotated files and of Forward messages.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // msgpack-c behind a handful of functions.
        .target(name: "CMessagePack", linkerSettings: [.linkedLibrary("msgpackc")]),

        // 0. The vocabulary: events, entities, rules, signals, scores, alerts. No I/O.
        .target(name: "RiskModel", dependencies: ["CProcessor"], swiftSettings: strict),
        // Patterns in texts; what mappings search with.
        .target(name: "RegularExpressions", dependencies: ["CPCRE2"], swiftSettings: strict),
        // 1. Sockets to frames: framing, limits, backpressure.
        .target(
            name: "Intake", dependencies: ["RiskModel", "CLinux", "CZlib", "CMessagePack"], swiftSettings: strict),
        // 2. Frames on disk, numbered: segments, checksums, group commit, recovery.
        .target(name: "Spool", dependencies: ["RiskModel", "CLinux"], swiftSettings: strict),
        // 3. Frames to events, or to quarantine.
        .target(name: "Decoding", dependencies: ["RiskModel", "RegularExpressions"], swiftSettings: strict),
        // 4. IP addresses to places and networks; operator lists.
        .target(name: "Enrichment", dependencies: ["RiskModel", crypto], swiftSettings: strict),
        // 5. Events in order: duplicates, lateness, the watermark.
        .target(name: "Ordering", dependencies: ["RiskModel"], swiftSettings: strict),
        // 6. Events to signals: the profile and entity folds, one file for each kind of rule.
        .target(name: "Detection", dependencies: ["RiskModel"], swiftSettings: strict),
        // 7. Signals to scores, campaigns and alerts: the risk fold, and one behind it.
        .target(name: "Scoring", dependencies: ["RiskModel"], swiftSettings: strict),
        // 8. Scores and alerts to SQLite, and back to people.
        .target(name: "Store", dependencies: ["RiskModel", grdb], swiftSettings: strict),
        // 9. The order of the stages, once; the whole state as bytes.
        .target(
            name: "Pipeline",
            dependencies: [
                "RiskModel", "CLinux", "Decoding", "Enrichment", "Ordering", "Detection", "Scoring", "Store",
            ],
            swiftSettings: strict),

        // Labelled data that nobody lived: seeded innocents and campaigns.
        .target(name: "Simulation", dependencies: ["RiskModel"], swiftSettings: strict),
        // What scores are worth: figures, reports, weights fitted to labels.
        .target(name: "Evaluation", dependencies: ["RiskModel", "Store", yams], swiftSettings: strict),

        // Configuration: defaults, validation with file and line.
        .target(
            name: "Settings", dependencies: ["RiskModel", "RegularExpressions", yams],
            exclude: [
                "Defaults/datasette", "Defaults/demo", "Defaults/grafana", "Defaults/prometheus", "Defaults/shippers",
            ],
            resources: [
                .embedInCode("Defaults/banrisk.yaml"),
                .embedInCode("Defaults/rules.yaml"),
                .embedInCode("Defaults/mappings/access_log.yaml"),
                .embedInCode("Defaults/mappings/ecs.yaml"),
                .embedInCode("Defaults/mappings/ocsf.yaml"),
                .embedInCode("Defaults/mappings/sshd.yaml"),
                .embedInCode("Defaults/mappings/system_log.yaml"),
                .embedInCode("Defaults/lists/disposable_domains.txt"),
                .embedInCode("Defaults/lists/disposable_phones.txt"),
                .embedInCode("Defaults/lists/hosting_asns.txt"),
                .embedInCode("Defaults/lists/risky_bins.txt"),
                .embedInCode("Defaults/lists/unsupported_regions.txt"),
            ],
            swiftSettings: strict),

        // A configuration with everything that it names loaded: what both programs start from.
        .target(
            name: "Assembly", dependencies: ["RiskModel", "Enrichment", "Ordering", "Pipeline", "Settings", "Store"],
            swiftSettings: strict),

        // HTTP: the same questions as on the control socket, and events.
        .target(
            name: "API", dependencies: ["RiskModel", "Intake", "Store", "Assembly", "CZlib", crypto, logging] + http,
            resources: [.embedInCode("components.json")], swiftSettings: strict),

        // The log as systemd's journal takes it; what a service tells its manager.
        .target(name: "Journal", dependencies: [logging], swiftSettings: strict),
        // libcurl behind a handful of functions.
        .target(name: "CDelivery", linkerSettings: [.linkedLibrary("curl")]),
        // Alerts from the database to webhooks, files, commands and the journal.
        .target(
            name: "Notification", dependencies: ["RiskModel", "CDelivery", "Journal", "Settings", "Store", logging],
            swiftSettings: strict),

        // The two programs.
        .executableTarget(
            name: "banriskd",
            dependencies: [
                "RiskModel", "Intake", "Spool", "Decoding", "Enrichment", "Ordering", "Pipeline", "Store", "Settings",
                "Assembly", "API", "Journal", argumentParser, lifecycle, logging, unixSignals,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "banrisk",
            dependencies: [
                "RiskModel", "Intake", "Spool", "Decoding", "Enrichment", "Store", "Pipeline", "Settings", "Assembly",
                "Simulation", "Evaluation", "Journal", "Notification", argumentParser, logging,
            ],
            swiftSettings: strict),

        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        // A suite for each stage; the pipeline's runs the scenarios, the daemon's the real processes.
        .testTarget(name: "RiskModelTests", dependencies: ["RiskModel", "TestSupport"], swiftSettings: tested),
        .testTarget(
            name: "IntakeTests", dependencies: ["Intake", "Spool", "RiskModel", "TestSupport"], swiftSettings: tested),
        .testTarget(name: "SpoolTests", dependencies: ["Spool", "RiskModel", "TestSupport"], swiftSettings: tested),
        .testTarget(
            name: "DecodingTests", dependencies: ["Decoding", "RiskModel", "Settings", "TestSupport"],
            resources: [.copy("Mappings")], swiftSettings: tested),
        .testTarget(
            name: "EnrichmentTests", dependencies: ["Enrichment", "RiskModel", "CMaxMindDB", "TestSupport"],
            swiftSettings: tested),
        .testTarget(
            name: "OrderingTests", dependencies: ["Ordering", "RiskModel", "TestSupport"], swiftSettings: tested),
        .testTarget(
            name: "DetectionTests", dependencies: ["Detection", "RiskModel", "TestSupport"], swiftSettings: tested),
        .testTarget(
            name: "ScoringTests", dependencies: ["Scoring", "RiskModel", "TestSupport"], swiftSettings: tested),
        .testTarget(
            name: "StoreTests", dependencies: ["Store", "RiskModel", grdb, "TestSupport"], swiftSettings: tested),
        .testTarget(
            name: "SettingsTests", dependencies: ["Settings", "RiskModel"], resources: [.copy("Bad")],
            swiftSettings: tested),
        .testTarget(
            name: "PipelineTests",
            dependencies: ["Pipeline", "Ordering", "Assembly", "Settings", "Store", "RiskModel"],
            swiftSettings: tested),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "Decoding", "Enrichment", "RiskModel"],
            swiftSettings: tested),
        .testTarget(
            name: "EvaluationTests",
            dependencies: ["Evaluation", "RiskModel", "Settings", "Store", "banrisk", "TestSupport"],
            swiftSettings: tested),
        .testTarget(
            name: "APITests",
            dependencies: ["API", "RiskModel", "Intake", "Store", "Assembly", "TestSupport", logging] + http,
            exclude: ["openapi_test.py"], swiftSettings: tested),
        .testTarget(name: "JournalTests", dependencies: ["Journal", logging], swiftSettings: tested),
        .testTarget(
            name: "NotificationTests",
            dependencies: [
                "Notification", "Journal", "RiskModel", "Settings", "Store", "banrisk", argumentParser, grdb,
                "TestSupport",
            ], exclude: ["Support/receiver.py"], swiftSettings: tested),
        .testTarget(name: "DaemonTests", dependencies: ["banrisk", "banriskd", "TestSupport"], swiftSettings: tested),
    ]
)
