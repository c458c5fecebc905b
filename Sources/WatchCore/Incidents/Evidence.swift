// What was seen when it was decided, stored before anything is touched: a rollback destroys the
// scene.

public struct Evidence: Hashable, Sendable, Codable {
    public struct Probe: Hashable, Sendable, Codable {
        public var name: String
        public var state: String
        /// Why its last result was no pass.
        public var reason: String?
        /// The beginning of the body of that answer, without secrets; nil: there was none, or too
        /// many others.
        public var body: String?

        public init(name: String, state: String, reason: String?, body: String? = nil) {
            self.name = name
            self.state = state
            self.reason = reason
            self.body = body
        }
    }

    /// A line of a log that was an error, or that a pattern was found in.
    public struct Line: Hashable, Sendable, Codable {
        public var stream: String
        /// Its beginning, printable, without secrets.
        public var text: String

        public init(stream: String, text: String) {
            self.stream = stream
            self.text = text
        }
    }

    public struct Route: Hashable, Sendable, Codable {
        public var stream: String
        public var route: String
        public var count: Int
        public var errors: Int

        public init(stream: String, route: String, count: Int, errors: Int) {
            self.stream = stream
            self.route = route
            self.count = count
            self.errors = errors
        }
    }

    public struct Source: Hashable, Sendable, Codable {
        public var label: String
        public var version: String?
        public var problem: String?

        public init(label: String, version: String?, problem: String?) {
            self.label = label
            self.version = version
            self.problem = problem
        }
    }

    public var taken: WallTime
    /// By trigger, of those that were breached: what each operand read.
    public var readings: [String: [String: Reading]]
    public var probes: [Probe]
    /// Those that fail most, the worst first, bounded.
    public var routes: [Route]
    public var sources: [Source]
    /// The last ones of each stream, those of breached triggers first, bounded; nil: none, and in
    /// records of before they were kept.
    public var lines: [Line]?

    public init(
        taken: WallTime, readings: [String: [String: Reading]], probes: [Probe], routes: [Route],
        sources: [Source], lines: [Line]? = nil
    ) {
        self.taken = taken
        self.readings = readings
        self.probes = probes
        self.routes = routes
        self.sources = sources
        self.lines = lines
    }

    /// Routes kept.
    static let routeLimit = 10
    /// Bodies kept.
    static let bodyLimit = 5
    /// Bytes of a body that are looked at.
    public static let bodySize = 4096
    /// Lines of one stream that are kept, and at most so many a second are looked at.
    public static let linesOfStream = 10
    /// Lines kept in all.
    static let lineLimit = 20
    /// Bytes of a line that are looked at.
    public static let lineSize = 1024

    /// Without what others said: figures alone, for lists.
    public var figures: Evidence {
        var figures = self
        for index in figures.probes.indices { figures.probes[index].body = nil }
        figures.lines = nil
        return figures
    }
}
