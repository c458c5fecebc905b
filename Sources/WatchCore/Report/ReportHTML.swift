// A report as one HTML file with everything in it: it can be mailed, kept and printed, and asks
// nobody for anything.

extension IncidentReport {
    public var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" \
        content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(ReportHTML.escaped(title))</title>
        <style>\(ReportHTML.style)</style>
        </head>
        <body>
        <h1>\(ReportHTML.escaped(title))</h1>
        \(blocks.map(ReportHTML.block).joined(separator: "\n"))
        <p class="written">Written by watchd at \(ReportHTML.escaped(written.text)).</p>
        </body>
        </html>

        """
    }
}

enum ReportHTML {
    static let style = """
        body { font: 15px/1.45 system-ui, sans-serif; max-width: 75em; margin: 2em auto; \
        padding: 0 1em; color: #1a1a1a; background: #fff }
        h1, h2 { line-height: 1.2 } h2 { margin-top: 2em; border-bottom: 1px solid #ccc }
        table { border-collapse: collapse; width: 100%; margin: 1em 0 }
        th, td { text-align: left; vertical-align: top; padding: .3em .6em; \
        border-bottom: 1px solid #ddd; overflow-wrap: anywhere }
        th { background: #f3f3f3 } pre { background: #f6f6f6; padding: .8em; overflow: auto; \
        white-space: pre-wrap; overflow-wrap: anywhere } .written { color: #666; margin-top: 3em }
        @media (prefers-color-scheme: dark) { body { color: #ddd; background: #161616 } \
        th, pre { background: #222 } th, td, h2 { border-color: #444 } }
        """

    static func block(_ block: ReportBlock) -> String {
        switch block {
        case .heading(let text): return "<h2>\(escaped(text))</h2>"
        case .text(let text): return "<p>\(escaped(text))</p>"
        case .facts(let facts):
            let rows = facts.map {
                "<tr><th scope=\"row\">\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>"
            }
            return "<table>\n\(rows.joined(separator: "\n"))\n</table>"
        case .table(let head, let rows):
            let top = head.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
            let lines = rows.map { row in
                "<tr>\(row.map { "<td>\(escaped($0))</td>" }.joined())</tr>"
            }
            return "<table>\n<thead><tr>\(top)</tr></thead>\n<tbody>\n"
                + "\(lines.joined(separator: "\n"))\n</tbody>\n</table>"
        case .output(let text):
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { escaped(String($0)) }
            return "<pre>\(lines.joined(separator: "\n"))</pre>"
        }
    }

    /// For element content and quoted attributes (HTML standard, §13.1).
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in printable(text, limit: 4096) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}
