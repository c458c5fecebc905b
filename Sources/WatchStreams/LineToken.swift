// A value inside a line, by place: nothing is copied until somebody needs its text.

struct LineToken {
    enum Kind: UInt8 {
        /// Not in the line, or null.
        case missing
        case text
        /// Text with backslash escapes, as in JSON.
        case escaped
        case number
        /// `true`, `false`.
        case word
        /// An object or an array: no value of ours.
        case container
    }

    var kind = Kind.missing
    var start: Int32 = 0
    var end: Int32 = 0

    static let missing = LineToken()

    init() {}

    init(_ kind: Kind, _ start: Int, _ end: Int) {
        self.kind = kind
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
    }

    var range: Range<Int> { Int(start)..<Int(end) }
}
