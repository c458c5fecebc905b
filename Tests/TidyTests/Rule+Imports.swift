// Who may import what: one dependency, one room. Whoever wants to replace a library then opens
// one folder, and the arrows between the rooms keep their direction.

extension Rule {
    /// What every target but the pure ones may use.
    private static let everywhere: Set<String> = [
        "Glibc", "FoundationEssentials", "Synchronization",
    ]

    /// Rooms that stand alone, with all they may import.
    private static let alone: [String: Set<String>] = [
        "WatchCore": ["Collections", "DequeModule"],
        "watchd-step": ["Glibc", "CProcess"],
    ]

    /// What a room may import besides `everywhere`.
    private static let rooms: [String: Set<String>] = [
        "WatchSystem": ["WatchCore", "CProcess"],
        "WatchPatterns": ["CPCRE2"],
        "WatchUnits": ["WatchSystem", "CSystemd", "CProcess"],
        "WatchHTTP": ["WatchCore", "WatchSystem", "CCurl", "CTLS"],
        // A log format is checked by the scanner that will read it.
        "WatchConfig": ["WatchCore", "WatchSystem", "WatchPatterns", "WatchStreams", "Yams"],
        "WatchProbes": [
            "WatchCore", "WatchSystem", "WatchHTTP", "WatchPatterns", "WatchUnits", "CProcess",
        ],
        // Hashes of what is posted signed, and the server's side of TLS.
        "WatchReceivers": [
            "WatchCore", "WatchSystem", "WatchStreams", "CCrypto", "CTLS", "NIOCore", "NIOHTTP1",
            "NIOPosix",
        ],
        "WatchReplay": ["WatchCore", "WatchStreams"],
        // The journal, programs whose output is a log, and logs that were compressed.
        "WatchStreams": [
            "WatchCore", "WatchSystem", "WatchPatterns", "CBytes", "CSystemd", "CProcess", "CZlib",
        ],
        // A step's request is filled in and judged as that of a probe.
        "WatchActions": [
            "WatchCore", "WatchSystem", "WatchHTTP", "WatchProbes", "WatchUnits", "CProcess",
            "CCrypto",
        ],
        "WatchStore": ["WatchCore", "WatchSystem", "GRDB", "Dispatch"],
        "WatchControl": [
            "WatchCore", "WatchSystem", "Hummingbird", "HummingbirdCore", "HTTPTypes", "NIOCore",
            // Hummingbird's server is a `Service`, and so is the server around it.
            "NIOPosix", "ServiceLifecycle", "Logging",
        ],
        "WatchDaemon": [
            "WatchCore", "WatchSystem", "WatchConfig", "WatchHTTP", "WatchProbes", "WatchPatterns",
            "WatchStreams", "WatchReceivers", "WatchActions", "WatchStore", "WatchControl",
            "WatchUnits", "CSystemd",
            "ServiceLifecycle", "UnixSignals", "Logging",
        ],
        "WatchSimulator": ["WatchCore"],
        "watchd-simulate": ["WatchSimulator"],
        "watchd": ["WatchDaemon", "WatchSystem", "ArgumentParser", "Logging"],
        "watchctl": [
            "WatchCore", "WatchSystem", "WatchConfig", "WatchHTTP", "WatchProbes", "WatchReplay",
            "ArgumentParser",
            // A command under guard gets our signals' dispositions back.
            "CProcess",
        ],
    ]

    /// Tests start programs and compare files, for which the small Foundation has no type, and
    /// make gzip files.
    private static let inTests: Set<String> = [
        "Testing", "TestServers", "Foundation", "Dispatch", "CZlib",
    ]

    static func mayImport(_ module: String, _ target: String, isTest: Bool) -> Bool {
        if isTest {
            if inTests.contains(module) || everywhere.contains(module) { return true }
            let room = target.hasSuffix("Tests") ? String(target.dropLast(5)) : target
            if room == "Tidy" { return false }
            // Any of our own rooms, but another library only where it lives. What watchctl shows is
            // tested beside what it is told.
            return rooms[module] != nil || alone[module] != nil
                || (rooms[room] ?? alone[room] ?? []).contains(module)
                || room == "WatchControl" && rooms["watchctl"]?.contains(module) ?? false
        }
        if let all = alone[target] { return all.contains(module) }
        return everywhere.contains(module) || (rooms[target]?.contains(module) ?? false)
    }

    /// Where the full Foundation, or what only it brings, is really needed: path and reason.
    private static let wholeFoundation: [String: String] = [:]

    static let imports = Rule(
        "imports",
        instead: "use what lives in the target (Glibc or FoundationEssentials, say), hand the "
            + "work to the room that owns the library, or add it to the table in "
            + "Tests/TidyTests/Rule+Imports.swift and say why in the commit",
        in: { $0.isSwift && ($0.isSource || $0.isTest) },
        good: Example(
            path: "Sources/WatchStore/Good.swift",
            text: "@preconcurrency public import struct GRDB.Row\n// import Yams\nimport Glibc"),
        bad: Example(path: "Sources/WatchCore/Bad.swift", text: "public import Glibc")
    ) { file in
        imports(of: file).compactMap { line, module in
            if mayImport(module, file.target, isTest: file.isTest) { return nil }
            if module == "Foundation", wholeFoundation[file.path] != nil { return nil }
            return (line, "\(file.target) may not import \(module)")
        }
    }

    static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
        file.code.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
                words[..<at].allSatisfy({ importWords.contains(String($0)) })
            else { return nil }
            var name = words[at + 1]
            if importKinds.contains(String(name)), at + 2 < words.count { name = words[at + 2] }
            return (index + 1, String(name.prefix { $0 != "." && $0 != ";" }))
        }
    }

    private static let importWords: Set<String> = [
        "public", "package", "internal", "fileprivate", "private", "@testable", "@preconcurrency",
        "@_exported", "@_implementationOnly", "@_spi",
    ]
    private static let importKinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]
}
