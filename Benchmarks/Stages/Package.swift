// swift-tools-version: 6.2
import PackageDescription

// `banrisk-stages`: each stage of the pipeline timed apart. A package of its own, since it looks into targets that the
// product keeps to itself. `Sources` is a symbolic link to the product's sources. script/bench builds and runs it.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "banrisk-stages",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .executableTarget(
            name: "banrisk-stages",
            dependencies: [
                "RiskModel", "Intake", "Spool", "Decoding", "Enrichment", "Ordering", "Pipeline", "Store", "Settings",
                "Assembly",
            ],
            path: "Harness", swiftSettings: settings),

        // As in the product's manifest.
        .target(name: "CPCRE2", linkerSettings: [.linkedLibrary("pcre2-8")]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CProcessor"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CMessagePack", linkerSettings: [.linkedLibrary("msgpackc")]),
        .target(name: "RiskModel", dependencies: ["CProcessor"], swiftSettings: settings),
        .target(name: "RegularExpressions", dependencies: ["CPCRE2"], swiftSettings: settings),
        .target(
            name: "Intake", dependencies: ["RiskModel", "CLinux", "CZlib", "CMessagePack"], swiftSettings: settings),
        .target(name: "Spool", dependencies: ["RiskModel", "CLinux"], swiftSettings: settings),
        .target(name: "Decoding", dependencies: ["RiskModel", "RegularExpressions"], swiftSettings: settings),
        .target(name: "Enrichment", dependencies: ["RiskModel", crypto], swiftSettings: settings),
        .target(name: "Ordering", dependencies: ["RiskModel"], swiftSettings: settings),
        .target(name: "Detection", dependencies: ["RiskModel"], swiftSettings: settings),
        .target(name: "Scoring", dependencies: ["RiskModel"], swiftSettings: settings),
        .target(name: "Store", dependencies: ["RiskModel", grdb], swiftSettings: settings),
        // The harness calls the three folds behind `Pipeline`, which has no other way to them.
        .target(
            name: "Pipeline",
            dependencies: [
                "RiskModel", "CLinux", "Decoding", "Enrichment", "Ordering", "Detection", "Scoring", "Store",
            ],
            swiftSettings: settings + [.unsafeFlags(["-enable-testing"])]),
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
            swiftSettings: settings),
        .target(
            name: "Assembly", dependencies: ["RiskModel", "Enrichment", "Ordering", "Pipeline", "Settings", "Store"],
            swiftSettings: settings),
    ]
)
