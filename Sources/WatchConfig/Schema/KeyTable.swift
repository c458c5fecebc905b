// Which keys may stand where, once: the readers refuse what is not in these tables, and the JSON
// Schema for editors is made of them.

/// One place of the configuration and the keys it may have.
struct KeyTable: Sendable {
    struct Key: Sendable {
        var name: String
        var shape: Shape
        var note: String
        var isRequired = false
    }

    /// With an article, for messages: `a probe`.
    var what: String
    var keys: [Key]
    /// Keys that the design has and this version has not.
    var notBuilt: Set<String> = []

    init(_ what: String, notBuilt: Set<String> = [], _ keys: [Key]) {
        self.what = what
        self.keys = keys
        self.notBuilt = notBuilt
    }

    func key(_ name: String) -> Key? { keys.first { $0.name == name } }

    var names: [String] { keys.map(\.name) }
}

/// What a value looks like; only as fine as editors need it.
indirect enum Shape: Sendable {
    case duration
    case integer(ClosedRange<Int>)
    case boolean
    /// `99.9%`.
    case percentage
    /// Any text or other single value.
    case text
    case choice([String])
    case list(Shape)
    case section(KeyTable)
    /// A mapping from names to these.
    case named(Shape)
    /// Whatever JSON can say.
    case json
    case either([Shape])
}

extension KeyTable.Key {
    static func key(_ name: String, _ shape: Shape, _ note: String) -> KeyTable.Key {
        KeyTable.Key(name: name, shape: shape, note: note)
    }

    static func required(_ name: String, _ shape: Shape, _ note: String) -> KeyTable.Key {
        KeyTable.Key(name: name, shape: shape, note: note, isRequired: true)
    }
}
