// Blanks comments and string literals, and leaves the code between `\(` and `)` as code. It knows
// as much of Swift's grammar as that takes: nested comments, raw and multi-line strings.

struct Masker {
    private enum Mode {
        /// Parentheses open since the interpolation began; nil: not in one.
        case code(parentheses: Int?)
        case string(hashes: Int, isMultiline: Bool)
    }

    private let bytes: [UInt8]
    private var out: [UInt8]
    private var at = 0
    private var modes: [Mode] = [.code(parentheses: nil)]

    private static let (quote, hash, backslash) = (UInt8(34), UInt8(35), UInt8(92))
    private static let (open, close, newline) = (UInt8(40), UInt8(41), UInt8(10))
    private static let (slash, star) = (UInt8(47), UInt8(42))

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        out = bytes
    }

    mutating func run() -> [UInt8] {
        while at < bytes.count {
            switch modes[modes.count - 1] {
            case .code(let parentheses): code(parentheses)
            case .string(let hashes, let isMultiline): string(hashes, isMultiline)
            }
        }
        return out
    }

    private func peek(_ ahead: Int = 0) -> UInt8 {
        at + ahead < bytes.count ? bytes[at + ahead] : 0
    }

    private mutating func blank(_ count: Int = 1) {
        for index in at..<min(at + count, bytes.count) where bytes[index] != Self.newline {
            out[index] = 32
        }
        at += count
    }

    private mutating func code(_ parentheses: Int?) {
        switch peek() {
        case Self.slash where peek(1) == Self.slash:
            while at < bytes.count, peek() != Self.newline { blank() }
        case Self.slash where peek(1) == Self.star: comment()
        case Self.quote: begin(hashes: 0)
        case Self.hash:
            var count = 1
            while peek(count) == Self.hash { count += 1 }
            if peek(count) == Self.quote { begin(hashes: count) } else { at += count }
        case Self.open:
            if let parentheses { replaceMode(.code(parentheses: parentheses + 1)) }
            at += 1
        case Self.close:
            if parentheses == 1 {
                modes.removeLast()
            } else if let parentheses {
                replaceMode(.code(parentheses: parentheses - 1))
            }
            at += 1
        default: at += 1
        }
    }

    private mutating func replaceMode(_ mode: Mode) { modes[modes.count - 1] = mode }

    private mutating func comment() {
        var depth = 0
        repeat {
            if peek() == Self.slash, peek(1) == Self.star {
                depth += 1
                blank(2)
            } else if peek() == Self.star, peek(1) == Self.slash {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && at < bytes.count
    }

    private mutating func begin(hashes: Int) {
        at += hashes
        let isMultiline = peek(1) == Self.quote && peek(2) == Self.quote
        at += isMultiline ? 3 : 1
        modes.append(.string(hashes: hashes, isMultiline: isMultiline))
    }

    private mutating func string(_ hashes: Int, _ isMultiline: Bool) {
        if peek() == Self.backslash, isHashes(hashes, after: 1) {
            if peek(1 + hashes) == Self.open {
                at += 2 + hashes
                modes.append(.code(parentheses: 1))
            } else {
                blank(2 + hashes)
            }
            return
        }
        let quotes = isMultiline ? 3 : 1
        let ends = (0..<quotes).allSatisfy { peek($0) == Self.quote }
        if ends, isHashes(hashes, after: quotes) {
            at += quotes + hashes
            modes.removeLast()
        } else if peek() == Self.newline, !isMultiline {
            // No such string: rather go on as code than lose the rest of the file.
            modes.removeLast()
        } else {
            blank()
        }
    }

    private func isHashes(_ count: Int, after offset: Int) -> Bool {
        (0..<count).allSatisfy { peek(offset + $0) == Self.hash }
    }
}
