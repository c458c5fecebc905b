// Secrets that stand in a file for everybody who may read it: in version control, in a backup, in
// the ticket that quotes it. Those that look like one are named, and never quoted.

import WatchCore

struct SecretLint {
    let problems: Problems

    func check(_ root: YAMLValue) { check(root, below: nil) }

    private func check(_ value: YAMLValue, below key: String?) {
        switch value.kind {
        case .sequence(let items): for item in items { check(item, below: key) }
        case .mapping(let entries):
            // What these map from are names.
            let isNaming = key.map(Self.namings.contains) ?? false
            for entry in entries { check(entry.value, below: isNaming ? nil : entry.key) }
        case .scalar(let text, _):
            guard !value.isNull, !text.contains("${"), !text.hasPrefix("$."),
                let secret = Self.secret(in: text, of: key)
            else { return }
            // From whatever else is said of its line, too.
            problems.hide(secret, at: value.place)
            guard !problems.isReported(value.place) else { return }
            problems.warning(
                value.place, "this looks like a secret that is written out",
                "keep it where only watchd reads it, and write ${credential:NAME} or ${file:PATH}")
        }
    }

    private static let namings: Set<String> = [
        "patterns", "fields", "save", "services", "vars", "credentials",
    ]

    /// What must not be shown; nil: nothing of the kind.
    static func secret(in text: String, of key: String?) -> String? {
        for scheme in ["Bearer ", "Basic "] where text.hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.utf8.count)
            if rest.utf8.count >= 6, !rest.contains(" ") { return String(rest) }
        }
        for host in webhookHosts {
            guard let found = text.firstRange(of: host) else { continue }
            let path = text[found.upperBound...]
            // Whoever has the path may post.
            if path.utf8.count >= 6 { return String(path) }
        }
        guard let key, !key.hasPrefix("$"), !text.isEmpty else { return nil }
        let name = key.lowercased().filter { $0 != "-" && $0 != "_" }
        return words.contains { name.hasSuffix($0) } ? text : nil
    }

    private static let webhookHosts = [
        "hooks.slack.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/",
        ".webhook.office.com/", "chat.googleapis.com/v1/spaces/",
    ]

    private static let words = [
        "password", "passwd", "secret", "token", "authorization", "apikey", "bearer", "routingkey",
    ]
}
