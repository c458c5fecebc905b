// Whether a template can become an http URL (RFC 3986 §3). What a secret will say is not known
// here; what is written is checked.

import WatchCore

enum URLCheck {
    struct Problem {
        var message: String
        var remedy: String
        /// What must not be quoted.
        var hidden: String?
    }

    static func problem(_ template: Template) -> Problem? {
        if case .literal = template.parts.first {
            let text = template.parts.map { part in
                if case .literal(let text) = part { text } else { "x" }
            }.joined()
            return problem(text, shown: template.source)
        }
        return nil
    }

    /// Who is asked is never left to what an answer said: secrets go there.
    static func problem(ofVariables template: Template) -> Problem? {
        var before = ""
        for part in template.parts {
            switch part {
            case .literal(let text): before += text
            // It may be the scheme and the host.
            case .secret: before += before.isEmpty ? "https://x" : "x"
            // Written in the configuration, too.
            case .variable(let name) where name.hasPrefix("vars."):
                before += before.isEmpty ? "https://x" : "x"
            case .variable(let name):
                let host = before.firstRange(of: "://").map { before[$0.upperBound...] } ?? ""
                if host.contains(where: { "/?#".contains($0) }) { return nil }
                return Problem(
                    message: "'${\(name)}' would say which host is asked",
                    remedy: "write the host out, as in https://example.com/${\(name)}")
            }
        }
        return nil
    }

    private static func problem(_ text: String, shown: String) -> Problem? {
        let name = "'\(printable(shown, limit: 80))'"
        let lower = text.lowercased()
        guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else {
            let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound] }
            return Problem(
                message: scheme.map { "the scheme '\($0)' of \(name) is not http or https" }
                    ?? "\(name) is no URL",
                remedy: scheme == nil
                    ? "write it as in https://\(printable(shown, limit: 60))"
                    : "use http:// or https://")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value < 127 }) else {
            return Problem(
                message: "\(name) has a space or a character that URLs do not have",
                remedy: "write it as %XX")
        }
        let rest = text[(text.firstRange(of: "://")?.upperBound ?? text.startIndex)...]
        let authority = rest.prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") {
            let host = authority[authority.index(after: at)...]
            return Problem(
                message:
                    "a URL must not hold a user and password (at \(printable(host, limit: 60)))",
                remedy: "send them in headers: { Authorization: \"Basic ${credential:NAME}\" }",
                hidden: String(authority[..<at]))
        }
        return host(authority, name)
    }

    private static func host(_ authority: Substring, _ name: String) -> Problem? {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                return Problem(
                    message: "\(name): '[' without ']'", remedy: "as in http://[::1]:80/")
            }
            host = authority[...end]
            let tail = authority[authority.index(after: end)...]
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, host != "[]" else {
            return Problem(message: "\(name) names no host", remedy: "as in https://example.com/")
        }
        if let port, port != "x", !(Int(port).map { (1...65535).contains($0) } ?? false) {
            return Problem(
                message: "\(name): '\(port)' is no port", remedy: "ports go from 1 to 65535")
        }
        return nil
    }
}
