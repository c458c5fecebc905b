// What of a request is its route: the path without its query, with what differs from request to
// request collapsed, so that `/orders/1` and `/orders/2` are one.

import Glibc

/// Writes routes into memory that is used again; confined to one thread. Clients choose paths, so a
/// route is bounded, has nothing unprintable, and is never more than evidence.
final class RouteText {
    /// Bytes of a route; the rest is cut.
    static let limit = 96

    private let bytes = UnsafeMutableRawBufferPointer.allocate(
        byteCount: RouteText.limit, alignment: 8)
    private let marks = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    private(set) var count = 0

    init() { for byte in UInt8.min ... .max { marks[Int(byte)] = Mark.of(byte) } }

    deinit {
        bytes.deallocate()
        marks.deallocate()
    }

    /// Valid until the next route is set; empty: there is none.
    var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<count]) }

    /// - Parameter isRequest: the text is a request line (`GET /a?b HTTP/1.1`), not a path.
    /// - Returns: false: there is no route in it, as in `-` or a request that is none.
    func clear() { count = 0 }

    func set(_ text: UnsafeRawBufferPointer, isRequest: Bool) -> Bool {
        count = written(text, isRequest: isRequest)
        return count > 0
    }

    /// Writes the route and returns how long it is. What has been written is counted in a local:
    /// a property of a class would be stored for each byte.
    private func written(_ text: UnsafeRawBufferPointer, isRequest: Bool) -> Int {
        var path = text
        if isRequest {
            guard let target = Self.target(text) else { return 0 }
            path = target
        }
        path = Self.withoutOrigin(path)
        guard let first = path.first else { return 0 }
        if path.count == 1, first == UInt8(ascii: "-") { return 0 }
        let marks = marks
        var count = 0
        var at = 0
        while at < path.count, count < Self.limit {
            let mark = marks[Int(path[at])]
            if mark & Mark.end != 0 { break }
            if mark & Mark.slash != 0 {
                append(path[at], &count)
                at += 1
                continue
            }
            let (start, begun) = (at, count)
            var seen: UInt8 = 0
            while at < path.count {
                let mark = marks[Int(path[at])]
                if mark & (Mark.slash | Mark.end) != 0 { break }
                seen |= mark
                append(mark & Mark.unprintable != 0 ? UInt8(ascii: "?") : path[at], &count)
                at += 1
            }
            // No id is without one of these.
            if seen & (Mark.digit | Mark.hyphen) != 0 {
                collapse(UnsafeRawBufferPointer(rebasing: path[start..<at]), from: begun, &count)
            }
        }
        return count
    }

    /// What a byte means in a path.
    private enum Mark {
        static let slash: UInt8 = 1
        static let end: UInt8 = 2
        static let digit: UInt8 = 4
        static let hyphen: UInt8 = 8
        static let unprintable: UInt8 = 16

        static func of(_ byte: UInt8) -> UInt8 {
            switch byte {
            case UInt8(ascii: "/"): slash
            case UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: ";"): end
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit
            case UInt8(ascii: "-"): hyphen
            case 0...32, 127: unprintable
            default: 0
            }
        }
    }

    /// Between the method and the version (RFC 9112 §3), both of which must be there.
    private static func target(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let base = line.baseAddress, let space = memchr(base, 32, line.count) else {
            return nil
        }
        let start = UnsafeRawPointer(space) - base + 1
        var end = line.count
        while end > start, line[end - 1] != 32 { end -= 1 }
        // HTTP/0.9 has no version.
        end = end > start ? end - 1 : line.count
        guard start < end else { return nil }
        return UnsafeRawBufferPointer(rebasing: line[start..<end])
    }

    /// Without `https://host` before the path.
    private static func withoutOrigin(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let first = text.first, first | 32 == UInt8(ascii: "h"), text.count > 7 else {
            return text
        }
        let colon = text[4] == UInt8(ascii: ":") ? 4 : text[5] == UInt8(ascii: ":") ? 5 : 0
        guard colon > 0, text[colon + 1] == UInt8(ascii: "/"), text[colon + 2] == UInt8(ascii: "/")
        else { return text }
        var at = colon + 3
        while at < text.count, Mark.of(text[at]) & (Mark.slash | Mark.end) == 0 { at += 1 }
        return UnsafeRawBufferPointer(rebasing: text[at...])
    }

    /// A segment, or what stands before the last dot of one, that is an id becomes `:id`.
    /// - Parameter start: where the segment was written.
    private func collapse(
        _ text: UnsafeRawBufferPointer, from start: Int, _ count: inout Int
    ) {
        var stem = text.count
        if !Self.isID(text) {
            stem = text.lastIndex(of: UInt8(ascii: ".")) ?? 0
            if stem > 0, !Self.isID(UnsafeRawBufferPointer(rebasing: text[..<stem])) { stem = 0 }
        }
        guard stem > 0 else { return }
        count = start
        append(UInt8(ascii: ":"), &count)
        append(UInt8(ascii: "i"), &count)
        append(UInt8(ascii: "d"), &count)
        for byte in text[stem...] {
            append(
                marks[Int(byte)] & Mark.unprintable != 0 ? UInt8(ascii: "?") : byte, &count)
        }
    }

    @inline(__always)
    private func append(_ byte: UInt8, _ count: inout Int) {
        guard count < Self.limit else { return }
        bytes[count] = byte
        count += 1
    }

    /// Digits; a UUID (RFC 9562 §4); or at least 8 hexadecimal digits, one of them 0 to 9, as in
    /// hashes and object ids.
    static func isID(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let first = text.first, isHex(first) else { return false }
        var digits = 0
        var hyphens = 0
        for (index, byte) in text.enumerated() {
            if byte &- 48 <= 9 {
                digits += 1
            } else if byte == UInt8(ascii: "-"), text.count == 36,
                index == 8 || index == 13 || index == 18 || index == 23
            {
                hyphens += 1
            } else if !isHex(byte) {
                return false
            }
        }
        if digits == text.count { return true }
        return hyphens == 4 || (hyphens == 0 && digits > 0 && text.count >= 8)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        byte &- 48 <= 9 || (byte | 32) &- 97 < 6
    }
}
