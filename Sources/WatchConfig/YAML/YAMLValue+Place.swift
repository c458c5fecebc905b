// Finds the column of a byte inside a scalar's text, so that a mistake in an expression is shown
// where it stands in the file, not where the value begins.

extension YAMLValue {
    /// The place of the scalar's UTF-8 byte `offset`. For quoted scalars escapes are counted as
    /// written; for text over several lines the place is exact in literal blocks (`|`) and near
    /// in folded ones.
    func place(ofByte offset: Int) -> Place {
        guard case .scalar(let text, let style) = kind else { return place }
        let prefix = String(decoding: text.utf8.prefix(max(0, offset)), as: UTF8.self)
        switch style {
        case .plain: return inLine(text, prefix, skip: 0) { _ in 1 }
        case .singleQuoted:
            return inLine(text, prefix, skip: 1) { $0.first == "'" ? 2 : 1 }
        case .doubleQuoted:
            return inLine(text, prefix, skip: 1, raw: Self.escapeLength)
        case .literal, .folded: return inBlock(prefix, folded: style == .folded)
        }
    }

    /// Walks the raw line beside the decoded prefix; falls back to the start of the value.
    private func inLine(
        _ text: String, _ prefix: String, skip: Int,
        raw: (ArraySlice<Unicode.Scalar>) -> Int
    ) -> Place {
        guard let line = place.file.line(place.line) else { return place }
        let scalars = Array(line.unicodeScalars)
        var at = place.column - 1 + skip
        for _ in prefix.unicodeScalars {
            guard at < scalars.count else { return place }
            at += raw(scalars[at...])
        }
        guard at <= scalars.count else { return place }
        return Place(file: place.file, line: place.line, column: at + 1)
    }

    /// Raw scalars of one decoded one in a double-quoted text (YAML 1.1 §5.6).
    private static func escapeLength(_ rest: ArraySlice<Unicode.Scalar>) -> Int {
        guard rest.first == "\\" else { return 1 }
        switch rest.dropFirst().first {
        case "x": return 4
        case "u": return 6
        case "U": return 10
        default: return 2
        }
    }

    private func inBlock(_ prefix: String, folded: Bool) -> Place {
        let file = place.file
        guard let first = file.line(place.line + 1) else { return place }
        let indent = first.unicodeScalars.prefix { $0 == " " }.count
        var line = place.line + 1
        var column = 0
        for scalar in prefix.unicodeScalars {
            let width = (file.line(line)?.unicodeScalars.count ?? 0) - indent
            if scalar == "\n" || (folded && scalar == " " && column >= width) {
                line += 1
                column = 0
            } else {
                column += 1
            }
        }
        return file.place(line: line, column: indent + column + 1)
    }
}
