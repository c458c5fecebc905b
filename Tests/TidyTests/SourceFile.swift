// A file as the rules see it: its lines, and the same lines with comments and the text of string
// literals blanked, so that no rule takes a word in a sentence for a call.

import Glibc

struct SourceFile: Sendable {
    /// From the root of the repository: `Sources/WatchCore/Time/Instant.swift`.
    let path: String
    let lines: [String]
    /// Without comments and text; as many lines as `lines`.
    let code: [String]
    private let codeBytes: [UInt8]
    private let lineStarts: [Int]

    init(path: String, text: String) {
        let bytes = Array(text.utf8)
        var masker = Masker(bytes)
        codeBytes = path.hasSuffix(".swift") ? masker.run() : bytes
        self.path = path
        lines = Self.split(bytes)
        code = Self.split(codeBytes)
        lineStarts = [0] + bytes.indices.filter { bytes[$0] == 10 }.map { $0 + 1 }
    }

    /// Where this clone lies on this machine.
    static let checkout = #filePath.split(separator: "/").dropLast(3)
        .reduce(into: "") { $0 += "/" + $1 }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isSource: Bool { path.hasPrefix("Sources/") }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// `WatchCore` of `Sources/WatchCore/…`, `WatchCoreTests` of `Tests/WatchCoreTests/…`.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    /// Lines (from 1) on which `word` stands in code, not as the tail of a longer name.
    func lines(with word: String) -> [Int] {
        offsets(of: word).map(line(at:))
    }

    /// Where `word` begins, in bytes of the code.
    func offsets(of word: String) -> [Int] {
        let needle = Array(word.utf8)
        var found: [Int] = []
        codeBytes.withUnsafeBytes { hay in
            guard let base = hay.baseAddress else { return }
            var from = 0
            while from + needle.count <= hay.count,
                let hit = memchr(base + from, Int32(needle[0]), hay.count - from)
            {
                let at = UnsafeRawPointer(hit) - base
                from = at + 1
                guard at + needle.count <= hay.count, memcmp(hit, needle, needle.count) == 0,
                    at == 0 || !Self.isName(hay[at - 1]) || !Self.isName(needle[0])
                else { continue }
                found.append(at)
            }
        }
        return found
    }

    /// The byte before `offset`, 10 at the start.
    func byte(before offset: Int) -> UInt8 { offset > 0 ? codeBytes[offset - 1] : 10 }

    func line(at offset: Int) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    /// The bytes of the code from the start of a line (from 1).
    func code(fromLine line: Int) -> ArraySlice<UInt8> { codeBytes[lineStarts[line - 1]...] }

    static func isName(_ byte: UInt8) -> Bool {
        byte == 95 || (48...57).contains(byte) || (65...90).contains(byte)
            || (97...122).contains(byte)
    }

    private static func split(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: 10, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
