// Which routes fail: requests and errors by route, bounded, so that a client that invents paths
// cannot fill the memory.

/// Requests by route. Of more than `limit` routes the rest is counted together.
public struct RouteTallies: Hashable, Sendable, Codable {
    /// Distinct routes kept.
    public static let limit = 200

    public struct Counts: Hashable, Sendable, Codable {
        public var count = 0
        public var errors = 0

        public init(count: Int = 0, errors: Int = 0) {
            self.count = count
            self.errors = errors
        }

        mutating func add(_ other: Counts) {
            count &+= other.count
            errors &+= other.errors
        }

        mutating func subtract(_ other: Counts) {
            count &-= other.count
            errors &-= other.errors
        }
    }

    public private(set) var routes: [String: Counts] = [:]
    /// Requests of routes beyond the bound.
    public private(set) var others = Counts()

    public init() {}

    public var isEmpty: Bool { routes.isEmpty && others.count == 0 }

    public mutating func record(_ route: String, isError: Bool) {
        add(Counts(count: 1, errors: isError ? 1 : 0), to: route)
    }

    public mutating func merge(_ other: RouteTallies) {
        // In order, so that it does not depend on chance which routes are beyond the bound.
        let isRoomy = routes.count + other.routes.count <= Self.limit
        if isRoomy {
            for (route, counts) in other.routes { add(counts, to: route) }
        } else {
            for (route, counts) in other.sorted { add(counts, to: route) }
        }
        others.add(other.others)
    }

    /// The busiest first.
    var sorted: [(route: String, counts: Counts)] {
        routes.map { (route: $0.key, counts: $0.value) }
            .sorted { ($1.counts.count, $0.route) < ($0.counts.count, $1.route) }
    }

    /// To a route for which there is room, or to all others; nil: a route that was not told apart.
    public mutating func add(_ counts: Counts, to route: String?) {
        guard let route, routes[route] != nil || routes.count < Self.limit else {
            others.add(counts)
            return
        }
        routes[route, default: Counts()].add(counts)
    }

    /// The same requests under other names, which may make several routes one.
    public func renamed(_ name: (String) -> String) -> RouteTallies {
        var result = RouteTallies()
        for (route, counts) in routes { result.add(counts, to: name(route)) }
        result.others = others
        return result
    }

    /// From where it was added. A route without requests is forgotten.
    mutating func subtract(_ counts: Counts, from route: String?) {
        guard let route else {
            others.subtract(counts)
            return
        }
        guard var rest = routes[route] else { return }
        rest.subtract(counts)
        routes[route] = rest.count > 0 ? rest : nil
    }
}
