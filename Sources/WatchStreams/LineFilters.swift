// `only:` and `ignore:` of a stream, asked of one line.

import WatchPatterns

/// Several filters; together they fit a line when one of them does. Confined to one thread.
struct LineFilters {
    private struct Part {
        var subject: LineRules.Filter.Subject
        var pattern: LinePatternMatcher
    }

    private let filters: [[Part]]

    init(_ filters: [LineRules.Filter]) throws(LineRulesError) {
        var compiled: [[Part]] = []
        for filter in filters {
            var parts: [Part] = []
            for part in filter.parts {
                parts.append(
                    Part(subject: part.subject, pattern: try Self.matcher(part.pattern)))
            }
            compiled.append(parts)
        }
        self.filters = compiled
    }

    var isEmpty: Bool { filters.isEmpty }

    func fit(
        _ line: UnsafeRawBufferPointer, _ values: LineValues
    ) throws(PatternLimitError) -> Bool {
        for filter in filters {
            var fits = true
            for part in filter where fits { fits = try Self.fits(part, line, values) }
            if fits { return true }
        }
        return false
    }

    private static func fits(
        _ part: Part, _ line: UnsafeRawBufferPointer, _ values: LineValues
    ) throws(PatternLimitError) -> Bool {
        switch part.subject {
        case .line: return try part.pattern.matches(line)
        case .route:
            guard values.route.count > 0 else { return false }
            return try part.pattern.matches(values.route.text)
        case .slot(let slot):
            guard let text = values.text(slot, of: line) else { return false }
            return try part.pattern.matches(text)
        }
    }

    static func matchers(_ patterns: [LinePattern]) throws(LineRulesError) -> [LinePatternMatcher] {
        var matchers: [LinePatternMatcher] = []
        for pattern in patterns { matchers.append(try matcher(pattern)) }
        return matchers
    }

    static func matcher(
        _ pattern: LinePattern
    ) throws(LineRulesError) -> LinePatternMatcher {
        do {
            return try LinePatternMatcher(pattern)
        } catch {
            throw LineRulesError(message: error.message)
        }
    }
}
