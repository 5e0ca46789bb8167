// swift-tools-version: 6.2
import PackageDescription

// The microbenchmarks: a package of its own, so that the product's build does not carry the benchmark package. `Sources`
// is a symbolic link to the product's sources, so `package` symbols are within reach. script/bench-micro measures times,
// script/bench-instructions counts instructions, both of the same parts.
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
    name: "banrisk-micro",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // Without its interposers, which count allocations: they are no part of a Debian system.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        // What is measured: each part of the way with what it works on.
        .target(
            name: "Parts",
            dependencies: [
                "RiskModel", "Spool", "Decoding", "Enrichment", "Ordering", "Detection", "Scoring", "Store", "Pipeline",
                "Settings", "Assembly", "Simulation",
            ],
            path: "Parts", swiftSettings: settings),
        // An allocator that counts.
        .target(name: "CAllocations", path: "CAllocations"),
        // Runs one part, for valgrind to count.
        .executableTarget(
            name: "Instructions", dependencies: ["Parts", "CAllocations"], path: "Instructions", swiftSettings: settings
        ),
        // Times all parts. The benchmark package finds it by its folder.
        .executableTarget(
            name: "Stages", dependencies: ["Parts", "CAllocations", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/Stages", swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),

        // As in the product's manifest.
        .target(name: "CPCRE2", linkerSettings: [.linkedLibrary("pcre2-8")]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CProcessor"),
        .target(name: "RiskModel", dependencies: ["CProcessor"], swiftSettings: settings),
        .target(name: "RegularExpressions", dependencies: ["CPCRE2"], swiftSettings: settings),
        .target(name: "Spool", dependencies: ["RiskModel", "CLinux"], swiftSettings: settings),
        .target(name: "Decoding", dependencies: ["RiskModel", "RegularExpressions"], swiftSettings: settings),
        .target(name: "Enrichment", dependencies: ["RiskModel", crypto], swiftSettings: settings),
        .target(name: "Ordering", dependencies: ["RiskModel"], swiftSettings: settings),
        // Its tables are measured by themselves, and are internal.
        .target(
            name: "Detection", dependencies: ["RiskModel"],
            swiftSettings: settings + [.unsafeFlags(["-enable-testing"])]),
        .target(name: "Scoring", dependencies: ["RiskModel"], swiftSettings: settings),
        .target(name: "Store", dependencies: ["RiskModel", grdb], swiftSettings: settings),
        .target(
            name: "Pipeline",
            dependencies: [
                "RiskModel", "CLinux", "Decoding", "Enrichment", "Ordering", "Detection", "Scoring", "Store",
            ],
            swiftSettings: settings),
        .target(name: "Simulation", dependencies: ["RiskModel"], swiftSettings: settings),
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
