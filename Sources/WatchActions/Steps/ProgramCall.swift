// The program of a task with all its values: what is run, with which environment and input.

import WatchCore

struct ProgramCall: Sendable {
    var arguments: [String]
    /// Besides that of every step.
    var environment: [String: String] = [:]
    var input: String?
    /// Where it starts; nil: at home.
    var directory: String?
    /// What must be shown to nobody.
    var hidden: [String] = []
    /// Its standard output is looked at, so it is kept apart from its errors.
    var isAnswerJudged: Bool

    /// - Throws: what keeps it from being started, with the remedy.
    init(_ task: StepTask, _ secrets: any SecretSource) throws(CannotStart) {
        func filled(_ template: Template) throws(CannotStart) -> String {
            let text = try template.filled(task.variables, secrets)
            guard !text.utf8.contains(0) else {
                throw CannotStart(message: "'\(template.source)' has a NUL byte in its value")
            }
            return text
        }
        switch task.action {
        case .exec(let templates, let settings):
            isAnswerJudged = settings.map { $0.judgesOutput || !$0.saves.isEmpty } ?? false
            arguments = []
            for template in templates { arguments.append(try filled(template)) }
            guard !arguments.isEmpty else {
                throw CannotStart(message: "exec: is empty; give it a program")
            }
            for variable in settings?.environment ?? [] {
                environment[variable.name] = try filled(variable.value)
            }
            if let template = settings?.input { input = try filled(template) }
            if let template = settings?.directory { directory = try filled(template) }
        case .sql(let query):
            isAnswerJudged = true
            let address = try query.connection.map { template throws(CannotStart) in
                try DatabaseAddress(try filled(template), shown: template.source)
            }
            arguments = Self.psql + (address.map { ["--dbname=\($0.url)"] } ?? [])
            environment = ["PGAPPNAME": "watchd", "PGCONNECT_TIMEOUT": "10"]
            if let password = address?.password {
                environment["PGPASSWORD"] = password
                hidden.append(password)
            }
            input = try filled(query.text) + "\n"
        case .unit, .http, .wait, .manual:
            throw CannotStart(message: "'\(task.action.summary)' is no program")
        }
    }

    /// Unaligned rows and nothing else; the first error ends it; no file of the user's is read.
    private static let psql = [
        "psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password",
        "--set=ON_ERROR_STOP=1", "--file=-",
    ]
}

/// A connection URI of libpq (PostgreSQL documentation, 34.1.1.2), its password apart: arguments
/// are seen by everybody in `ps`.
struct DatabaseAddress: Sendable {
    var url: String
    var password: String?

    init(_ text: String, shown: String) throws(CannotStart) {
        let trimmed = text.last == "\n" ? String(text.dropLast()) : text
        guard let scheme = trimmed.firstRange(of: "://"),
            ["postgresql", "postgres"].contains(trimmed[..<scheme.lowerBound])
        else {
            throw CannotStart(
                message: "'\(shown)' is no URL of PostgreSQL; write "
                    + "postgresql://USER:PASSWORD@HOST/DATABASE")
        }
        let rest = trimmed[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let parameters = rest.firstIndex(of: "?").map { rest[$0...] } ?? ""
        guard !parameters.contains("password=") else {
            throw CannotStart(
                message: "'\(shown)' has its password behind '?', where it would be seen in ps; "
                    + "write it before the '@'")
        }
        url = trimmed
        guard let at = authority.lastIndex(of: "@"),
            let colon = authority[..<at].firstIndex(of: ":")
        else { return }
        let secret = authority[authority.index(after: colon)..<at]
        password = Self.percentDecoded(secret)
        url = String(trimmed[..<colon] + trimmed[at...])
    }

    private static func percentDecoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == 0x25, digits.count == 2,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
