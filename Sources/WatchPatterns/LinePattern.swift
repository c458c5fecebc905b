// One pattern asked of very many lines: a search for a text that it needs first, PCRE2 only where
// that is found.

/// A pattern with its required literals; immutable and shared.
public struct LinePattern: Sendable {
    public let pattern: Pattern
    /// One of these is in each match; empty: not known.
    let literals: [ByteSearch]

    /// - Throws: `PatternError` with the place of the mistake.
    public init(_ source: String) throws(PatternError) {
        pattern = try Pattern(source)
        literals = RequiredLiterals.of(source).map(ByteSearch.init)
    }
}

/// Asks lines for one pattern. Confined to one thread.
public final class LinePatternMatcher {
    private let literals: UnsafeMutableBufferPointer<ByteSearch.Needle>
    private let matcher: PatternMatcher

    /// - Throws: `PatternError` when there is no memory.
    public init(_ pattern: LinePattern) throws(PatternError) {
        matcher = try PatternMatcher(pattern.pattern)
        literals = .allocate(capacity: pattern.literals.count)
        _ = literals.initialize(from: pattern.literals.map { $0.copy() })
    }

    deinit {
        for literal in literals { literal.text.deallocate() }
        literals.deallocate()
    }

    /// Whether the pattern is found in the bytes.
    /// - Throws: `PatternLimitError` when it would take too long to know.
    public func matches(_ line: UnsafeRawBufferPointer) throws(PatternLimitError) -> Bool {
        guard literals.isEmpty || hasLiteral(line) else { return false }
        return try matcher.matches(line)
    }

    private func hasLiteral(_ line: UnsafeRawBufferPointer) -> Bool {
        for literal in literals where literal.isIn(line) { return true }
        return false
    }

    /// Where a group of the last match stands in its line; nil: it took no part.
    public func range(ofGroup group: Int) -> Range<Int>? { matcher.range(ofGroup: group) }
}
