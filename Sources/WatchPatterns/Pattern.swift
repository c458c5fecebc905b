// Regular expressions with PCRE2: compiled once, just-in-time where the system allows it, and
// matched within limits, because both the pattern and the text may be hostile.

import CPCRE2

/// Why a text is no pattern; `offset` counts bytes of the pattern.
public struct PatternError: Error, Hashable, Sendable, CustomStringConvertible {
    public var offset: Int
    public var message: String

    public var description: String { message }
}

/// Why a match was given up: the pattern needs too much for this text.
public struct PatternLimitError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String

    public var description: String { message }
}

/// A compiled pattern (pcre2pattern(3)); UTF-8, and invalid bytes in a subject match nothing.
// Safe: the compiled code is read-only once it is made, and each match has data of its own
// (pcre2api(3), "Multithreading").
public final class Pattern: @unchecked Sendable {
    /// One match: the whole, then the groups; nil where a group took no part.
    public struct Match: Hashable, Sendable {
        public var groups: [String?]

        public var whole: String { groups.first.flatMap { $0 } ?? "" }
        /// The first group when there is one that matched, else the whole.
        public var value: String { groups.dropFirst().first.flatMap { $0 } ?? whole }
    }

    /// Longer patterns are refused.
    public static let sourceLimit = 8 * 1024
    /// Steps and depth a match may take (pcre2api(3), "match limit", "depth limit").
    private static let matchLimit: UInt32 = 1_000_000
    private static let depthLimit: UInt32 = 1_000_000
    /// KiB of heap while one match runs; this is what ends a deep one.
    private static let heapLimit: UInt32 = 32 * 1024

    public let source: String
    /// Names of groups and their numbers.
    public let names: [String: Int]
    let code: OpaquePointer
    let context: OpaquePointer

    /// - Throws: `PatternError` with the place of the mistake.
    public init(_ source: String) throws(PatternError) {
        let bytes = Array(source.utf8)
        guard bytes.count <= Self.sourceLimit else {
            throw PatternError(
                offset: 0, message: "the pattern is longer than \(Self.sourceLimit) bytes")
        }
        var error: Int32 = 0
        var offset = 0
        let options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C
        guard
            let code = pcre2_compile_8(bytes, bytes.count, options, &error, &offset, nil)
        else { throw PatternError(offset: offset, message: Self.message(error)) }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(code)
            throw PatternError(offset: 0, message: "no memory for the pattern")
        }
        pcre2_set_match_limit_8(context, Self.matchLimit)
        pcre2_set_depth_limit_8(context, Self.depthLimit)
        pcre2_set_heap_limit_8(context, Self.heapLimit)
        // Without executable memory this fails, and the interpreter matches instead.
        pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
        self.source = source
        self.code = code
        self.context = context
        names = Self.names(code)
    }

    /// What the named group matched; nil: it took no part, or there is none of that name.
    public func group(_ name: String, of match: Match) -> String? {
        names[name].flatMap { match.groups.indices.contains($0) ? match.groups[$0] : nil }
    }

    deinit {
        pcre2_match_context_free_8(context)
        pcre2_code_free_8(code)
    }

    /// The first match in the bytes; nil: none.
    /// - Throws: `PatternLimitError` when it would take too long to know.
    public func firstMatch(in bytes: some Sequence<UInt8>) throws(PatternLimitError) -> Match? {
        let subject = Array(bytes)
        guard let data = pcre2_match_data_create_from_pattern_8(code, nil) else {
            throw PatternLimitError(message: "no memory for a match")
        }
        defer { pcre2_match_data_free_8(data) }
        var count = pcre2_match_8(code, subject, subject.count, 0, 0, data, context)
        if count == PCRE2_ERROR_JIT_STACKLIMIT {
            // The compiled code has 32 KiB of stack, too little for `(a|b)*` over a long text; the
            // interpreter has the heap, within the limit (pcre2jit(3), "JIT stack").
            count = pcre2_match_8(
                code, subject, subject.count, 0, PCRE2_NO_JIT, data, context)
        }
        if count == PCRE2_ERROR_NOMATCH { return nil }
        guard count > 0 else { throw gaveUp(count) }
        return Match(groups: Self.groups(data, Int(pcre2_get_ovector_count_8(data)), subject))
    }

    /// The first match in a text; nil: none.
    public func firstMatch(in text: String) throws(PatternLimitError) -> Match? {
        try firstMatch(in: text.utf8)
    }

    func gaveUp(_ code: Int32) -> PatternLimitError {
        PatternLimitError(
            message: "the pattern '\(source.prefix(80))' was given up: \(Self.message(code))")
    }

    private static func groups(
        _ data: OpaquePointer, _ count: Int, _ subject: [UInt8]
    ) -> [String?] {
        guard let offsets = pcre2_get_ovector_pointer_8(data) else { return [] }
        return (0..<count).map { group in
            let (start, end) = (offsets[2 * group], offsets[2 * group + 1])
            // A group that took no part is PCRE2_UNSET, the largest size_t, which reads as -1.
            guard start >= 0, start <= end, end <= subject.count else { return nil }
            return String(decoding: subject[start..<end], as: UTF8.self)
        }
    }

    private static func names(_ code: OpaquePointer) -> [String: Int] {
        var count: UInt32 = 0
        var size: UInt32 = 0
        var table: UnsafePointer<UInt8>?
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &size)
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table)
        guard let table else { return [:] }
        var names: [String: Int] = [:]
        for index in 0..<Int(count) {
            let entry = table + index * Int(size)
            let number = Int(entry[0]) << 8 | Int(entry[1])
            names[String(cString: entry + 2)] = number
        }
        return names
    }

    private static func message(_ code: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(code, &buffer, buffer.count)
        return String(decoding: buffer[..<Int(Swift.max(0, length))], as: UTF8.self)
    }
}
