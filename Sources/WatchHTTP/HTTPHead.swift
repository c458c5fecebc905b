// The headers of an answer as they came, in one array of bytes. Of most answers one or two are
// looked at, if any, and making texts of all of them costs more than receiving them.

import Glibc

struct HTTPHead: Hashable, Sendable {
    /// Lines as they came, each with its line feed.
    private var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// - Parameter line: with or without its end.
    mutating func append(line: UnsafeRawBufferPointer) {
        if bytes.isEmpty { bytes.reserveCapacity(512) }
        bytes.append(contentsOf: line)
        if line.last != 10 { bytes.append(10) }
    }

    var all: [HTTPHeader] { matching { _ in true } }

    /// Those whose name is wanted, in the order they came. Lines without a colon are none.
    func matching(_ isWanted: (UnsafeBufferPointer<UInt8>) -> Bool) -> [HTTPHeader] {
        bytes.withUnsafeBufferPointer { bytes in
            var found: [HTTPHeader] = []
            var start = 0
            while let end = Self.place(of: 10, in: bytes, from: start, to: bytes.count) {
                defer { start = end + 1 }
                guard let colon = Self.place(of: UInt8(ascii: ":"), in: bytes, from: start, to: end)
                else { continue }
                let name = UnsafeBufferPointer(rebasing: bytes[start..<colon])
                guard isWanted(name) else { continue }
                found.append(
                    HTTPHeader(
                        String(decoding: name, as: UTF8.self),
                        Self.trimmed(bytes[(colon + 1)..<end])))
            }
            return found
        }
    }

    private static func place(
        of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
    ) -> Int? {
        guard start < end, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(byte), end - start)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// White space around a value is not part of it (RFC 9110 §5.5), nor is the line's end.
    private static func trimmed(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 32 || $0 == 9 || $0 == 13 }
        var rest = bytes.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self)
    }

    /// The first of that name, in whatever case (names are ASCII, RFC 9110 §5.1).
    func first(_ name: String) -> String? {
        let wanted = name.utf8
        return matching { found in
            found.count == wanted.count
                && zip(found, wanted).allSatisfy { Self.lower($0) == Self.lower($1) }
        }.first?.value
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (65...90).contains(byte) ? byte | 32 : byte
    }
}
