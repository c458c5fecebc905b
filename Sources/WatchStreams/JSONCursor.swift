// A place in a line of JSON (RFC 8259) that moves over values without making anything of them.
// Strict: what is not JSON must not be taken for it. That the line is UTF-8 is checked before.

/// Each function moves over what it is named after and says whether it was there.
struct JSONCursor {
    /// Arrays and objects within one another; deeper lines are refused. One bit each in `skip`.
    static let depthLimit = 64

    let base: UnsafePointer<UInt8>
    let end: Int
    var at = 0

    init?(_ line: UnsafeRawBufferPointer) {
        guard let base = line.baseAddress else { return nil }
        self.base = base.assumingMemoryBound(to: UInt8.self)
        end = line.count
    }

    /// The byte at the cursor; 0, which JSON has nowhere, at the end.
    var byte: UInt8 {
        @inline(__always) get { at < end ? base[at] : 0 }
    }

    @inline(__always)
    mutating func space() {
        while at < end, base[at] <= 32 {
            guard base[at] == 32 || base[at] == 9 || base[at] == 10 || base[at] == 13 else {
                return
            }
            at += 1
        }
    }

    // MARK: - Texts

    /// A string from its opening quote on; `hasEscapes` is set, never cleared.
    @inline(__always)
    mutating func string(_ hasEscapes: inout Bool) -> Bool {
        at += 1
        while true {
            stepOverPlainText()
            guard at < end else { return false }
            let found = base[at]
            at += 1
            if found == UInt8(ascii: "\"") { return true }
            guard found == UInt8(ascii: "\\") else { return false }
            hasEscapes = true
            guard escape() else { return false }
        }
    }

    /// Up to a quote, a backslash or a control character, eight bytes at a time (Warren, Hacker's
    /// Delight, 2nd ed., §6–1: the lowest byte that is marked is surely one).
    @inline(__always)
    private mutating func stepOverPlainText() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while at + 8 <= end {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5C)
            let marks =
                ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash)
                | ((word &- (ones &* 0x20)) & ~word)
            let found = marks & highs
            if found != 0 {
                at += found.trailingZeroBitCount >> 3
                return
            }
            at += 8
        }
        while at < end, base[at] != 0x22, base[at] != 0x5C, base[at] >= 0x20 { at += 1 }
    }

    /// Behind a backslash.
    private mutating func escape() -> Bool {
        guard at < end else { return false }
        let kind = base[at]
        at += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            guard at + 4 <= end else { return false }
            for index in at..<at + 4 where EscapedText.hexDigit(base[index]) == nil { return false }
            at += 4
            return true
        default: return false
        }
    }

    // MARK: - Numbers and words

    mutating func number() -> Bool {
        if byte == UInt8(ascii: "-") { at += 1 }
        if byte == UInt8(ascii: "0") {
            at += 1
        } else {
            guard digits() else { return false }
        }
        if byte == UInt8(ascii: ".") {
            at += 1
            guard digits() else { return false }
        }
        if byte | 32 == UInt8(ascii: "e") {
            at += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { at += 1 }
            guard digits() else { return false }
        }
        return true
    }

    @inline(__always)
    private mutating func digits() -> Bool {
        let start = at
        while at < end, base[at] &- 48 <= 9 { at += 1 }
        return at > start
    }

    mutating func word(_ letters: StaticString) -> Bool {
        let count = letters.utf8CodeUnitCount
        guard at + count <= end else { return false }
        for index in 0..<count where base[at + index] != letters.utf8Start[index] { return false }
        at += count
        return true
    }

    /// A string, a number or a word.
    @inline(__always)
    private mutating func scalar() -> Bool {
        switch byte {
        case UInt8(ascii: "\""):
            var hasEscapes = false
            return string(&hasEscapes)
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    // MARK: - Values

    /// Any value; `depth` containers are open around it. No recursion: a hostile line only costs
    /// its length.
    mutating func skip(depth: Int) -> Bool {
        // One bit for each container of this value that is open, the innermost the lowest: 1 for an
        // object.
        var kinds: UInt64 = 0
        var open = 0
        while true {
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                guard depth + open < Self.depthLimit else { return false }
                let isObject = byte == UInt8(ascii: "{")
                at += 1
                space()
                if byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    at += 1
                } else {
                    kinds = kinds << 1 | (isObject ? 1 : 0)
                    open += 1
                    if isObject { guard key() else { return false } }
                    continue
                }
            } else {
                guard scalar() else { return false }
            }
            guard afterValue(&kinds, &open) else { return false }
            if open == 0 { return true }
        }
    }

    /// Closes what ends behind a value, up to the next value or the end of all.
    @inline(__always)
    private mutating func afterValue(_ kinds: inout UInt64, _ open: inout Int) -> Bool {
        while open > 0 {
            space()
            let isObject = kinds & 1 == 1
            if byte == UInt8(ascii: ",") {
                at += 1
                space()
                return isObject ? key() : true
            }
            guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return false }
            at += 1
            kinds >>= 1
            open -= 1
        }
        return true
    }

    /// A name and its colon, up to the value.
    @inline(__always)
    private mutating func key() -> Bool {
        guard byte == UInt8(ascii: "\"") else { return false }
        var hasEscapes = false
        guard string(&hasEscapes) else { return false }
        return colon()
    }

    @inline(__always)
    mutating func colon() -> Bool {
        space()
        guard byte == UInt8(ascii: ":") else { return false }
        at += 1
        space()
        return true
    }
}
