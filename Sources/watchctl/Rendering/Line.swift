// Text for a terminal as data: what it says and what it means, so that layout can be tested
// without escape codes, and colours left out in one place.

import WatchCore

/// What the output is made for.
struct Theme: Hashable, Sendable {
    var width: Int
    /// Where there is none, lines are wrapped at the width all the same, and nothing is cut.
    var isTerminal = true
    var colour: Bool
    var now: WallTime
}

struct Span: Hashable, Sendable {
    enum Style: Hashable, Sendable {
        case plain, strong, dim, good, bad, warning

        /// SGR parameters of ECMA-48 §8.3.117.
        var code: String {
            switch self {
            case .plain: "0"
            case .strong: "1"
            case .dim: "2"
            case .good: "32"
            case .bad: "1;31"
            case .warning: "33"
            }
        }
    }

    var text: String
    var style: Style

    init(_ text: String, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }
}

struct Line: Hashable, Sendable {
    /// What becomes of a line that is wider than the terminal.
    enum Overflow: Hashable, Sendable {
        /// It goes on below, this far from the margin; nil: a little deeper than it began.
        case wraps(hanging: Int?)
        /// A row or a picture, which makes sense in columns only.
        case cut
        /// To be copied: the terminal itself breaks it.
        case whole
    }

    var spans: [Span]
    var overflow: Overflow

    init(
        _ text: String, _ style: Span.Style = .plain, overflow: Overflow = .wraps(hanging: nil)
    ) {
        self.init([Span(text, style)], overflow: overflow)
    }

    init(_ spans: [Span], overflow: Overflow = .wraps(hanging: nil)) {
        self.spans = spans
        self.overflow = overflow
    }

    static let empty = Line([])

    var width: Int { spans.reduce(0) { $0 + displayWidth($1.text) } }

    func indented(_ count: Int) -> Line {
        var line = Line(
            [Span(String(repeating: " ", count: count))] + spans, overflow: overflow)
        if case .wraps(let hanging?) = overflow {
            line.overflow = .wraps(hanging: hanging + count)
        }
        return line
    }

    /// Without trailing spaces; several lines of the terminal where it is wrapped.
    func text(_ theme: Theme) -> String {
        rows(theme).map { row in
            var result = ""
            for span in row where !span.text.isEmpty {
                result +=
                    theme.colour && span.style != .plain
                    ? "\u{1B}[\(span.style.code)m\(span.text)\u{1B}[0m" : span.text
            }
            while result.hasSuffix(" ") { result.removeLast() }
            return result
        }.joined(separator: "\n")
    }

    private func rows(_ theme: Theme) -> [[Span]] {
        switch overflow {
        case .whole: [spans]
        case .cut: [theme.isTerminal ? fitted(theme.width).spans : spans]
        case .wraps(let hanging): width > theme.width ? wrapped(theme.width, hanging) : [spans]
        }
    }

    /// Broken between words; a word that is wider than the terminal is left whole.
    private func wrapped(_ limit: Int, _ hanging: Int?) -> [[Span]] {
        let characters = spans.flatMap { span in span.text.map { ($0, span.style) } }
        let margin = characters.prefix { $0.0 == " " }.count
        let hanging = hanging ?? margin + 2
        var rows: [[Span]] = []
        var start = 0
        while start < characters.count {
            var end = start
            var used = rows.isEmpty ? 0 : hanging
            var gap: Int?
            while end < characters.count {
                used += displayWidth(String(characters[end].0))
                let isFirst = end == start || (rows.isEmpty && end < margin)
                if characters[end].0 == " ", !isFirst { gap = end }
                if used > limit, gap != nil { break }
                end += 1
            }
            let stop = end < characters.count ? gap ?? end : end
            let lead = rows.isEmpty ? [] : [Span(String(repeating: " ", count: hanging))]
            rows.append(lead + Self.spans(characters[start..<stop]))
            start = stop
            while start < characters.count, characters[start].0 == " " { start += 1 }
        }
        return rows
    }

    private static func spans(_ characters: ArraySlice<(Character, Span.Style)>) -> [Span] {
        var spans: [Span] = []
        for (character, style) in characters {
            if let last = spans.indices.last, spans[last].style == style {
                spans[last].text.append(character)
            } else {
                spans.append(Span(String(character), style))
            }
        }
        return spans
    }

    func fitted(_ limit: Int) -> Line {
        guard width > limit else { return self }
        var room = limit
        var fitted: [Span] = []
        for span in spans {
            let wide = displayWidth(span.text)
            if wide < room {
                fitted.append(span)
                room -= wide
                continue
            }
            fitted.append(Span(cut(span.text, to: room, always: true), span.style))
            break
        }
        return Line(fitted)
    }
}

/// `text` in at most `width` columns; its end becomes an ellipsis when it does not fit, or when
/// `always` says that more would follow.
func cut(_ text: String, to width: Int, always: Bool = false) -> String {
    guard always || displayWidth(text) > width else { return text }
    var result = ""
    var used = 0
    for character in text {
        let wide = displayWidth(character)
        if used + wide > width - 1 { break }
        result.append(character)
        used += wide
    }
    return width > 0 ? result + "…" : ""
}

/// Text of the daemon, fit for a terminal.
func safe(_ text: some StringProtocol, limit: Int = 300) -> String {
    printable(text, limit: limit)
}
