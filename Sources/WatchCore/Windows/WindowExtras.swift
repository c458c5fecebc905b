// The windows of what only some signals keep: matched patterns, lines that did not parse, routes,
// audiences, restarts.

struct WindowExtras: Hashable, Sendable, Codable {
    /// One window of one thing; `name` is the pattern's or the field's, else empty.
    struct Window<Store: SliceStore>: Hashable, Sendable, Codable {
        var name: String
        var width: Duration
        var ring: SliceRing<Store>

        init(name: String = "", width: Duration, slice: Duration) {
            self.name = name
            self.width = width
            ring = SliceRing(width: width, length: slice)
        }
    }

    var patterns: [Window<TallyStore>] = []
    var unparsed: [Window<TallyStore>] = []
    var restarts: [Window<TallyStore>] = []
    var routes: [Window<RouteStore>] = []
    var audiences: [Window<AudienceStore>] = []

    /// nil: nothing is needed.
    init?(_ needs: SignalNeeds) {
        guard !needs.isEmpty else { return nil }
        patterns = Self.windows(needs.patterns, SignalWindows.countSlice)
        unparsed = Self.windows(["": needs.unparsed], SignalWindows.countSlice)
        restarts = Self.windows(["": needs.restarts], SignalWindows.countSlice)
        routes = Self.windows(["": needs.routes], SignalWindows.slice)
        audiences = Self.windows(needs.audiences, SignalWindows.slice)
    }

    private static func windows<Store>(
        _ widths: [String: Set<Duration>], _ slice: (Duration) -> Duration
    ) -> [Window<Store>] {
        widths.sorted { $0.key < $1.key }.flatMap { name, widths in
            widths.sorted().map { Window(name: name, width: $0, slice: slice($0)) }
        }
    }

    var needs: SignalNeeds {
        func named<Store>(_ windows: [Window<Store>]) -> [String: Set<Duration>] {
            windows.reduce(into: [:]) { $0[$1.name, default: []].insert($1.width) }
        }
        var needs = SignalNeeds()
        needs.patterns = named(patterns)
        needs.audiences = named(audiences)
        needs.unparsed = Set(unparsed.map(\.width))
        needs.restarts = Set(restarts.map(\.width))
        needs.routes = Set(routes.map(\.width))
        return needs
    }

    var widest: Duration {
        let widths = [patterns, unparsed, restarts].flatMap { $0.map(\.width) }
        return (widths + routes.map(\.width) + audiences.map(\.width)).max() ?? .zero
    }

    /// Whether a line of that time still counts in some window.
    func covers(_ time: Instant) -> Bool {
        patterns.contains { $0.ring.covers(time) } || routes.contains { $0.ring.covers(time) }
            || audiences.contains { $0.ring.covers(time) }
    }

    mutating func add(_ slice: StreamBatch.Slice, at time: Instant) {
        for index in patterns.indices {
            guard let count = slice.patterns[patterns[index].name], count > 0 else { continue }
            patterns[index].ring.add(Tally(count: count), at: time)
        }
        if !slice.routes.isEmpty {
            for index in routes.indices { routes[index].ring.add(slice.routes, at: time) }
        }
        for index in audiences.indices {
            guard let audience = slice.audiences[audiences[index].name], !audience.isEmpty else {
                continue
            }
            audiences[index].ring.add(audience, at: time)
        }
    }

    mutating func advance(to now: Instant) {
        patterns.advance(to: now)
        unparsed.advance(to: now)
        restarts.advance(to: now)
        routes.advance(to: now)
        audiences.advance(to: now)
    }

    mutating func cut(before instant: Instant) {
        patterns.cut(before: instant)
        unparsed.cut(before: instant)
        restarts.cut(before: instant)
        routes.cut(before: instant)
        audiences.cut(before: instant)
    }
}

extension Array {
    fileprivate mutating func advance<Store>(to now: Instant)
    where Element == WindowExtras.Window<Store> {
        for index in indices { self[index].ring.advance(to: now) }
    }

    fileprivate mutating func cut<Store>(before instant: Instant)
    where Element == WindowExtras.Window<Store> {
        for index in indices { self[index].ring.cut(before: instant) }
    }
}
