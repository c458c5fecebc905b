// A few values out of a document (RFC 8259), without making anything of the rest: an expectation
// asks for two fields of an answer that has fifty, thousands of times a minute.

extension JSONValue {
    /// What each path leads to; nil: the bytes are no JSON document. The same as reading the whole
    /// document and asking it for each path.
    public static func values(at paths: [JSONPath], in body: [UInt8]) -> [JSONValue?]? {
        // What is not ASCII would have to be checked for being UTF-8, and negative indexes count
        // from an end that is not known yet.
        guard paths.count <= JSONFinder.limit, !paths.contains(where: \.countsFromEnd),
            body.allSatisfy({ $0 < 128 })
        else {
            return JSONValue(body: body).map { value in paths.map { value[$0] } }
        }
        return body.withUnsafeBufferPointer { bytes in
            var finder = JSONFinder(paths: paths, parser: JSONParser(bytes: bytes))
            return finder.document() ? finder.found : nil
        }
    }
}

extension JSONPath {
    fileprivate var countsFromEnd: Bool {
        steps.contains { if case .index(let index) = $0 { index < 0 } else { false } }
    }
}

private struct JSONFinder {
    /// One bit each in a set of them.
    static let limit = 64

    /// Of each path.
    let steps: [[JSONPath.Step]]
    var parser: JSONParser
    var found: [JSONValue?]

    init(paths: [JSONPath], parser: JSONParser) {
        steps = paths.map(\.steps)
        self.parser = parser
        found = Array(repeating: nil, count: paths.count)
    }

    mutating func document() -> Bool {
        let all = steps.count == Self.limit ? ~0 : (UInt64(1) << steps.count) - 1
        guard walk(all, level: 0) else { return false }
        parser.skipSpace()
        return parser.byte == nil
    }

    /// Those of `wanted` for which `isIt` holds, by their places.
    private func chosen(_ wanted: UInt64, _ isIt: (Int) -> Bool) -> UInt64 {
        var (rest, chosen) = (wanted, UInt64(0))
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            if isIt(index) { chosen |= 1 << index }
            rest &= rest - 1
        }
        return chosen
    }

    /// Over a value to which the first `level` steps of the wanted paths led.
    private mutating func walk(_ wanted: UInt64, level: Int) -> Bool {
        parser.skipSpace()
        guard wanted != 0 else { return skip() }
        guard chosen(wanted, { steps[$0].count == level }) == 0 else {
            return take(wanted, level: level)
        }
        switch parser.byte {
        case UInt8(ascii: "{"): return nested { $0.object(wanted, level: level) }
        case UInt8(ascii: "["): return nested { $0.array(wanted, level: level) }
        default: return skip()
        }
    }

    /// Some path ends here, so the value is made.
    private mutating func take(_ wanted: UInt64, level: Int) -> Bool {
        guard let value = parser.value() else { return false }
        var rest = wanted
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            let path = steps[index]
            found[index] = path.count == level ? value : value.value(at: path[level...])
            rest &= rest - 1
        }
        return true
    }

    /// A name that comes again takes the place of what it meant before.
    private mutating func forget(_ paths: UInt64) {
        var rest = paths
        while rest != 0 {
            found[rest.trailingZeroBitCount] = nil
            rest &= rest - 1
        }
    }

    private mutating func nested(_ walk: (inout Self) -> Bool) -> Bool {
        guard parser.depth < JSONParser.depthLimit else { return false }
        parser.depth += 1
        defer { parser.depth -= 1 }
        parser.at += 1
        return walk(&self)
    }

    private mutating func object(_ wanted: UInt64, level: Int) -> Bool {
        if parser.take("}") { return true }
        repeat {
            parser.skipSpace()
            guard let inside = member(wanted, level: level), parser.take(":") else { return false }
            forget(inside)
            guard walk(inside, level: level + 1) else { return false }
        } while parser.take(",")
        return parser.take("}")
    }

    /// Over a name; those of the wanted paths that go on with it.
    private mutating func member(_ wanted: UInt64, level: Int) -> UInt64? {
        guard parser.byte == UInt8(ascii: "\"") else { return nil }
        let start = parser.at
        parser.at += 1
        parser.stepOverPlainText()
        guard parser.byte == UInt8(ascii: "\"") else {
            parser.at = start
            guard let name = parser.string() else { return nil }
            return chosen(wanted) { steps[$0][level] == .member(name) }
        }
        let name = UnsafeBufferPointer(rebasing: parser.bytes[(start + 1)..<parser.at])
        parser.at += 1
        return chosen(wanted) { steps[$0][level].isMember(name) }
    }

    private mutating func array(_ wanted: UInt64, level: Int) -> Bool {
        if parser.take("]") { return true }
        var place = 0
        repeat {
            let inside = chosen(wanted) { steps[$0][level].isIndex(place) }
            guard walk(inside, level: level + 1) else { return false }
            place += 1
        } while parser.take(",")
        return parser.take("]")
    }

    // MARK: - What nobody wants

    private mutating func skip() -> Bool {
        switch parser.byte {
        case UInt8(ascii: "{"): return nested { $0.object(0, level: 0) }
        case UInt8(ascii: "["): return nested { $0.array(0, level: 0) }
        case UInt8(ascii: "\""): return skipString()
        case UInt8(ascii: "t"): return parser.word("true", true) ?? false
        case UInt8(ascii: "f"): return parser.word("false", true) ?? false
        case UInt8(ascii: "n"): return parser.word("null", true) ?? false
        case nil: return false
        default: return parser.skipNumber()
        }
    }

    private mutating func skipString() -> Bool {
        let start = parser.at
        parser.at += 1
        parser.stepOverPlainText()
        if parser.byte == UInt8(ascii: "\"") {
            parser.at += 1
            return true
        }
        parser.at = start
        return parser.string() != nil
    }
}

extension JSONPath.Step {
    /// - Parameter name: its bytes; those of most names differ in number.
    fileprivate func isMember(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard case .member(let wanted) = self, wanted.utf8.count == name.count else { return false }
        let isSame = wanted.utf8.withContiguousStorageIfAvailable { wanted in
            for index in 0..<name.count where wanted[index] != name[index] { return false }
            return true
        }
        return isSame ?? wanted.utf8.elementsEqual(name)
    }

    fileprivate func isIndex(_ place: Int) -> Bool {
        if case .index(let index) = self { index == place } else { false }
    }
}

extension JSONValue {
    fileprivate func value(at steps: ArraySlice<JSONPath.Step>) -> JSONValue? {
        guard let step = steps.first else { return self }
        switch (step, self) {
        case (.member(let name), .object(let members)):
            return members[name]?.value(at: steps.dropFirst())
        case (.index(let index), .array(let items)):
            guard items.indices.contains(index) else { return nil }
            return items[index].value(at: steps.dropFirst())
        default: return nil
        }
    }
}
