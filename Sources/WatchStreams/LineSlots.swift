// Which values of a line are kept by place, and what each is for. A value that serves twice has one
// place.

import WatchCore

struct LineSlots: Sendable {
    typealias Source = StreamConfiguration.Field.Source

    /// None.
    static let none = -1

    private(set) var sources: [Source] = []
    private(set) var status = Self.none
    private(set) var latency = Self.none
    private(set) var time = Self.none
    private(set) var level = Self.none
    private(set) var route = Self.none
    private(set) var routeIsRequest = false
    /// How many units of a latency are a second.
    let latencyPerSecond: Double
    /// Powers of ten from the unit of a time to nanoseconds.
    let timeExponent: Int
    private let configuration: StreamConfiguration

    init(_ configuration: StreamConfiguration) {
        self.configuration = configuration
        latencyPerSecond = (configuration.roles[.latency]?.unit ?? .s).perSecond
        timeExponent = (configuration.roles[.time]?.unit ?? .s).nanosecondsExponent
    }

    /// Variables, keys or groups, in the order of the slots; those of a path are empty.
    var names: [String] {
        sources.map { source in
            if case .name(let name) = source { name } else { "" }
        }
    }

    mutating func add(_ source: Source) -> Int {
        if let slot = sources.firstIndex(of: source) { return slot }
        sources.append(source)
        return sources.count - 1
    }

    func slot(of role: StreamConfiguration.Role) -> Int {
        switch role {
        case .status: status
        case .latency: latency
        case .time: time
        case .level: level
        case .route: route
        }
    }

    /// - Parameters:
    ///   - asked: what filters ask.
    ///   - route: somebody wants it.
    mutating func addRoles(
        asked: [LineFilter.Subject], route wantsRoute: Bool, error: LineCondition?
    ) {
        let roles = configuration.roles
        let asksLevel =
            asked.contains(.role(.level)) || error?.subjects.contains(.level) ?? false
        if asksLevel, let field = roles[.level] { level = add(field.source) }
        guard case .nginx(let text) = configuration.format else {
            if let field = roles[.status] { status = add(field.source) }
            if let field = roles[.latency] { latency = add(field.source) }
            if let field = roles[.time] { time = add(field.source) }
            if wantsRoute, let field = roles[.route] { route = add(field.source) }
            return
        }
        // The scanner itself reads status, latency and time.
        if asked.contains(.role(.status)) {
            status = add(roles[.status]?.source ?? .name("status"))
        }
        guard wantsRoute else { return }
        let variables = (try? LogFormat(text, roles: roles).variables) ?? []
        let usual = LogFormat.routeVariables.first(where: variables.contains).map(Source.name)
        guard let source = roles[.route]?.source ?? usual else { return }
        // A request line is more than a path.
        routeIsRequest = source == .name("request")
        route = add(source)
    }
}
