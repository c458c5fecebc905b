// Columns that line up, and give way in an order when the terminal is narrow.

struct Table {
    struct Column {
        var title: String
        var right: Bool
        /// May be cut when there is not room for all; the widest first.
        var gives: Bool
        /// Gives way only when no other column can: what people know the row by.
        var isLast: Bool
        /// Left out where there is no room for it at all: it is shown elsewhere, too.
        var drops = false
        /// Of the last column: what does not fit goes on in further lines instead of being cut.
        var wraps: Bool

        init(
            _ title: String, right: Bool = false, gives: Bool = false, isLast: Bool = false,
            wraps: Bool = false
        ) {
            self.title = title
            self.right = right
            self.gives = gives || wraps
            self.isLast = isLast
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
        let room = theme.width - indent
        if theme.isTerminal, let place = columns.firstIndex(where: \.drops), least > room {
            var table = Table(columns)
            table.columns.remove(at: place)
            table.rows = rows.map { row in
                var row = row
                row.remove(at: place)
                return row
            }
            return table.lines(theme, indent: indent)
        }
        let widths = widths(for: room, theme.isTerminal)
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

    private var wishedWidths: [Int] {
        columns.indices.map { index in
            rows.reduce(displayWidth(columns[index].title)) { widest, row in
                max(widest, displayWidth(row[index].text))
            }
        }
    }

    /// The width when all gave way that do so first.
    private var least: Int {
        zip(columns, wishedWidths).reduce(Self.gap * (columns.count - 1)) { sum, column in
            let (column, width) = column
            return sum + (column.gives && !column.isLast ? min(width, Self.narrowest) : width)
        }
    }

    private func widths(for room: Int, _ isTerminal: Bool) -> [Int] {
        let narrowest = isTerminal ? Self.narrowest : Self.narrowestWhole
        var widths = wishedWidths
        var over = widths.reduce(0, +) + Self.gap * (columns.count - 1) - room
        while over > 0 {
            let giving = columns.indices.filter {
                (isTerminal ? columns[$0].gives : columns[$0].wraps) && widths[$0] > narrowest
            }
            let first = giving.filter { !columns[$0].isLast }
            let widest = (first.isEmpty ? giving : first).max { widths[$0] < widths[$1] }
            guard let widest else { break }
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
