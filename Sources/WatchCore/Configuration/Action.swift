// What a gate, a step or a check does. All of it is Codable: a rollback keeps the plan it was
// decided with.

public enum Action: Hashable, Sendable, Codable {
    /// A program run by the daemon's own user inside its sandbox; never through a shell.
    case exec([Template], ProgramSettings? = nil)
    /// `watchd-rollback@UNIT[:WITH].service`, started over D-Bus and run as root.
    case unit(name: String, with: Template?)
    /// A request to an API, and where it says so another one asked until the work is done.
    case http(HTTPCall)
    /// A query of PostgreSQL, asked through psql.
    case sql(SQLQuery)
    /// Nothing is done for so long.
    case wait(Duration)
    /// A person is told what to do, and says when it is done: `watchctl step-done`.
    case manual(Template)

    /// Whether the engine itself sees to it: nothing is run.
    public var isOurs: Bool {
        switch self {
        case .wait, .manual: true
        case .exec, .unit, .http, .sql: false
        }
    }

    /// The command as a person would write it, placeholders unfilled.
    public var summary: String {
        switch self {
        case .exec(let arguments, _): arguments.map(\.source).joined(separator: " ")
        case .unit(let name, let with): with.map { "\(name):\($0.source)" } ?? name
        case .http(let call): "\(call.request.method) \(call.request.url.source)"
        case .sql(let query): "psql: \(query.text.source)"
        case .wait(let duration): "wait \(duration.text)"
        case .manual(let text): "somebody: \(text.source)"
        }
    }

    /// It changes nothing and knows what is expected: a query that is compared, a request that
    /// reads.
    var isQuestion: Bool {
        switch self {
        case .sql(let query): query.expectation != .any
        case .http(let call): call.request.isReading && call.poll == nil
        case .exec, .unit, .wait, .manual: false
        }
    }

    public var templates: [Template] { askedTemplates + expectedTemplates }

    /// Of what is done, without what is expected of it.
    public var askedTemplates: [Template] {
        switch self {
        case .exec(let arguments, let settings): arguments + (settings?.templates ?? [])
        case .unit(_, let with): with.map { [$0] } ?? []
        case .http(let call):
            call.request.templates + (call.poll.map { $0.request.templates } ?? [])
        case .sql(let query): [query.connection, query.text].compactMap { $0 }
        case .wait: []
        case .manual(let text): [text]
        }
    }

    /// Names of the values it takes out of its answer, for later steps.
    public var saves: [String] {
        switch self {
        case .exec(_, let settings): settings?.saves.map(\.name) ?? []
        case .http(let call): (call.saves + (call.poll?.saves ?? [])).map(\.name)
        case .unit, .sql, .wait, .manual: []
        }
    }

    /// Names of the results it keeps, for later steps to be compared with.
    public var captures: [String] { if case .sql(let query) = self { query.captures } else { [] } }
}

/// With what a program is run, and what its end must be, besides exit status 0.
public struct ProgramSettings: Hashable, Sendable, Codable {
    /// Besides the small environment of every step; the way for secrets, which arguments are not.
    public var environment: [ExecCheck.Variable] = []
    /// What it reads from its standard input; nil: nothing.
    public var input: Template?
    /// Where it starts, absolute; nil: the state directory.
    public var directory: Template?
    /// Exit statuses that are good; empty means 0. Not asked of gates, whose statuses have their
    /// meaning already.
    public var exit: [Int] = []
    public var json: [HTTPExpectation.JSONField] = []
    /// Text that what it printed must contain.
    public var contains: String?
    /// A PCRE2 pattern that what it printed must match.
    public var matches: String?
    /// Values out of what it printed: by path, or by pattern.
    public var saves: [JourneyCheck.Saved] = []

    public init() {}

    var templates: [Template] {
        environment.map(\.value) + [input, directory].compactMap { $0 }
    }

    /// Whether what it printed is looked at.
    public var judgesOutput: Bool { !json.isEmpty || contains != nil || matches != nil }
}

/// A request that does something. Whether it was sent and what was answered is recorded, so that
/// no crash sends it twice.
public struct HTTPCall: Hashable, Sendable, Codable {
    /// Asked again and again until the work that the request began is done; only reads.
    public struct Poll: Hashable, Sendable, Codable {
        public var request: HTTPRequestSpec
        public var every: Duration
        public var until: HTTPExpectation
        /// An answer like this says that it failed: nobody need wait longer.
        public var failed: HTTPExpectation?
        public var saves: [JourneyCheck.Saved] = []

        public init(
            request: HTTPRequestSpec, every: Duration, until: HTTPExpectation,
            failed: HTTPExpectation? = nil
        ) {
            self.request = request
            self.every = every
            self.until = until
            self.failed = failed
        }
    }

    public var request: HTTPRequestSpec
    public var expectation: HTTPExpectation
    /// Values of the answer, for the poll and for later steps.
    public var saves: [JourneyCheck.Saved] = []
    public var poll: Poll?

    public init(
        request: HTTPRequestSpec, expectation: HTTPExpectation = HTTPExpectation(),
        poll: Poll? = nil
    ) {
        self.request = request
        self.expectation = expectation
        self.poll = poll
    }
}

/// A query and the rows it must have. psql prints them unaligned, columns apart by `|`, a row a
/// line.
public struct SQLQuery: Hashable, Sendable, Codable {
    public enum Expectation: Hashable, Sendable, Codable {
        /// Any result, as long as it is no error.
        case any
        /// These rows, in this order.
        case rows([String])
        /// The only value.
        case value(HTTPExpectation.Comparison)
        /// What was captured under that name.
        case same(as: String)
    }

    /// `postgresql://user@host/database`; its password never becomes an argument of psql.
    /// nil: what psql takes by itself.
    public var connection: Template?
    /// One statement or several.
    public var text: Template
    public var expectation: Expectation
    /// The result is kept under this name.
    public var capture: String?
    /// It is asked in a transaction that may not write; nil: it is a step, and may.
    public var onlyReads: Bool?

    public init(
        connection: Template?, text: Template, expectation: Expectation = .any,
        capture: String? = nil
    ) {
        self.connection = connection
        self.text = text
        self.expectation = expectation
        self.capture = capture
    }

    var captures: [String] { capture.map { [$0] } ?? [] }
}
