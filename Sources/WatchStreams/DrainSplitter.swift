// Lines out of the body of a request: JSON values, one after the other or in an array, or text.

/// Hands out each value or line as it stands, and leaves it to the line parser whether it is good.
/// Only what makes it unknown where the next one begins is a problem of the whole body.
///
/// JSON may come as lines (NDJSON), as one value over several lines, or as arrays, whose elements
/// are the lines then. What is no object or array is a line of its own; so is an object that a line
/// break within a text cuts off.
public struct DrainSplitter: Sendable {
    public enum Shape: Hashable, Sendable {
        case json, lines
    }

    /// Why a body cannot be cut up.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// From the body's beginning, unpacked.
        public var offset: Int
        public var text: String

        public var description: String { "\(text) (byte \(offset))" }
    }

    private enum Place {
        /// Before a value, outside of arrays.
        case between
        /// In a line that is no object.
        case line
        /// In an array: behind its bracket, behind a comma, behind an element.
        case first, next, after
        /// In an object, an array within an array, or a text.
        case value
        /// In a number or a word of an array.
        case scalar
    }

    private let shape: Shape
    private let limit: Int
    private var place = Place.between
    private var isInArray = false
    private var depth = 0
    private var isInText = false
    private var isEscaped = false
    /// Of a value, what came in earlier pieces.
    private var carry: [UInt8] = []
    private var isTooLong = false
    /// Bytes of earlier pieces.
    private var offset = 0
    public private(set) var problem: Problem?

    public init(_ shape: Shape, limit: Int = LineParser.lineLimit) {
        self.shape = shape
        self.limit = limit
    }

    /// Cuts a piece of the body.
    public mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void,
        tooLong: () -> Void
    ) {
        var start = 0
        for at in 0..<bytes.count {
            guard problem == nil else { return }
            let step = step(bytes[at], at)
            switch step {
            case .none: break
            case .begins: start = at
            case .ends(let isInclusive):
                let end = isInclusive ? at + 1 : at
                finish(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), body, tooLong)
            }
        }
        if isOpen { keep(UnsafeRawBufferPointer(rebasing: bytes[start...])) }
        offset += bytes.count
    }

    /// The body is at its end.
    public mutating func end(
        _ body: (UnsafeRawBufferPointer) -> Void, tooLong: () -> Void
    ) {
        guard problem == nil else { return }
        switch place {
        case .between: break
        case .line:
            place = .between
            finish(UnsafeRawBufferPointer(start: nil, count: 0), body, tooLong)
        case .first, .next, .after, .scalar: fail("the array is not closed", 0)
        case .value: fail("the body ends within a value", 0)
        }
    }

    // MARK: - Bytes

    private enum Step {
        case none, begins
        /// A value is at its end, this byte included or not.
        case ends(Bool)
    }

    private mutating func step(_ byte: UInt8, _ at: Int) -> Step {
        switch place {
        case .between: return shape == .json ? begin(byte) : beginLine(byte)
        case .line:
            guard byte == 10 else { return .none }
            place = .between
            return .ends(false)
        case .first, .next, .after: return element(byte, at)
        case .value: return isInText ? inText(byte, at) : inValue(byte)
        case .scalar:
            switch byte {
            case UInt8(ascii: ","): place = .next
            case UInt8(ascii: "]"): closeArray()
            case 32, 9, 10, 13: place = .after
            default: return .none
            }
            return .ends(false)
        }
    }

    private mutating func begin(_ byte: UInt8) -> Step {
        switch byte {
        case 32, 9, 10, 13: return .none
        case UInt8(ascii: "["):
            isInArray = true
            place = .first
            return .none
        case UInt8(ascii: "{"):
            place = .value
            depth = 1
            return .begins
        default:
            place = .line
            return .begins
        }
    }

    private mutating func beginLine(_ byte: UInt8) -> Step {
        if byte == 10 || byte == 13 { return .none }
        place = .line
        return .begins
    }

    private mutating func closeArray() {
        isInArray = false
        place = .between
    }

    /// Outside of the elements of an array.
    private mutating func element(_ byte: UInt8, _ at: Int) -> Step {
        let isAfter = if case .after = place { true } else { false }
        let isFirst = if case .first = place { true } else { false }
        switch byte {
        case 32, 9, 10, 13: break
        case UInt8(ascii: "]") where isAfter || isFirst: closeArray()
        case UInt8(ascii: ",") where isAfter: place = .next
        case _ where isAfter: fail("a comma is missing between two elements", at)
        case UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: "}"):
            fail("an element of the array is missing", at)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            place = .value
            depth = 1
            return .begins
        case UInt8(ascii: "\""):
            place = .value
            depth = 0
            isInText = true
            return .begins
        default:
            place = .scalar
            return .begins
        }
        return .none
    }

    private mutating func inText(_ byte: UInt8, _ at: Int) -> Step {
        if byte == 10 {
            // RFC 8259 §7: there is none in a text.
            isInText = false
            isEscaped = false
            guard isInArray else {
                place = .between
                return .ends(false)
            }
            fail("a line break within a text", at)
            return .none
        }
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInText = false
            if depth == 0 { return endValue() }
        }
        return .none
    }

    private mutating func inValue(_ byte: UInt8) -> Step {
        switch byte {
        case UInt8(ascii: "\""): isInText = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth == 0 { return endValue() }
        default: break
        }
        return .none
    }

    private mutating func endValue() -> Step {
        place = isInArray ? .after : .between
        return .ends(true)
    }

    private mutating func fail(_ text: String, _ at: Int) {
        problem = Problem(offset: offset + at, text: text)
        carry = []
    }

    // MARK: - Values

    private var isOpen: Bool {
        switch place {
        case .line, .value, .scalar: problem == nil
        case .between, .first, .next, .after: false
        }
    }

    private mutating func keep(_ piece: UnsafeRawBufferPointer) {
        if !isTooLong, carry.count + piece.count <= limit {
            carry.append(contentsOf: piece)
        } else {
            isTooLong = true
            carry = []
        }
    }

    private mutating func finish(
        _ piece: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void,
        _ tooLong: () -> Void
    ) {
        defer {
            isTooLong = false
            carry.removeAll(keepingCapacity: true)
        }
        guard !isTooLong, carry.count + piece.count <= limit else { return tooLong() }
        if carry.isEmpty { return body(piece) }
        carry.append(contentsOf: piece)
        carry.withUnsafeBytes(body)
    }
}
