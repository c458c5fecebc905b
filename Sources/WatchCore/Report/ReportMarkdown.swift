// A report as Markdown (CommonMark, with the tables of GitHub's dialect): for tickets and wikis.
// What others said is in it, so nothing of it may become markup.

extension IncidentReport {
    public var markdown: String {
        var text = "# \(ReportMarkdown.inline(title))\n"
        for block in blocks { text += "\n\(ReportMarkdown.block(block))\n" }
        return text + "\n*Written by watchd at \(written.text).*\n"
    }
}

enum ReportMarkdown {
    static func block(_ block: ReportBlock) -> String {
        switch block {
        case .heading(let text): "## \(inline(text))"
        case .text(let text): inline(text)
        case .facts(let facts):
            table(["", ""], facts.map { ["**\(inline($0.name))**", inline($0.value)] })
        case .table(let head, let rows): table(head.map(inline), rows.map { $0.map(inline) })
        case .output(let text): fenced(text)
        }
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        let lines =
            [head, head.map { _ in "---" }] + rows
        return lines.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }

    /// One line in which every character that Markdown or HTML could obey is taken as it is.
    static func inline(_ text: String) -> String {
        var result = ""
        for character in printable(text, limit: 2000) {
            switch character {
            case "\\", "`", "*", "_", "{", "}", "[", "]", "#", "|", "~", "!":
                result += "\\\(character)"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            default: result.append(character)
            }
        }
        return result
    }

    /// The fence is longer than any in the text (CommonMark §4.5).
    private static func fenced(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { printable($0, limit: 4096) }
        var longest = 2
        for line in lines {
            longest = Swift.max(longest, line.split { $0 != "`" }.map(\.count).max() ?? 0)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return ([fence + "text"] + lines + [fence]).joined(separator: "\n")
    }
}
