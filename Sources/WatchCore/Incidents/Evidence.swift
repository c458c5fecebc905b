// What was seen when it was decided, stored before anything is touched: a rollback destroys the
// scene.

public struct Evidence: Hashable, Sendable, Codable {
    public struct Probe: Hashable, Sendable, Codable {
        public var name: String
        public var state: String
        /// Why its last result was no pass.
        public var reason: String?

        public init(name: String, state: String, reason: String?) {
            self.name = name
            self.state = state
            self.reason = reason
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

    public init(
        taken: WallTime, readings: [String: [String: Reading]], probes: [Probe], routes: [Route],
        sources: [Source]
    ) {
        self.taken = taken
        self.readings = readings
        self.probes = probes
        self.routes = routes
        self.sources = sources
    }

    /// Routes kept.
    static let routeLimit = 10
}
