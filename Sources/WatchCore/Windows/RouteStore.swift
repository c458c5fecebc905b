// Routes of a window. What a slice took out of the bound ("others") and what it counted by name
// must be taken away from the same place again, so the window decides once for all its slices
// which routes have a name: while any slice holds a route it keeps its place, and when the last
// one has left another may have it. Slices refer to routes by place, because there are sixty of
// them with up to two hundred routes each.

struct RouteStore: SliceStore {
    /// One route in one slice: 12 bytes.
    private struct Entry: Hashable, Sendable {
        var place: UInt32
        var count: UInt32
        var errors: UInt32

        var counts: RouteTallies.Counts {
            RouteTallies.Counts(count: Int(count), errors: Int(errors))
        }
    }

    private struct Slice: Hashable, Sendable {
        /// Sorted by place.
        var entries: [Entry] = []
        var others = RouteTallies.Counts()

        /// Whether that made a new entry; nil: it does not fit.
        mutating func add(_ counts: RouteTallies.Counts, at place: UInt32) -> Bool? {
            let index = entries.firstIndex { $0.place >= place } ?? entries.endIndex
            var entry = Entry(place: place, count: 0, errors: 0)
            let isNew = index == entries.endIndex || entries[index].place != place
            if !isNew { entry = entries[index] }
            var sum = entry.counts
            sum.add(counts)
            guard let count = UInt32(exactly: sum.count), let errors = UInt32(exactly: sum.errors)
            else { return nil }
            entry.count = count
            entry.errors = errors
            if isNew { entries.insert(entry, at: index) } else { entries[index] = entry }
            return isNew
        }
    }

    private struct Place: Hashable, Sendable {
        var route: String
        /// Entries that refer to it.
        var uses: Int
    }

    private var slices = SliceList<Slice>()
    private var places: [Place?] = []
    private var placeOf: [String: UInt32] = [:]
    private(set) var total = RouteTallies()

    init() {}

    var extent: (first: Int64, last: Int64, count: Int)? { slices.extent }

    mutating func add(_ content: RouteTallies, to number: Int64) {
        // The busiest first: they are the ones to have a place.
        for (route, counts) in content.sorted { add(counts, route, to: number) }
        addOthers(content.others, to: number)
    }

    private mutating func addOthers(_ counts: RouteTallies.Counts, to number: Int64) {
        guard counts.count > 0 else { return }
        slices.update(number, empty: Slice()) { $0.others.add(counts) }
        total.add(counts, to: nil)
    }

    private mutating func add(
        _ counts: RouteTallies.Counts, _ route: String, to number: Int64
    ) {
        guard counts.count > 0 else { return }
        guard let place = place(for: route) else { return addOthers(counts, to: number) }
        let isNew = slices.update(number, empty: Slice()) { $0.add(counts, at: place) }
        // Four billion requests of one route in one slice are too many for an entry.
        guard let isNew else { return addOthers(counts, to: number) }
        if isNew { places[Int(place)]?.uses += 1 }
        total.add(counts, to: route)
    }

    private mutating func place(for route: String) -> UInt32? {
        if let place = placeOf[route] { return place }
        guard placeOf.count < RouteTallies.limit else { return nil }
        let free = places.firstIndex { $0 == nil } ?? places.endIndex
        if free == places.endIndex { places.append(nil) }
        places[free] = Place(route: route, uses: 0)
        let place = UInt32(truncatingIfNeeded: free)
        placeOf[route] = place
        return place
    }

    mutating func drop(before number: Int64) {
        while let slice = slices.popFirst(before: number) {
            for entry in slice.entries { drop(entry) }
            total.subtract(slice.others, from: nil)
        }
    }

    private mutating func drop(_ entry: Entry) {
        let index = Int(entry.place)
        guard var place = places[index] else { return }
        total.subtract(entry.counts, from: place.route)
        place.uses -= 1
        if place.uses == 0 {
            placeOf[place.route] = nil
            places[index] = nil
        } else {
            places[index] = place
        }
    }
}

extension RouteStore: Codable {
    private enum Key: String, CodingKey {
        /// Names of the routes.
        case routes = "r"
        case slices = "s"
    }

    /// Index into the names, count, errors, and so on; then what all others have.
    private struct Stored: Hashable, Sendable, Codable {
        var e: [Int]
        var o: [Int]
    }

    /// Places and total are made anew, so that they cannot disagree with the slices.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let names = try container.decode([String].self, forKey: .routes)
        let stored = try container.decode(SliceList<Stored>.self, forKey: .slices)
        try stored.forEach { number, slice in
            let (entries, others) = (slice.e, slice.o)
            var isGood = names.count <= RouteTallies.limit && Set(names).count == names.count
            isGood = isGood && entries.count.isMultiple(of: 3) && others.count == 2
            isGood = isGood && (entries + others).allSatisfy { (0...Tally.limit).contains($0) }
            guard isGood else { throw Self.damage(container) }
            for at in stride(from: 0, to: entries.count, by: 3) {
                let counts = RouteTallies.Counts(count: entries[at + 1], errors: entries[at + 2])
                guard names.indices.contains(entries[at]), counts.errors <= counts.count else {
                    throw Self.damage(container)
                }
                add(counts, names[entries[at]], to: number)
            }
            addOthers(.init(count: others[0], errors: others[1]), to: number)
        }
    }

    private static func damage(_ container: KeyedDecodingContainer<Key>) -> DecodingError {
        DecodingError.dataCorruptedError(
            forKey: .slices, in: container, debugDescription: "the routes make no sense")
    }

    func encode(to encoder: any Encoder) throws {
        var names: [String] = []
        var indices: [UInt32: Int] = [:]
        for (place, content) in places.enumerated() {
            guard let content else { continue }
            indices[UInt32(truncatingIfNeeded: place)] = names.count
            names.append(content.route)
        }
        let stored = slices.map { slice in
            Stored(
                e: slice.entries.flatMap {
                    [indices[$0.place] ?? 0, Int($0.count), Int($0.errors)]
                },
                o: [slice.others.count, slice.others.errors])
        }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(names, forKey: .routes)
        try container.encode(stored, forKey: .slices)
    }

    /// Equal content is equal, whichever places the routes have.
    static func == (a: RouteStore, b: RouteStore) -> Bool {
        a.total == b.total && a.byName == b.byName
    }

    func hash(into hasher: inout Hasher) { hasher.combine(total) }

    private var byName: SliceList<RouteTallies> {
        slices.map { slice in
            var tallies = RouteTallies()
            for entry in slice.entries {
                tallies.add(entry.counts, to: places[Int(entry.place)]?.route)
            }
            tallies.add(slice.others, to: nil)
            return tallies
        }
    }
}
