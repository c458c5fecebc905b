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
        for (route, counts) in other.routes { add(counts, to: route) }
        others.count += other.others.count
        others.errors += other.others.errors
    }

    /// nil: a route that was not told apart.
    public mutating func add(_ counts: Counts, to route: String?) {
        guard let route, routes[route] != nil || routes.count < Self.limit else {
            others.count += counts.count
            others.errors += counts.errors
            return
        }
        routes[route, default: Counts()].count += counts.count
        routes[route, default: Counts()].errors += counts.errors
    }
}
