// Text for a terminal as data: what it says and what it means, so that layout can be tested
// without escape codes, and colours left out in one place.

import WatchCore

/// What the output is made for.
struct Theme: Hashable, Sendable {
    var width: Int
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
    var spans: [Span]

    init(_ text: String, _ style: Span.Style = .plain) { spans = [Span(text, style)] }
    init(_ spans: [Span]) { self.spans = spans }

    static let empty = Line([])

    var width: Int { spans.reduce(0) { $0 + displayWidth($1.text) } }

    func indented(_ count: Int) -> Line {
        Line([Span(String(repeating: " ", count: count))] + spans)
    }

    /// Cut to the width with an ellipsis, without trailing spaces.
    func text(_ theme: Theme) -> String {
        var result = ""
        for span in fitted(theme.width).spans where !span.text.isEmpty {
            result +=
                theme.colour && span.style != .plain
                ? "\u{1B}[\(span.style.code)m\(span.text)\u{1B}[0m" : span.text
        }
        while result.hasSuffix(" ") { result.removeLast() }
        return result
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
