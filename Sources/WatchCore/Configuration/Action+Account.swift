// What an action would do, to the last word, for a person who reads it before it is done: its
// command as it would be run, and in lines of their own all that goes with it and all that is
// expected of its answer. Variables have their values; secrets stay as they are named, and so does
// what only an earlier step's answer tells.

/// An action in words.
struct ActionAccount: Hashable, Sendable {
    var command: String
    /// A line each.
    var details: [String]
}

extension Action {
    func account(_ variables: [String: String]) -> ActionAccount {
        switch filled(variables) {
        case .exec(let arguments, let settings):
            ActionAccount(
                command: "exec " + arguments.map { word($0.source) }.joined(separator: " "),
                details: settings?.details ?? [])
        case .unit(let name, let with):
            ActionAccount(
                command: "start watchd-rollback@"
                    + Self.instance(of: name, with: with?.source) + ".service (as root)",
                details: [])
        case .http(let call): ActionAccount(command: call.request.line, details: call.details)
        case .sql(let query):
            ActionAccount(command: "psql " + query.text.source.quoted, details: query.details)
        case .wait(let duration): ActionAccount(command: "wait \(duration.text)", details: [])
        case .manual(let text):
            ActionAccount(command: "somebody is told: " + text.source.quoted, details: [])
        }
    }

    /// Its command alone, as a person would write it.
    func summary(_ variables: [String: String]) -> String { filled(variables).summary }

    /// What systemd knows a rollback unit by, between `@` and `.service`. `+` is the one character
    /// of an identifier that is illegal there; it becomes `\x2b`, as systemd-escape(1) writes it.
    public static func instance(of name: String, with value: String?) -> String {
        (value.map { "\(name):\($0)" } ?? name)
            .split(separator: "+", omittingEmptySubsequences: false).joined(separator: "\\x2b")
    }

    private func filled(_ variables: [String: String]) -> Action {
        switch mapped({ $0.filled(variables) }) {
        case .exec(let arguments, let settings):
            return .exec(arguments, settings?.filled(variables))
        case .http(var call):
            call.expectation = call.expectation.filled(variables)
            if let poll = call.poll {
                call.poll?.until = poll.until.filled(variables)
                call.poll?.failed = poll.failed?.filled(variables)
            }
            return .http(call)
        case .sql(var query):
            query.expectation = query.expectation.filled(variables)
            return .sql(query)
        case let other: return other
        }
    }
}

extension ProgramSettings {
    fileprivate var details: [String] {
        var lines = environment.map { "env \($0.name)=\(word($0.value.source))" }
        if let directory { lines.append("in \(word(directory.source))") }
        if let input { lines.append("stdin " + input.source.quoted) }
        var wanted: [String] = []
        if !exit.isEmpty {
            wanted.append("exit " + exit.map(String.init).joined(separator: " or "))
        }
        wanted += json.map(\.words)
        wanted += contains.map { ["its output contains " + $0.quoted] } ?? []
        wanted += matches.map { ["its output matches " + $0.quoted] } ?? []
        return lines + expected(wanted) + saves.map(\.words)
    }
}

extension HTTPCall {
    fileprivate var details: [String] {
        var lines = request.details + expected(expectation.words) + saves.map(\.words)
        guard let poll else { return lines }
        lines.append("then every \(poll.every.text): \(poll.request.line)")
        lines += poll.request.details.map { "  " + $0 }
        lines += expected(poll.until.words, "until").map { "  " + $0 }
        lines += expected(poll.failed?.words ?? [], "failed if").map { "  " + $0 }
        return lines + poll.saves.map { "  " + $0.words }
    }
}

extension HTTPRequestSpec {
    fileprivate var line: String { "\(method) \(url.source)" }

    fileprivate var details: [String] {
        var lines = headers.map { "header \($0.name): \(jsonEscaped($0.value.source))" }
        if let basic { lines.append("basic \(basic.user.source):\(basic.password.source)") }
        lines += form.map { "form \($0.name)=\(word($0.value.source))" }
        if let body { lines.append("body " + body.source.quoted) }
        if let clientCertificate {
            lines.append(
                "client certificate \(clientCertificate.certificate), key "
                    + clientCertificate.key.source)
        }
        var ways: [String] = []
        if version == .two { ways.append("HTTP/2") }
        if let unixSocket { ways.append("over the socket \(unixSocket)") }
        if let address { ways.append("at \(address)") }
        if let family { ways.append("IPv\(family.rawValue)") }
        if let proxy { ways.append("through the proxy \(proxy.source)") }
        if let caFile { ways.append("authorities of \(caFile)") }
        if !verifyTLS { ways.append("certificates are not checked") }
        return ways.isEmpty ? lines : lines + [ways.joined(separator: ", ")]
    }
}

extension SQLQuery {
    fileprivate var details: [String] {
        var lines = connection.map { ["database " + $0.source] } ?? []
        switch expectation {
        case .any: break
        case .rows(let rows):
            let rows = rows.map(\.quoted).joined(separator: ", ")
            lines += expected([rows.isEmpty ? "it has no rows" : "its rows are \(rows)"])
        case .value(let comparison): lines += expected(["its value \(comparison.words)"])
        case .same(let name): lines += expected(["it is as what was captured as \(name)"])
        }
        return lines + (capture.map { ["captures \($0)"] } ?? [])
    }
}

extension HTTPExpectation {
    fileprivate var words: [String] {
        let codes = status.map { status in
            switch status {
            case .exactly(let code): "\(code)"
            case .hundreds(let digit): "\(digit)xx"
            }
        }
        var wanted = codes.isEmpty ? [] : ["status " + codes.joined(separator: " or ")]
        wanted += headers.map { "header \($0.name) \($0.comparison.words)" }
        wanted += json.map(\.words)
        wanted += contains.map { ["the body contains " + $0.quoted] } ?? []
        wanted += matches.map { ["the body matches " + $0.quoted] } ?? []
        wanted += size.map { "size \($0.words)" }
        return wanted + time.map { "\($0.phase.rawValue) below \($0.below.text)" }
    }
}

extension HTTPExpectation.JSONField {
    fileprivate var words: String { "\(path) \(comparison.words)" }
}

extension HTTPExpectation.Comparison {
    fileprivate var words: String {
        switch self {
        case .equals(let value): "= \(value.text)"
        case .notEquals(let value): "!= \(value.text)"
        case .less(let bound): "< \(JSONValue.number(bound).text)"
        case .lessOrEqual(let bound): "<= \(JSONValue.number(bound).text)"
        case .greater(let bound): "> \(JSONValue.number(bound).text)"
        case .greaterOrEqual(let bound): ">= \(JSONValue.number(bound).text)"
        case .exists: "exists"
        case .absent: "is absent"
        case .contains(let part): "contains \(part.quoted)"
        case .matches(let pattern): "matches \(pattern.quoted)"
        case .semver(let range): "is a version in \(range)"
        }
    }
}

extension JourneyCheck.Saved {
    fileprivate var words: String {
        switch source {
        case .json(let path): "saves \(name) from \(path)"
        case .header(let header): "saves \(name) from the header \(header)"
        case .pattern(let pattern): "saves \(name) from \(pattern.quoted)"
        case .cookie(let cookie): "saves \(name) from the cookie \(cookie)"
        }
    }
}

/// A line that says what is good, if anything is asked for.
private func expected(_ wanted: [String], _ what: String = "good if") -> [String] {
    wanted.isEmpty ? [] : ["\(what) " + wanted.joined(separator: ", and ")]
}

/// Like an argument of a shell: bare where nobody can mistake where it begins and ends.
private func word(_ text: String) -> String {
    let others = "0123456789@%+=:,./_-{}$^*?&#[]~".unicodeScalars
    let isBare = text.unicodeScalars.allSatisfy { scalar in
        scalar.properties.isAlphabetic || others.contains(scalar)
    }
    return isBare && !text.isEmpty ? text : text.quoted
}

extension String {
    fileprivate var quoted: String { jsonQuoted(self) }
}
