// The program of a task with all its values: what is run, with which environment and input.

import Glibc
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
    /// How it is asked to end.
    var stopSignal = SIGTERM

    /// - Throws: what keeps it from being started, with the remedy.
    init(_ task: StepTask, _ secrets: any SecretSource) throws(CannotStart) {
        func filled(_ template: Template) throws(CannotStart) -> String {
            let text = try template.filled(task.variables, secrets)
            guard !text.utf8.contains(0) else {
                throw CannotStart(message: "'\(template.source)' has a NUL byte in its value")
            }
            return text
        }
        for template in task.action.expectedTemplates { _ = try filled(template) }
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
            environment = [
                "PGAPPNAME": "watchd", "PGCONNECT_TIMEOUT": "10",
                "PGOPTIONS": Self.options(query, task.timeout, address?.options),
            ]
            if let password = address?.password {
                environment["PGPASSWORD"] = password
                hidden.append(password)
            }
            input = Self.heedsItsClient + (try filled(query.text)) + "\n"
            stopSignal = SIGINT
        case .unit, .http, .wait, .manual:
            throw CannotStart(message: "'\(task.action.summary)' is no program")
        }
    }

    /// Unaligned rows and nothing else; the first error ends it; no file of the user's is read.
    private static let psql = [
        "psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password",
        "--set=ON_ERROR_STOP=1", "--file=-",
    ]

    /// A statement does not end with the psql that sent it: it goes on in the server, and commits.
    /// So psql is interrupted, upon which it has the statement cancelled; one that cannot be
    /// cancelled so is given up by the server itself: after the step's time, and when nobody waits
    /// for it any more. Behind a pooler `set` would stay behind in sessions of the application;
    /// options are refused there, or ignored.
    /// - Parameter configured: options of the address. They count, but a question never writes.
    private static func options(
        _ query: SQLQuery, _ timeout: Duration, _ configured: String?
    ) -> String {
        let time = max(1, min(timeout.nanoseconds / 1_000_000, Int64(Int32.max)))
        return [
            "-c statement_timeout=\(time)", configured,
            query.onlyReads == true ? "-c default_transaction_read_only=on" : nil,
        ].compactMap { $0 }.joined(separator: " ")
    }

    /// Only a server of PostgreSQL 14 or newer under Linux can surely tell; others would refuse the
    /// connection for the option. It stands in the query's own first line, so that errors name the
    /// line that was written.
    private static let heedsItsClient =
        "select set_config('client_connection_check_interval', '1s', false) "
        + "where :SERVER_VERSION_NUM >= 140000 and version() ~ '-linux' \\g /dev/null \\\\ "
}

/// A connection URI of libpq (PostgreSQL documentation, 34.1.1.2), its password apart: arguments
/// are seen by everybody in `ps`.
struct DatabaseAddress: Sendable {
    var url: String
    var password: String?
    /// Options for the server, which would replace those that are set for it otherwise.
    var options: String?

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
        let end = rest.firstIndex(of: "?") ?? rest.endIndex
        let (base, parameters) = (trimmed[..<end], trimmed[end...])
        guard !parameters.contains("password=") else {
            throw CannotStart(
                message: "'\(shown)' has its password behind '?', where it would be seen in ps; "
                    + "write it before the '@'")
        }
        let (kept, options) = Self.parted(parameters)
        self.options = options
        url = String(base) + kept
        guard let at = authority.lastIndex(of: "@"),
            let colon = authority[..<at].firstIndex(of: ":")
        else { return }
        let secret = authority[authority.index(after: colon)..<at]
        password = Self.percentDecoded(secret)
        url = String(base[..<colon] + base[at...]) + kept
    }

    /// Without `options=`, of which the last one counts.
    private static func parted(_ parameters: Substring) -> (kept: String, options: String?) {
        let all = parameters.dropFirst().split(separator: "&")
        let kept = all.filter { !$0.hasPrefix("options=") }
        let options = all.last { $0.hasPrefix("options=") }?.dropFirst("options=".count)
        return (
            kept.isEmpty ? "" : "?" + kept.joined(separator: "&"), options.map(percentDecoded)
        )
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
