// swift-tools-version: 6.2
import PackageDescription

// The fuzz targets: a package of its own, since every target that it tests is built anew with the fuzzer's
// instrumentation. `Sources` is a symbolic link to the product's sources, so `package` symbols are within reach, and
// nothing of this is in the product's manifest. script/fuzz builds and runs it.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "banrisk-fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .executableTarget(
            name: "Harness",
            dependencies: [
                "RiskModel", "Intake", "Spool", "Decoding", "Enrichment", "Ordering", "Detection", "Scoring",
                "Settings",
            ],
            path: "Harness", swiftSettings: settings),

        // As in the product's manifest.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CProcessor"),
        .target(name: "CPCRE2", linkerSettings: [.linkedLibrary("pcre2-8")]),
        .target(name: "RegularExpressions", dependencies: ["CPCRE2"], swiftSettings: settings),
        .systemLibrary(name: "CZlib"),
        .target(name: "CMessagePack", linkerSettings: [.linkedLibrary("msgpackc")]),
        .target(name: "RiskModel", dependencies: ["CProcessor"], swiftSettings: settings),
        .target(
            name: "Intake", dependencies: ["RiskModel", "CLinux", "CZlib", "CMessagePack"], swiftSettings: settings),
        .target(name: "Spool", dependencies: ["RiskModel", "CLinux"], swiftSettings: settings),
        .target(name: "Decoding", dependencies: ["RiskModel", "RegularExpressions"], swiftSettings: settings),
        .target(
            name: "Enrichment", dependencies: ["RiskModel", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings),
        .target(name: "Ordering", dependencies: ["RiskModel"], swiftSettings: settings),
        .target(name: "Detection", dependencies: ["RiskModel"], swiftSettings: settings),
        .target(name: "Scoring", dependencies: ["RiskModel"], swiftSettings: settings),
        .target(
            name: "Settings",
            dependencies: ["RiskModel", "RegularExpressions", .product(name: "Yams", package: "Yams")],
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
    ]
)
