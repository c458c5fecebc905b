// One configuration file as text, split the way libyaml counts lines, so that every mark finds its
// line again.

final class SourceFile: Sendable {
    /// As it was given to the loader; what diagnostics show.
    let name: String
    let text: String
    /// Without their line breaks.
    let lines: [String]
    /// Its rank among the files of one run: diagnostics come in this order.
    let order: Int

    init(name: String, text: String, order: Int) {
        self.name = name
        self.text = text
        self.order = order
        lines = Self.split(text)
    }

    /// The line, counted from 1; nil when there is none.
    func line(_ number: Int) -> String? {
        lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }

    /// A place in it; one beyond the end becomes the end.
    func place(line: Int, column: Int) -> Place {
        guard line > lines.count, let last = lines.last else {
            return Place(file: self, line: max(1, line), column: max(1, column))
        }
        return Place(
            file: self, line: lines.count, column: max(1, last.unicodeScalars.count))
    }

    /// Line breaks of YAML 1.1 §5.4: CR LF, CR, LF, NEL, LS, PS.
    private static func split(_ text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var afterReturn = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where afterReturn:
                afterReturn = false
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
                lines.append(String(line))
                line = String.UnicodeScalarView()
                afterReturn = scalar == "\r"
            default:
                line.append(scalar)
                afterReturn = false
            }
        }
        if !line.isEmpty { lines.append(String(line)) }
        return lines
    }
}

/// Where something stands. Both numbers from 1; columns count Unicode scalars.
struct Place {
    var file: SourceFile
    var line: Int
    var column: Int

    /// For messages about two places: `shop.yaml:12`.
    var short: String { "\(file.name):\(line)" }
}
