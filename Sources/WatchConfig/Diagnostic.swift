// What is wrong with a configuration, where, and what to write instead: `file:line:column: error:
// message`, the line, a caret, and a remedy. People read these at 3 a.m., editors parse them.

import WatchCore

/// One problem of a configuration file.
public struct Diagnostic: Hashable, Sendable, Codable {
    public enum Severity: String, Hashable, Sendable, Codable {
        case error, warning
    }

    /// As it was given to the loader.
    public var file: String
    /// Both from 1; columns count Unicode scalars, as YAML does.
    public var line: Int
    public var column: Int
    public var severity: Severity
    public var message: String
    /// What to write or do instead.
    public var remedy: String?
    /// The line as it stands in the file; nil where there is none (a file that cannot be read).
    public var sourceLine: String?

    public init(
        file: String, line: Int, column: Int, severity: Severity, message: String,
        remedy: String? = nil, sourceLine: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.severity = severity
        self.message = message
        self.remedy = remedy
        self.sourceLine = sourceLine
    }

    /// The whole of it on two to four lines, safe for a terminal.
    public var text: String {
        var text =
            "\(printable(file, limit: 4096)):\(line):\(column): \(severity.rawValue): "
            + printable(message, limit: 2000)
        if let quote { text += "\n    \(quote.line)\n    \(quote.caret)" }
        if let remedy { text += "\n    help: \(printable(remedy, limit: 2000))" }
        return text
    }

    /// Columns shown of a long line.
    private static let quoteWidth = 160

    /// The line and the caret under its column. A long line is cut around the place.
    private var quote: (line: String, caret: String)? {
        guard let sourceLine, !sourceLine.isEmpty else { return nil }
        let scalars = Array(sourceLine.unicodeScalars)
        let at = min(max(0, column - 1), scalars.count)
        let start = at < Self.quoteWidth - 20 ? 0 : at - Self.quoteWidth / 2
        let end = min(scalars.count, start + Self.quoteWidth)
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars[start..<end].map { $0 == "\t" ? " " : $0 })
        let before = start > 0 ? "…" : ""
        let after = end < scalars.count ? "…" : ""
        let shown = before + printable(String(line), limit: Self.quoteWidth) + after
        return (shown, String(repeating: " ", count: at - start + before.count) + "^")
    }
}

extension Diagnostic: CustomStringConvertible {
    public var description: String { text }
}
