// What an `assess:` of the service said about an incident.

public struct Assessment: Hashable, Sendable, Codable {
    /// Why it was asked.
    public enum Occasion: String, Hashable, Sendable, Codable {
        case opened
        case beforeRollback = "before-rollback"
    }

    public var name: String
    public var occasion: Occasion
    /// What was asked, with what is known of its placeholders.
    public var command: String
    public var began: WallTime
    /// nil: it has not answered yet. Its output is the beginning of what it printed, redacted.
    public var result: TaskResult?

    /// Bytes of an output that are kept.
    static let outputLimit = 4096
    /// Characters of its first line that go into messages.
    static let lineLimit = 200

    public init(
        name: String, occasion: Occasion, command: String, began: WallTime,
        result: TaskResult? = nil
    ) {
        self.name = name
        self.occasion = occasion
        self.command = command
        self.began = began
        self.result = result
    }

    /// In one line: the first that it printed; or why there is none.
    public var line: String {
        guard let result else { return "no answer yet" }
        let first = result.output.split(whereSeparator: \.isNewline).first { line in
            line.contains { !$0.isWhitespace }
        }
        let said = first.map { printable($0, limit: Self.lineLimit) }
        guard result.succeeded else {
            return result.ending.text + (said.map { ": \($0)" } ?? "")
        }
        return said ?? "it printed nothing"
    }

    /// Only as much of it as is kept.
    mutating func note(_ result: TaskResult) {
        var kept = TaskResult(ending: result.ending, took: result.took)
        kept.output = result.output
        if result.output.utf8.count > Self.outputLimit {
            // A character at the cut is left out.
            var size = Self.outputLimit
            while size > 0, String(result.output.utf8.prefix(size)) == nil { size -= 1 }
            kept.output = (String(result.output.utf8.prefix(size)) ?? "") + "…"
        }
        self.result = kept
    }

    /// Without what it printed, for lists.
    var figures: Assessment {
        var figures = self
        figures.result?.output = ""
        return figures
    }
}

extension IncidentRecord {
    /// Without what others said, for lists.
    public var figures: IncidentRecord {
        var figures = self
        figures.evidence = evidence?.figures
        figures.assessments = assessments?.map(\.figures)
        return figures
    }
}
