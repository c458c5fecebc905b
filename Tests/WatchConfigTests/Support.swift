// Where things lie, and short ways to say what a text should give.

import FoundationEssentials
import Testing
import WatchConfig
import WatchCore

enum Repository {
    /// The package's root, from this file's own place in it.
    static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
}

/// `line:column` of each diagnostic with its message.
func problems(_ text: String) -> [Diagnostic] {
    ConfigurationLoader.loadText(text, name: "test.yaml").remarks
}

func errors(_ text: String) -> [Diagnostic] { problems(text).filter { $0.severity == .error } }

extension LoadResult {
    /// Without what most tests do not care for: that nothing guards their service.
    var remarks: [Diagnostic] {
        diagnostics.filter { !$0.message.hasPrefix("nothing guards") }
    }
}

extension Diagnostic {
    var at: String { "\(line):\(column)" }
}

struct Secrets: SecretSource {
    var known: [SecretReference: String]

    func secret(_ reference: SecretReference) throws(SecretError) -> String {
        guard let value = known[reference] else {
            throw SecretError(message: "\(reference): there is no such secret")
        }
        return value
    }
}

enum Files {
    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    /// A directory of its own, removed afterwards.
    static func withDirectory<T>(_ body: (String) throws -> T) throws -> T {
        let path = FileManager.default.temporaryDirectory.path() + "/watchd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    static func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    static func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    static func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }
}

/// A plan `back`, and people to page: what an automatic rule needs besides.
let planAndPeople = """
    plans:
      back:
        methods: [{ name: m, steps: [{ unit: u, timeout: 1s }] }]
        verify: {}
    channels: { chat: { slack: "https://example.com/" } }
    routes: { oncall: [{ to: [chat] }] }
    """
