// swift-tools-version: 6.2
import PackageDescription

// House rules for every target of ours: see CONTRIBUTING.md. Warnings stop a debug build, which
// is what developers and CI run; a release build by a newer compiler must still go through.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error, .when(configuration: .debug)),
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: house)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "watchd",
    products: [
        .executable(name: "watchd", targets: ["watchd"]),
        .executable(name: "watchctl", targets: ["watchctl"]),
        .executable(name: "watchd-step", targets: ["watchd-step"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CTLS", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CBytes"),
        .systemLibrary(name: "CProcess"),
        .systemLibrary(
            name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),

        library("WatchCore", [collections]),
        library("WatchSystem", ["WatchCore", "CProcess"]),
        library("WatchPatterns", ["CPCRE2"]),
        library("WatchUnits", ["WatchSystem", "CSystemd", "CProcess"]),
        library("WatchHTTP", ["WatchCore", "WatchSystem", "CCurl", "CTLS"]),
        library(
            "WatchConfig", ["WatchCore", "WatchSystem", "WatchPatterns", "WatchStreams", yams]),
        library(
            "WatchProbes",
            [
                "WatchCore", "WatchSystem", "WatchHTTP", "WatchPatterns", "WatchUnits", "CProcess",
            ]),
        library(
            "WatchStreams",
            [
                "WatchCore", "WatchSystem", "WatchPatterns", "CBytes", "CSystemd", "CProcess",
                "CZlib",
            ]),
        library(
            "WatchReceivers",
            [
                "WatchCore", "WatchSystem", "WatchStreams", "CCrypto", "CTLS", nioCore, nioHTTP1,
                nioPosix,
            ]),
        library("WatchReplay", ["WatchCore", "WatchStreams"]),
        library(
            "WatchActions",
            [
                "WatchCore", "WatchSystem", "WatchHTTP", "WatchProbes", "WatchUnits", "CProcess",
                "CCrypto",
            ]),
        library("WatchStore", ["WatchCore", "WatchSystem", grdb]),
        library(
            "WatchControl",
            ["WatchCore", "WatchSystem", hummingbird, hummingbirdCore, lifecycle, logging]),
        library(
            "WatchDaemon",
            [
                "WatchCore", "WatchSystem", "WatchConfig", "WatchHTTP", "WatchProbes",
                "WatchStreams", "WatchReceivers", "WatchActions", "WatchStore", "WatchControl",
                "WatchPatterns", "WatchUnits", "CSystemd", lifecycle, signals, logging,
            ]),
        program("watchd", ["WatchDaemon", "WatchSystem", logging, argumentParser]),
        program(
            "watchctl",
            [
                "WatchCore", "WatchSystem", "WatchConfig", "WatchHTTP", "WatchProbes",
                "WatchReplay", "CProcess", argumentParser,
            ]),
        program("watchd-step", ["CProcess"]),
        // Not installed: what proves the engine, see docs/decisions/0015-a-simulator-of-its-own.md.
        // Its worlds are objects, whose every access would be checked for exclusiveness. Debug builds
        // and with them its tests do so; the engine's own accesses are checked here as well.
        .target(
            name: "WatchSimulator", dependencies: ["WatchCore"],
            swiftSettings: house + [
                .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
            ]),
        program("watchd-simulate", ["WatchSimulator"]),
        .executableTarget(
            name: "watchd-bench",
            dependencies: [
                "WatchCore", "WatchSystem", "WatchPatterns", "WatchStreams", "WatchReplay",
                "WatchHTTP", "WatchProbes",
            ],
            path: "Benchmarks/watchd-bench", swiftSettings: house),

        tests("WatchCoreTests", ["WatchCore", "WatchSystem"]),
        tests("WatchSimulatorTests", ["WatchSimulator", "WatchCore"]),
        tests("WatchSystemTests", ["WatchSystem", "WatchCore"]),
        tests("WatchPatternsTests", ["WatchPatterns"]),
        // Real servers with scripted manners, and how tests run a program of ours.
        .target(
            name: "TestServers", dependencies: ["WatchHTTP", "WatchSystem"],
            path: "Tests/TestServers",
            swiftSettings: house),
        tests("WatchHTTPTests", ["WatchHTTP", "WatchCore", "TestServers"]),
        tests("WatchConfigTests", ["WatchConfig", "WatchCore"]),
        tests(
            "WatchProbesTests",
            [
                "WatchProbes", "WatchHTTP", "WatchUnits", "WatchCore", "TestServers", "watchctl",
            ]),
        tests(
            "WatchStreamsTests", ["WatchStreams", "WatchCore", "TestServers", "CProcess", "CZlib"]),
        tests(
            "WatchReceiversTests",
            ["WatchReceivers", "WatchStreams", "WatchSystem", "WatchCore", "TestServers"]),
        tests(
            "WatchReplayTests",
            [
                "WatchReplay", "WatchConfig", "WatchStreams", "WatchCore", "TestServers", "CZlib",
                "watchctl",
            ],
            resources: [.copy("Golden"), .copy("Corpus")]),
        tests(
            "WatchActionsTests",
            [
                "WatchActions", "WatchConfig", "WatchCore", "WatchSystem", "WatchHTTP",
                "WatchUnits", "TestServers", "watchd-step",
            ]),
        tests("WatchUnitsTests", ["WatchUnits", "WatchSystem"]),
        tests("WatchStoreTests", ["WatchStore", "WatchCore", grdb]),
        tests(
            "WatchControlTests",
            [
                "WatchControl", "WatchCore", "WatchSystem", "WatchHTTP", "TestServers", "watchctl",
                lifecycle, logging,
            ],
            resources: [.copy("Golden")]),
        tests(
            "WatchDaemonTests",
            [
                "WatchDaemon", "WatchConfig", "WatchStore", "WatchStreams", "WatchCore",
                "WatchHTTP", "WatchSystem", "TestServers", "watchd", "watchctl", "watchd-step",
                logging,
            ]),
        tests("TidyTests", []),
    ]
)

// `make fuzz` alone: a program without `main`, which only the fuzzer's run-time library brings.
if Context.environment["WATCHD_FUZZ_BUILD"] != nil {
    package.targets.append(
        .executableTarget(
            name: "watchd-fuzz",
            dependencies: ["WatchCore", "WatchConfig", "WatchReplay", "WatchStreams"],
            path: "Fuzz", exclude: ["corpus", "run"], swiftSettings: house))
}
