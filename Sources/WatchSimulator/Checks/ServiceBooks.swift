// The books of some services. Few, and looked at several times at every event: found by comparing
// names, and by place where the place is known, for a dictionary copies a whole book for every look
// at one of its members.

struct ServiceBooks: Sequence {
    private(set) var keys: [String] = []
    /// In the order in which they were added; none of them is nil.
    private(set) var places: [ServiceBook?] = []

    /// By place: that of the service in the configuration.
    subscript(place: Int) -> ServiceBook? {
        _read { yield places[place] }
    }

    /// A book that is there stays.
    subscript(name: String) -> ServiceBook? {
        get { keys.firstIndex(of: name).flatMap { places[$0] } }
        _modify {
            if let place = keys.firstIndex(of: name) {
                yield &places[place]
            } else {
                var book: ServiceBook?
                yield &book
                if let book {
                    keys.append(name)
                    places.append(book)
                }
            }
        }
    }

    /// Changes the book of that name, which is there afterwards.
    mutating func change(_ name: String, _ body: (inout ServiceBook) -> Void) {
        var book = takeOut(name)
        body(&book)
        putBack(&book, name)
    }

    /// So that what changes in it is not copied; an empty one where there is none. Until it is put
    /// back an empty one stands in its place.
    mutating func takeOut(_ name: String) -> ServiceBook {
        var book: ServiceBook? = ServiceBook()
        if let place = keys.firstIndex(of: name) { swap(&book, &places[place]) }
        return book ?? ServiceBook()
    }

    /// Moved, so that it is not copied.
    mutating func putBack(_ book: inout ServiceBook, _ name: String) {
        var moved = ServiceBook()
        swap(&book, &moved)
        if let place = keys.firstIndex(of: name) {
            places[place] = consume moved
        } else {
            keys.append(name)
            places.append(consume moved)
        }
    }

    /// Some rollback is still to come.
    var hasScheduled: Bool { places.contains { $0?.scheduled != nil } }

    var values: [ServiceBook] { places.compactMap(\.self) }

    func makeIterator() -> some IteratorProtocol<(key: String, value: ServiceBook)> {
        zip(keys, values).lazy.map { (key: $0, value: $1) }.makeIterator()
    }
}
