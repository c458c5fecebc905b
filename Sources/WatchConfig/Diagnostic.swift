// A problem in a configuration, with its place, its cause and its remedy.

public import WatchCore

public struct Diagnostic: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable {
        case error, warning
    }

    public var file: String
    /// From 1.
    public var line: Int
    /// From 1, in characters.
    public var column: Int
    public var severity: Severity
    public var message: String
    /// What to do, when that is clear.
    public var remedy: String?
    /// The line it is about.
    public var sourceLine: String

    /// `file:line:column: error: message`, the line with a mark under the place, and the remedy.
    public var text: String {
        var text = "\(file):\(line):\(column): \(severity.rawValue): \(message)"
        if !sourceLine.isEmpty {
            let prefix = sourceLine.prefix(Swift.max(0, column - 1))
            let indent = prefix.map { $0 == "\t" ? "\t" : " " }.joined()
            text += "\n  \(sourceLine)\n  \(indent)^"
        }
        if let remedy { text += "\n  remedy: \(remedy)" }
        return text
    }
}

/// What came of loading: the configuration when there was no error, and everything to say.
public struct LoadResult: Sendable {
    public var configuration: WatchCore.Configuration?
    /// Sorted by file and place.
    public var diagnostics: [Diagnostic]

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
