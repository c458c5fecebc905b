// Server-sent events (HTML standard, §9.2.6), as far as watchd sends them.

struct EventStreamParser: Sendable {
    enum Item: Hashable, Sendable {
        /// The data of one event.
        case data(String)
        /// A comment; watchd tells gaps so.
        case comment(String)
    }

    /// A line that is longer is no event of ours.
    static let longestLine = 1 << 20

    private var line: [UInt8] = []
    private var data = ""
    private var tooLong = false

    /// What became complete with these bytes.
    mutating func take(_ bytes: [UInt8]) -> [Item] {
        var items: [Item] = []
        for byte in bytes {
            if byte != 0x0A {
                if line.count < Self.longestLine { line.append(byte) } else { tooLong = true }
                continue
            }
            if let item = finishLine() { items.append(item) }
            line.removeAll(keepingCapacity: true)
            tooLong = false
        }
        return items
    }

    private mutating func finishLine() -> Item? {
        guard !tooLong else { return .comment("gap: an event was too long") }
        let text = String(decoding: line, as: UTF8.self)
        if text.isEmpty {
            defer { data = "" }
            return data.isEmpty ? nil : .data(data)
        }
        if text.hasPrefix(": ") { return .comment(String(text.dropFirst(2))) }
        if text.hasPrefix("data: ") { data += text.dropFirst(6) }
        return nil
    }
}
