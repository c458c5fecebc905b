// Columns that line up, and give way in an order when the terminal is narrow.

struct Table {
    struct Column {
        var title: String
        var right: Bool
        /// May be cut when there is not room for all; the widest first.
        var gives: Bool
        /// Of the last column: what does not fit goes on in further lines instead of being cut.
        var wraps: Bool

        init(_ title: String, right: Bool = false, gives: Bool = false, wraps: Bool = false) {
            self.title = title
            self.right = right
            self.gives = gives || wraps
            self.wraps = wraps
        }
    }

    var columns: [Column]
    var rows: [[Span]] = []

    /// No column that gives way becomes narrower.
    private static let narrowest = 8
    /// The same of the one that wraps, where the row may be as wide as it likes.
    private static let narrowestWhole = 40
    private static let gap = 2

    init(_ columns: [Column]) { self.columns = columns }

    /// Header, rule and rows, as wide as the terminal with `indent` columns of it left free; wider
    /// where there is none. A column without any text is left out.
    func lines(_ theme: Theme, indent: Int = 2) -> [Line] {
        guard !rows.isEmpty else { return [] }
        let full = columns.indices.filter { index in rows.contains { !$0[index].text.isEmpty } }
        guard full.count == columns.count else {
            var table = Table(full.map { columns[$0] })
            table.rows = rows.map { row in full.map { row[$0] } }
            return full.isEmpty ? [] : table.lines(theme, indent: indent)
        }
        let widths = widths(for: theme.width - indent, theme.isTerminal)
        let header = columns.indices.map { Span(columns[$0].title, .dim) }
        let rule = columns.indices.map {
            Span(String(repeating: "─", count: widths[$0]), .dim)
        }
        let body = rows.flatMap { wrapped($0, widths) }
        return ([header, rule] + body).map {
            line($0, widths, cuts: theme.isTerminal).indented(indent)
        }
    }

    /// A row, and what did not fit into its last cell in rows of its own.
    private func wrapped(_ row: [Span], _ widths: [Int]) -> [[Span]] {
        guard let last = columns.indices.last, columns[last].wraps else { return [row] }
        return Self.wrap(row[last].text, to: widths[last]).enumerated().map { number, text in
            let others =
                number == 0 ? Array(row.dropLast()) : columns.dropLast().map { _ in Span("") }
            return others + [Span(text, row[last].style)]
        }
    }

    /// Lines of at most `width` columns, broken between words where that is possible.
    static func wrap(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var current = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let joined = current.isEmpty ? String(word) : "\(current) \(word)"
            if displayWidth(joined) <= width || current.isEmpty {
                current = joined
            } else {
                lines.append(current)
                current = String(word)
            }
        }
        return lines + [current]
    }

    private func widths(for room: Int, _ isTerminal: Bool) -> [Int] {
        let narrowest = isTerminal ? Self.narrowest : Self.narrowestWhole
        var widths = columns.indices.map { index in
            rows.reduce(displayWidth(columns[index].title)) { widest, row in
                max(widest, displayWidth(row[index].text))
            }
        }
        var over = widths.reduce(0, +) + Self.gap * (columns.count - 1) - room
        while over > 0 {
            let giving = columns.indices.filter {
                (isTerminal ? columns[$0].gives : columns[$0].wraps) && widths[$0] > narrowest
            }
            guard let widest = giving.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            over -= 1
        }
        return widths
    }

    private func line(_ cells: [Span], _ widths: [Int], cuts: Bool) -> Line {
        var spans: [Span] = []
        for (index, cell) in cells.enumerated() {
            let text = cuts ? cut(cell.text, to: widths[index]) : cell.text
            let padding = String(repeating: " ", count: max(0, widths[index] - displayWidth(text)))
            let isLast = index == cells.count - 1
            if columns[index].right { spans.append(Span(padding)) }
            spans.append(Span(text, cell.style))
            if !columns[index].right, !isLast { spans.append(Span(padding)) }
            if !isLast { spans.append(Span(String(repeating: " ", count: Self.gap))) }
        }
        return Line(spans, overflow: .cut)
    }
}
