// Slices in the order of their numbers, for the stores that keep each slice as a value.

import DequeModule

/// Few, sorted by number; additions go to the last one or near it.
struct SliceList<Content: Hashable & Sendable>: Hashable, Sendable {
    private struct Slice: Hashable, Sendable {
        var number: Int64
        var content: Content
    }

    private var slices: Deque<Slice> = []

    var extent: (first: Int64, last: Int64, count: Int)? {
        guard let first = slices.first, let last = slices.last else { return nil }
        return (first.number, last.number, slices.count)
    }

    /// Lets `body` change the slice of that number, made of `empty` when there was none.
    mutating func update<Result>(
        _ number: Int64, empty: @autoclosure () -> Content, _ body: (inout Content) -> Result
    ) -> Result {
        var at = slices.endIndex
        while at > slices.startIndex, slices[at - 1].number > number { at -= 1 }
        if at == slices.startIndex || slices[at - 1].number != number {
            slices.insert(Slice(number: number, content: empty()), at: at)
            at += 1
        }
        return body(&slices[at - 1].content)
    }

    /// In the order of their numbers.
    func forEach(_ body: (_ number: Int64, _ content: Content) throws -> Void) rethrows {
        for slice in slices { try body(slice.number, slice.content) }
    }

    var newest: Content? { slices.last?.content }

    func map<Other>(_ body: (Content) -> Other) -> SliceList<Other> {
        var result = SliceList<Other>()
        for slice in slices {
            result.append(slice.number, body(slice.content))
        }
        return result
    }

    private mutating func append(_ number: Int64, _ content: Content) {
        slices.append(Slice(number: number, content: content))
    }

    /// The first slice, taken out, when it comes before that number.
    mutating func popFirst(before number: Int64) -> Content? {
        guard let oldest = slices.first, oldest.number < number else { return nil }
        slices.removeFirst()
        return oldest.content
    }
}

extension SliceList: Codable where Content: Codable {
    private enum Key: String, CodingKey {
        /// Numbers of the slices (the first, then distances), then what they hold.
        case numbers = "n"
        case contents = "c"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let distances = try container.decode([Int64].self, forKey: .numbers)
        let contents = try container.decode([Content].self, forKey: .contents)
        guard distances.count == contents.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .contents, in: container, debugDescription: "not one for each number")
        }
        var number: Int64 = 0
        for (distance, content) in zip(distances, contents) {
            let (next, overflow) = number.addingReportingOverflow(distance)
            guard !overflow, slices.isEmpty || distance > 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .numbers, in: container, debugDescription: "the numbers do not rise")
            }
            slices.append(Slice(number: next, content: content))
            number = next
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        var last: Int64 = 0
        let distances = slices.map { slice in
            defer { last = slice.number }
            return slice.number - last
        }
        try container.encode(distances, forKey: .numbers)
        try container.encode(slices.map(\.content), forKey: .contents)
    }
}
