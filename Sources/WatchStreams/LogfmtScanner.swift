// Lines of `key=value` pairs, as Go's and Heroku's loggers write them (the format has no
// specification; github.com/kr/logfmt is its first implementation).

import Glibc

/// Pairs are separated by spaces or tabs. A value is bare, up to the next of these, or stands in
/// double quotes with JSON's escapes. A key without `=` has no value. A line is logfmt when it has
/// a pair, all its quotes are closed, what follows a closing quote is a separator, and it is UTF-8
/// without control characters. Where a key comes twice the last counts.
struct LogfmtScanner {
    private let line: UnsafeRawBufferPointer
    private let base: UnsafePointer<UInt8>
    private var at = 0

    /// Whether the line is logfmt; if so the values are in `tokens`, in the order of `keys`.
    static func scan(
        _ line: UnsafeRawBufferPointer, _ keys: [[UInt8]],
        into tokens: UnsafeMutableBufferPointer<LineToken>
    ) -> Bool {
        guard let base = line.baseAddress, UTF8Text.isValid(line) else { return false }
        var scanner = LogfmtScanner(
            line: line, base: base.assumingMemoryBound(to: UInt8.self))
        return scanner.scan(keys, tokens)
    }

    private init(line: UnsafeRawBufferPointer, base: UnsafePointer<UInt8>) {
        self.line = line
        self.base = base
    }

    private mutating func scan(
        _ keys: [[UInt8]], _ tokens: UnsafeMutableBufferPointer<LineToken>
    ) -> Bool {
        var hasPair = false
        while true {
            while at < line.count, Self.isSeparator(base[at]) { at += 1 }
            guard at < line.count else { return hasPair }
            let start = at
            while at < line.count, base[at] > 32, base[at] != UInt8(ascii: "=") { at += 1 }
            guard at < line.count, base[at] == UInt8(ascii: "=") else {
                guard at == line.count || Self.isSeparator(base[at]) else { return false }
                continue
            }
            guard at > start else { return false }
            let key = start..<at
            at += 1
            guard let token = value() else { return false }
            hasPair = true
            for (slot, wanted) in keys.enumerated() where isEqual(key, wanted) {
                tokens[slot] = token
            }
        }
    }

    private mutating func value() -> LineToken? {
        guard at < line.count, base[at] == UInt8(ascii: "\"") else {
            let start = at
            while at < line.count, base[at] > 32 { at += 1 }
            guard at == line.count || Self.isSeparator(base[at]) else { return nil }
            return at > start ? LineToken(.text, start, at) : .missing
        }
        at += 1
        let start = at
        var hasEscapes = false
        while at < line.count, base[at] != UInt8(ascii: "\"") {
            guard base[at] >= 32 || base[at] == 9 else { return nil }
            if base[at] == UInt8(ascii: "\\") {
                hasEscapes = true
                at += 1
            }
            at += 1
        }
        guard at < line.count else { return nil }
        let end = at
        at += 1
        guard at == line.count || Self.isSeparator(base[at]) else { return nil }
        return LineToken(hasEscapes ? .escaped : .text, start, end)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    @inline(__always)
    private func isEqual(_ key: Range<Int>, _ wanted: [UInt8]) -> Bool {
        guard key.count == wanted.count else { return false }
        return wanted.withUnsafeBufferPointer { wanted in
            guard let other = wanted.baseAddress else { return true }
            return memcmp(base + key.lowerBound, other, wanted.count) == 0
        }
    }
}
