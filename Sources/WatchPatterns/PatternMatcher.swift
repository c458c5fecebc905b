// Matching one pattern many times without allocating: for lines of logs. What a match found stays
// in the matcher until the next one.

import CPCRE2

/// A pattern and the memory its matches need. Confined to one thread.
public final class PatternMatcher {
    public let pattern: Pattern
    private let data: OpaquePointer
    private let offsets: UnsafeMutablePointer<Int>
    private let groups: Int

    /// - Throws: `PatternError` when there is no memory.
    public init(_ pattern: Pattern) throws(PatternError) {
        guard let data = pcre2_match_data_create_from_pattern_8(pattern.code, nil) else {
            throw PatternError(offset: 0, message: "no memory for a match")
        }
        guard let offsets = pcre2_get_ovector_pointer_8(data) else {
            pcre2_match_data_free_8(data)
            throw PatternError(offset: 0, message: "no memory for a match")
        }
        self.pattern = pattern
        self.data = data
        self.offsets = offsets
        groups = Int(pcre2_get_ovector_count_8(data))
    }

    deinit { pcre2_match_data_free_8(data) }

    /// Whether the pattern is found in the bytes.
    /// - Throws: `PatternLimitError` when it would take too long to know.
    public func matches(_ subject: UnsafeRawBufferPointer) throws(PatternLimitError) -> Bool {
        // An empty buffer may have no address; one byte that is not looked at will do.
        let bytes = subject.baseAddress ?? UnsafeRawPointer(offsets)
        let text = bytes.assumingMemoryBound(to: UInt8.self)
        var count = pcre2_match_8(
            pattern.code, text, subject.count, 0, 0, data, pattern.context)
        if count == PCRE2_ERROR_JIT_STACKLIMIT {
            count = pcre2_match_8(
                pattern.code, text, subject.count, 0, PCRE2_NO_JIT, data, pattern.context)
        }
        if count == PCRE2_ERROR_NOMATCH { return false }
        guard count > 0 else { throw pattern.gaveUp(count) }
        return true
    }

    /// Where a group of the last match stands in its subject; nil: it took no part.
    public func range(ofGroup group: Int) -> Range<Int>? {
        guard group >= 0, group < groups else { return nil }
        // PCRE2_UNSET, the largest size_t, reads as -1. `\K` in a lookahead can swap the ends.
        let (start, end) = (offsets[2 * group], offsets[2 * group + 1])
        return start >= 0 && start <= end ? start..<end : nil
    }
}
