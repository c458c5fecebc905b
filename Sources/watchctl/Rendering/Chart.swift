// A curve in a terminal: eighths of blocks (U+2581 … U+2588), a few rows high.

struct Chart {
    /// One value a column; nil: nothing was seen.
    var values: [Double?]
    var rows = 4
    /// From this column on it is drawn in the colour of trouble.
    var badFrom: Int?

    private static let blocks = Array("▁▂▃▄▅▆▇█")

    var highest: Double { values.compactMap { $0 }.max() ?? 0 }

    /// The rows from the top, with `label` written before the first and `0` before the last.
    func lines(label: String, labelWidth: Int) -> [Line] {
        let top = highest
        return (0..<rows).map { row in
            let text = row == 0 ? label : row == rows - 1 ? "0" : ""
            let padding = String(repeating: " ", count: max(0, labelWidth - displayWidth(text)))
            return Line(
                [Span("\(padding)\(text) ┤", .dim)] + spans(row, top), overflow: .cut)
        }
    }

    private func spans(_ row: Int, _ top: Double) -> [Span] {
        let cells = values.map { cell($0, row, top) }
        guard let badFrom, badFrom < cells.count else { return [Span(String(cells))] }
        let split = max(0, badFrom)
        return [Span(String(cells[..<split])), Span(String(cells[split...]), .bad)]
    }

    private func cell(_ value: Double?, _ row: Int, _ top: Double) -> Character {
        let below = rows - 1 - row
        guard let value else { return below == 0 ? "·" : " " }
        guard top > 0 else { return below == 0 ? Self.blocks[0] : " " }
        let eighths = Int((value / top * Double(rows * 8)).rounded()) - below * 8
        // What was seen is never invisible.
        if eighths <= 0 { return below == 0 ? Self.blocks[0] : " " }
        return Self.blocks[min(8, eighths) - 1]
    }
}
