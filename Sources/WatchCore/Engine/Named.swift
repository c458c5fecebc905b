// What the configuration names once and the engine reads ten thousand times a second: found by name
// where somebody says a name, and by place everywhere else. A dictionary would copy a value for
// every look at one of its members.

/// Values with fixed names, in the order in which they were added.
struct Named<Value> {
    private(set) var names: [String] = []
    /// Changed in place by their place.
    var values: [Value] = []
    private var places: [String: Int] = [:]

    var indices: Range<Int> { values.indices }

    func place(of name: String) -> Int? {
        // Of few, comparing is quicker than hashing.
        names.count <= Self.few ? names.firstIndex(of: name) : places[name]
    }

    private static var few: Int { 8 }

    subscript(name: String) -> Value? {
        guard let place = place(of: name) else { return nil }
        return values[place]
    }

    /// In the place of the one with that name, or behind all others.
    mutating func set(_ value: Value, for name: String) {
        if let place = places[name] {
            values[place] = value
        } else {
            places[name] = values.count
            names.append(name)
            values.append(value)
        }
    }

    /// Changes the one with that name in place, if there is one.
    mutating func update(_ name: String, _ body: (inout Value) -> Void) {
        if let place = place(of: name) { body(&values[place]) }
    }

    /// By name.
    func mapped<Other>(_ body: (Value) -> Other) -> [String: Other] {
        var result: [String: Other] = [:]
        for (name, place) in places { result[name] = body(values[place]) }
        return result
    }
}
