// The books of some services. Few, and looked at several times at every event: found by comparing
// names, and by place where the place is known, for a dictionary copies a whole book for every look
// at one of its members.

struct ServiceBooks: Sequence {
    /// A book in one word: an array of one.
    typealias Box = [ServiceBook?]

    private(set) var keys: [String] = []
    /// In the order in which they were added; none of the books is nil.
    private var places: [Box] = []
    /// What stands in the place of one that is taken out.
    private let empty: Box = [ServiceBook()]

    /// By place: that of the service in the configuration.
    subscript(place: Int) -> ServiceBook? {
        _read { yield places[place][0] }
    }

    /// A book that is there stays.
    subscript(name: String) -> ServiceBook? {
        get { keys.firstIndex(of: name).flatMap { places[$0][0] } }
        _modify {
            if let place = keys.firstIndex(of: name) {
                yield &places[place][0]
            } else {
                var book: ServiceBook?
                yield &book
                if let book {
                    keys.append(name)
                    places.append([book])
                }
            }
        }
    }

    /// Changes the book of that name, which is there afterwards.
    mutating func change(_ name: String, _ body: (inout ServiceBook) -> Void) {
        var box = takeOut(name)
        box[0]?.change(body)
        putBack(&box, name)
    }

    /// So that what changes in it is not copied; an empty one where there is none. Until it is put
    /// back an empty one stands in its place.
    mutating func takeOut(_ name: String) -> Box {
        var box = empty
        if let place = keys.firstIndex(of: name) { swap(&box, &places[place]) }
        return box
    }

    mutating func putBack(_ box: inout Box, _ name: String) {
        if let place = keys.firstIndex(of: name) {
            swap(&box, &places[place])
        } else {
            keys.append(name)
            places.append(box)
        }
    }

    /// Some rollback is still to come.
    var hasScheduled: Bool { places.indices.contains { places[$0][0]?.scheduled != nil } }

    var values: [ServiceBook] { places.compactMap { $0[0] } }

    func makeIterator() -> some IteratorProtocol<(key: String, value: ServiceBook)> {
        zip(keys, values).lazy.map { (key: $0, value: $1) }.makeIterator()
    }
}

extension ServiceBook {
    /// Where it is: an optional's payload is changed in place by a method alone.
    mutating func change(
        _ body: (inout ServiceBook) throws(Violation) -> Void
    ) throws(Violation) {
        try body(&self)
    }

    mutating func change(_ body: (inout ServiceBook) -> Void) { body(&self) }
}
