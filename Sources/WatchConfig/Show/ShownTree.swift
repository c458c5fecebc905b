// A configuration on its way back to text: what was written, without places and comments, and what
// was filled in.

import WatchCore

indirect enum ShownTree: Hashable {
    /// `isText`: it is text whatever it looks like, because it was quoted.
    case scalar(String, isText: Bool)
    case list([ShownTree])
    case mapping([Entry])

    struct Entry: Hashable {
        var key: String
        var value: ShownTree
        /// Nobody wrote it: it is what holds.
        var isDefault = false
    }

    /// What stands for what is not shown.
    static let withheld = "(withheld)"

    init(_ value: YAMLValue) {
        switch value.kind {
        case .scalar(let text, let style): self = .scalar(text, isText: style != .plain)
        case .sequence(let items): self = .list(items.map(ShownTree.init))
        case .mapping(let entries):
            self = .mapping(entries.map { Entry(key: $0.key, value: ShownTree($0.value)) })
        }
    }

    // MARK: - Putting together

    /// Of several files: mappings are joined, lists follow one another.
    mutating func join(_ other: ShownTree) {
        switch (self, other) {
        case (.mapping(var own), .mapping(let more)):
            for entry in more {
                if let place = own.firstIndex(where: { $0.key == entry.key }) {
                    own[place].value.join(entry.value)
                } else {
                    own.append(entry)
                }
            }
            self = .mapping(own)
        case (.list(let own), .list(let more)): self = .list(own + more)
        default: self = other
        }
    }

    subscript(key: String) -> ShownTree? {
        get {
            guard case .mapping(let entries) = self else { return nil }
            return entries.first { $0.key == key }?.value
        }
        set {
            guard case .mapping(var entries) = self, let newValue else { return }
            if let place = entries.firstIndex(where: { $0.key == key }) {
                entries[place].value = newValue
            } else {
                entries.append(Entry(key: key, value: newValue, isDefault: true))
            }
            self = .mapping(entries)
        }
    }

    /// Changes what is there.
    mutating func change(_ key: String, _ body: (inout ShownTree) -> Void) {
        guard var value = self[key] else { return }
        body(&value)
        self[key] = value
    }

    mutating func changeItems(_ body: (Int, inout ShownTree) -> Void) {
        guard case .list(var items) = self else { return }
        for index in items.indices { body(index, &items[index]) }
        self = .list(items)
    }

    /// Adds what nobody wrote.
    mutating func fill(_ key: String, _ text: String) {
        guard case .mapping(let entries) = self, !entries.contains(where: { $0.key == key })
        else { return }
        self[key] = .scalar(text, isText: false)
    }

    /// The same, of what is text whatever it looks like.
    mutating func fillText(_ key: String, _ text: String) {
        guard case .mapping(let entries) = self, !entries.contains(where: { $0.key == key })
        else { return }
        self[key] = .scalar(text, isText: true)
    }

    mutating func fill(_ key: String, _ duration: Duration) { fill(key, duration.text) }
    mutating func fill(_ key: String, _ number: Int) { fill(key, "\(number)") }

    // MARK: - Secrets

    private static let secretWords = [
        "password", "passwd", "secret", "token", "authorization", "apikey", "api_key", "bearer",
    ]

    /// Secrets belong into credentials, and nobody can keep people from writing one out.
    mutating func withhold() {
        hide(below: nil)
        change("channels") { channels in
            guard case .mapping(let entries) = channels else { return }
            for entry in entries {
                channels.change(entry.key) { channel in
                    for kind in ["slack", "webhook"] {
                        channel.change(kind) { $0.hidePath() }
                        channel.change(kind) { $0.change("url") { $0.hidePath() } }
                    }
                }
            }
        }
    }

    private mutating func hide(below key: String?) {
        switch self {
        case .scalar(let text, _):
            let name = key?.lowercased() ?? ""
            // What begins with "$." says where a value stands, or is compared with what is there.
            guard Self.secretWords.contains(where: name.contains), !name.hasPrefix("$."),
                !text.isEmpty, !text.contains("${"), !text.hasPrefix("$.")
            else { return }
            self = .scalar(Self.withheld, isText: true)
        case .list(var items):
            for index in items.indices { items[index].hide(below: key) }
            self = .list(items)
        case .mapping(var entries):
            for index in entries.indices { entries[index].value.hide(below: entries[index].key) }
            self = .mapping(entries)
        }
    }

    /// The path of a webhook is its password.
    private mutating func hidePath() {
        guard case .scalar(let text, let isText) = self, !text.contains("${"),
            let scheme = text.firstRange(of: "://")
        else { return }
        let rest = text[scheme.upperBound...]
        guard let slash = rest.firstIndex(of: "/"), rest.index(after: slash) < rest.endIndex
        else { return }
        self = .scalar(text[...slash] + Self.withheld, isText: isText)
    }
}
