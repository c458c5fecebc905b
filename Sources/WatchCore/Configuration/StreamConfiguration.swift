// A log that is followed, and what its lines say.

public struct StreamConfiguration: Hashable, Sendable, Codable {
    public enum Kind: Hashable, Sendable, Codable {
        case file(path: String)
        /// All that a pattern of glob(7) names.
        case files(pattern: String)
        case journal(JournalSelection)
        /// A program whose output is the log: its absolute path, and its arguments.
        case command([String])
        case syslog(SyslogListener)
        /// What is posted to us over HTTP.
        case drain(DrainListener)

        /// Whether what was written while nobody read it is read later. Of others it is lost.
        var keepsPosition: Bool {
            switch self {
            case .file, .files, .journal: true
            case .command, .syslog, .drain: false
            }
        }
    }

    public enum Format: Hashable, Sendable, Codable {
        /// An nginx `log_format` string; its variables are the fields.
        case nginx(String)
        /// One JSON value a line; fields are JSON paths.
        case json
        /// `key=value` pairs; fields are keys.
        case logfmt
        /// A PCRE2 pattern that lines match; fields are its named groups.
        case regex(String)
        /// None: each line counts, and only its patterns and filters are looked at.
        case lines
    }

    /// What a value of a line means to us.
    public enum Role: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
        case status, latency, time, level, route
    }

    /// Of numbers that stand for a duration or, since 1970, for a time.
    public enum Unit: String, Hashable, Sendable, Codable, CaseIterable {
        case ns, us, ms, s
    }

    /// Where in a line a value stands.
    public struct Field: Hashable, Sendable, Codable {
        public enum Source: Hashable, Sendable, Codable {
            /// An nginx variable without its `$`, a logfmt key, or a named group.
            case name(String)
            case path(JSONPath)
        }

        public var source: Source
        /// nil: seconds, unless the text itself has a unit (`12.5ms`).
        public var unit: Unit?

        public init(_ source: Source, unit: Unit? = nil) {
            self.source = source
            self.unit = unit
        }
    }

    /// A field of the service's own, such as `client`.
    public struct NamedField: Hashable, Sendable, Codable {
        public var name: String
        public var source: Field.Source

        public init(_ name: String, _ source: Field.Source) {
            self.name = name
            self.source = source
        }
    }

    public struct NamedPattern: Hashable, Sendable, Codable {
        public var name: String
        /// PCRE2.
        public var pattern: String

        public init(_ name: String, _ pattern: String) {
            self.name = name
            self.pattern = pattern
        }
    }

    /// Patterns of one stream: what a line matched is one bit each.
    public static let patternLimit = 32
    /// Own fields of one stream: each may be counted by a sketch per second.
    public static let fieldLimit = 8

    public var name: String
    public var kind: Kind
    public var format: Format
    /// Where the values stand; those that are not given are nginx's variables, or the groups of the
    /// same name of a regex. JSON and logfmt have only what is given.
    public var roles: [Role: Field] = [:]
    /// Values that are distinguished, for `affected(stream.client, W)`, and that filters ask.
    public var fields: [NamedField] = []
    /// For `matches(stream.name, W)`.
    public var patterns: [NamedPattern] = []
    /// Which lines are errors; nil: the lines cannot tell.
    public var error: LineCondition? = .serverError
    /// Lines that none of these fits are left out; empty: none is.
    public var only: [LineFilter] = []
    /// Lines that one of these fits are left out.
    public var ignore: [LineFilter] = []
    /// Requests are counted by route.
    public var countsRoutes = false
    /// Which lines are one record; nil: each is.
    public var multiline: MultilineRule?
    /// Silence for so long makes the stream blind; nil: silence is `insufficient`.
    public var noDataAfter: Duration?

    public init(name: String, kind: Kind, format: Format, noDataAfter: Duration? = nil) {
        self.name = name
        self.kind = kind
        self.format = format
        self.noDataAfter = noDataAfter
        if case .lines = format { error = nil }
    }

    public var patternNames: [String] { patterns.map(\.name) }
    public var fieldNames: [String] { fields.map(\.name) }
    /// Whether a line has a level of its own accord, without the format's help.
    public var hasOuterLevel: Bool {
        switch kind {
        case .journal, .syslog: true
        case .file, .files, .command, .drain: false
        }
    }
    /// Whether its lines are sent to us over the network.
    public var isReceived: Bool {
        switch kind {
        case .syslog(let listener): listener.isReceived
        case .drain: true
        case .file, .files, .journal, .command: false
        }
    }
    /// Whether `error_rate` and its like can ever be anything but 0 here.
    public var tellsErrors: Bool { error != nil }
}

/// Fits a line when each of its patterns is found in what it asks.
public struct LineFilter: Hashable, Sendable, Codable {
    public enum Subject: Hashable, Sendable, Codable {
        /// The whole line as it was written.
        case line
        /// A value as text. The route is that of `RouteTallies`: no query, ids collapsed.
        case role(StreamConfiguration.Role)
        case field(String)
    }

    public struct Part: Hashable, Sendable, Codable {
        public var subject: Subject
        /// PCRE2, found anywhere.
        public var pattern: String

        public init(_ subject: Subject, _ pattern: String) {
            self.subject = subject
            self.pattern = pattern
        }
    }

    public var parts: [Part]

    public init(_ parts: [Part]) { self.parts = parts }
}
