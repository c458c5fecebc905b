// Slack's incoming webhooks (and Mattermost's and Rocket.Chat's, which read `text` and leave
// `blocks` alone). Limits: https://api.slack.com/reference/block-kit/blocks

import WatchCore

struct SlackMessage: Encodable {
    static let sectionLimit = 3000
    static let fieldLimit = 2000
    static let fieldsPerSection = 10
    static let blockLimit = 50
    /// Sections of text; what does not fit is cut.
    private static let textSections = 8

    struct Text: Encodable {
        var type = "mrkdwn"
        var text: String
    }

    struct Block: Encodable {
        var type: String
        var text: Text?
        var fields: [Text]?
        var elements: [Text]?
    }

    /// What notifications and lesser clients show.
    var text: String
    var blocks: [Block]

    init(_ message: Message) {
        let title = "\(Self.emoji(message)) *\(Self.cut(message.title, 900))*"
        let pieces = Self.pieces(message.text)
        blocks = [Block(type: "section", text: Text(text: title))]
        blocks += pieces.map { Block(type: "section", text: Text(text: $0)) }
        let fields = message.fields.map { field in
            Text(text: "*\(Self.cut(field.name, 200))*\n\(Self.cut(field.value, 1700))")
        }
        // The footer needs a block too.
        let room = (Self.blockLimit - blocks.count - 1) * Self.fieldsPerSection
        for start in stride(from: 0, to: min(fields.count, room), by: Self.fieldsPerSection) {
            let group = fields[start..<min(start + Self.fieldsPerSection, fields.count)]
            blocks.append(Block(type: "section", fields: Array(group)))
        }
        blocks.append(Block(type: "context", elements: [Text(text: Self.footer(message))]))
        text = title + (pieces.first.map { "\n\($0)" } ?? "")
    }

    private static func emoji(_ message: Message) -> String {
        if message.kind == .resolve { return ":white_check_mark:" }
        return switch message.severity {
        case .critical: ":red_circle:"
        case .high: ":large_orange_circle:"
        case .medium: ":large_yellow_circle:"
        case .low, nil: ":large_blue_circle:"
        }
    }

    private static func footer(_ message: Message) -> String {
        let parts = [message.severity?.rawValue, message.incident, message.time.text]
        return cut(parts.compactMap { $0 }.joined(separator: " · "), 1000)
    }

    /// The text in sections, broken where it must be.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty && pieces.count < textSections {
            let isLast = pieces.count == textSections - 1
            let (piece, used) = escaped(rest, limit: sectionLimit - 1)
            rest = rest.dropFirst(used)
            pieces.append(isLast && !rest.isEmpty ? piece + "…" : piece)
        }
        return pieces
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        let (piece, used) = escaped(Substring(text), limit: limit - 1)
        // Slack refuses empty texts.
        if piece.isEmpty { return "–" }
        return used < text.count ? piece + "…" : piece
    }

    /// `&`, `<` and `>` are Slack's markup (links, mentions of everybody) and must be escaped.
    /// - Returns: as much of the escaped text as fits `limit` UTF-16 units, and how many
    ///   characters of the original that is.
    private static func escaped(_ text: Substring, limit: Int) -> (String, Int) {
        var result = ""
        var length = 0
        var used = 0
        for character in text {
            let piece =
                switch character {
                case "&": "&amp;"
                case "<": "&lt;"
                case ">": "&gt;"
                default: String(character)
                }
            guard length + piece.utf16.count <= limit else { break }
            length += piece.utf16.count
            result += piece
            used += 1
        }
        // One character longer than the limit (a pile of combining marks) is left out.
        return used == 0 && !text.isEmpty ? ("?", 1) : (result, used)
    }
}
