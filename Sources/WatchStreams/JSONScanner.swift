// Walks once over a line of JSON and notes where the wanted values stand. The whole line is
// checked: half a line, or text around JSON, is not a line of this format.

import Glibc

/// What is wanted is found by a descent along the paths; all else is moved over. Where a name comes
/// twice in an object the last counts, as in JavaScript, Go, Python and PostgreSQL's jsonb; RFC
/// 8259 §4 leaves it open.
struct JSONScanner {
    private var cursor: JSONCursor
    private let line: UnsafeRawBufferPointer
    private let nodes: UnsafeBufferPointer<JSONPaths.Node>
    private let entries: UnsafeBufferPointer<JSONPaths.Entry>
    private let names: UnsafeBufferPointer<UInt8>
    private let tokens: UnsafeMutableBufferPointer<LineToken>

    /// Whether the line is JSON; if so the values are in `tokens`, by slot.
    static func scan(
        _ line: UnsafeRawBufferPointer, _ paths: JSONPaths,
        into tokens: UnsafeMutableBufferPointer<LineToken>
    ) -> Bool {
        guard UTF8Text.isValid(line), let cursor = JSONCursor(line) else { return false }
        return paths.nodes.withUnsafeBufferPointer { nodes in
            paths.entries.withUnsafeBufferPointer { entries in
                paths.names.withUnsafeBufferPointer { names in
                    var scanner = JSONScanner(
                        cursor: cursor, line: line, nodes: nodes, entries: entries, names: names,
                        tokens: tokens)
                    return scanner.isWhole()
                }
            }
        }
    }

    private mutating func isWhole() -> Bool {
        cursor.space()
        guard value(0, depth: 0) else { return false }
        cursor.space()
        return cursor.at == line.count
    }

    /// A value that is wanted, or in which something is.
    private mutating func value(_ node: Int, depth: Int) -> Bool {
        let start = cursor.at
        switch cursor.byte {
        case UInt8(ascii: "{"):
            guard depth < JSONCursor.depthLimit else { return false }
            let isThere =
                nodes[node].entries.isEmpty
                ? cursor.skip(depth: depth) : object(node, depth: depth + 1)
            put(.container, start, node)
            return isThere
        case UInt8(ascii: "["):
            guard depth < JSONCursor.depthLimit else { return false }
            let isWanted = !nodes[node].indexes.isEmpty || !nodes[node].fromEnd.isEmpty
            let isThere =
                isWanted ? array(node, depth: depth + 1) : cursor.skip(depth: depth)
            put(.container, start, node)
            return isThere
        case UInt8(ascii: "\""):
            var hasEscapes = false
            guard cursor.string(&hasEscapes) else { return false }
            guard nodes[node].slot >= 0 else { return true }
            tokens[nodes[node].slot] = LineToken(
                hasEscapes ? .escaped : .text, start + 1, cursor.at - 1)
            return true
        case UInt8(ascii: "t"): return cursor.word("true") && put(.word, start, node)
        case UInt8(ascii: "f"): return cursor.word("false") && put(.word, start, node)
        case UInt8(ascii: "n"): return cursor.word("null")
        default: return cursor.number() && put(.number, start, node)
        }
    }

    @discardableResult
    private func put(_ kind: LineToken.Kind, _ start: Int, _ node: Int) -> Bool {
        let slot = nodes[node].slot
        if slot >= 0 { tokens[slot] = LineToken(kind, start, cursor.at) }
        return true
    }

    // MARK: - Objects

    private mutating func object(_ node: Int, depth: Int) -> Bool {
        cursor.at += 1
        cursor.space()
        if cursor.byte == UInt8(ascii: "}") {
            cursor.at += 1
            return true
        }
        while true {
            guard cursor.byte == UInt8(ascii: "\"") else { return false }
            let start = cursor.at + 1
            var hasEscapes = false
            guard cursor.string(&hasEscapes) else { return false }
            let child = child(of: node, start..<(cursor.at - 1), hasEscapes)
            guard cursor.colon() else { return false }
            if child >= 0 {
                forget(child)
                guard value(child, depth: depth) else { return false }
            } else {
                guard cursor.skip(depth: depth) else { return false }
            }
            cursor.space()
            let separator = cursor.byte
            cursor.at += 1
            if separator == UInt8(ascii: "}") { return true }
            guard separator == UInt8(ascii: ",") else { return false }
            cursor.space()
        }
    }

    /// −1: nothing is wanted of this name.
    private func child(of node: Int, _ name: Range<Int>, _ hasEscapes: Bool) -> Int {
        for index in nodes[node].entries {
            let entry = entries[index]
            let wanted = UnsafeBufferPointer(
                rebasing: names[entry.name..<entry.name + entry.count])
            let isEqual =
                hasEscapes
                ? isEqualUnescaped(name, wanted) : isEqual(name, wanted)
            if isEqual { return entry.node }
        }
        return -1
    }

    @inline(__always)
    private func isEqual(_ name: Range<Int>, _ wanted: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count == wanted.count else { return false }
        guard let other = wanted.baseAddress else { return true }
        return memcmp(cursor.base + name.lowerBound, other, wanted.count) == 0
    }

    private func isEqualUnescaped(
        _ name: Range<Int>, _ wanted: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        // An escape of two bytes to twelve stands for one to four.
        guard name.count >= wanted.count, name.count <= 12 * (wanted.count + 1) else {
            return false
        }
        return withUnsafeTemporaryAllocation(byteCount: name.count, alignment: 1) { text in
            let count = EscapedText.decode(line, name, into: text)
            return UnsafeRawBufferPointer(rebasing: text[..<count]).elementsEqual(wanted)
        }
    }

    private func forget(_ node: Int) {
        for slot in nodes[node].slots { tokens[slot] = .missing }
    }

    // MARK: - Arrays

    private mutating func array(_ node: Int, depth: Int) -> Bool {
        let countsBack = !nodes[node].fromEnd.isEmpty
        var starts: [Int] = []
        var count = 0
        cursor.at += 1
        cursor.space()
        if cursor.byte == UInt8(ascii: "]") {
            cursor.at += 1
            return true
        }
        while true {
            if countsBack { starts.append(cursor.at) }
            guard element(count, of: node, depth: depth) else { return false }
            count += 1
            cursor.space()
            let separator = cursor.byte
            cursor.at += 1
            if separator == UInt8(ascii: "]") { break }
            guard separator == UInt8(ascii: ",") else { return false }
            cursor.space()
        }
        return countsBack ? fromEnd(node, starts, depth: depth) : true
    }

    private mutating func element(_ index: Int, of node: Int, depth: Int) -> Bool {
        for child in nodes[node].indexes {
            if case .index(index) = child.step { return value(child.node, depth: depth) }
        }
        return cursor.skip(depth: depth)
    }

    /// Elements that are counted from the end are walked once more when that is known.
    private mutating func fromEnd(_ node: Int, _ starts: [Int], depth: Int) -> Bool {
        let end = cursor.at
        for child in nodes[node].fromEnd {
            guard case .index(let index) = child.step, starts.count + index >= 0 else { continue }
            cursor.at = starts[starts.count + index]
            guard value(child.node, depth: depth) else { return false }
        }
        cursor.at = end
        return true
    }
}
