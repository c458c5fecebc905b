// From the bytes of a line to what is counted of it: filters, the format's scanner, values,
// patterns. One for each stream, whoever follows it: the daemon and a replay parse alike.

public import WatchCore
import WatchPatterns

/// Parses the lines of one stream. Confined to one thread; copies would share their memory, so it
/// is a class.
///
/// What happens to a line, in this order:
/// 1. Filters that ask the whole line only (`ignore: [ { line: … } ]`) are asked, and may leave it
///    out, whether or not it fits the format.
/// 2. It is read as the format says. One that does not fit is *unparsed*; so is one whose status,
///    latency or time is there and is none, and one that has none of the values `error:` names: a
///    release that changes its log must make the stream blind, not healthy.
/// 3. Filters that ask values.
/// 4. Patterns look at the line as it was written, also at an unparsed one: a stack trace between
///    lines of JSON is just what they are for. A line without a format fits always.
///
/// A carriage return before the newline is no part of the line. Lines left out are counted nowhere.
/// A line without a time of its own counts when it is read. Where a line names a value twice, the
/// last counts. Patterns that need too much for a line make it unparsed.
public final class LineParser {
    /// Longer lines are not looked at.
    public static let lineLimit = FileFollower.lineLimit

    let rules: LineRules
    /// Nothing but status, latency and time is read.
    let isPlain: Bool
    let values: LineValues
    let regex: LinePatternMatcher?
    /// For whoever cuts a log into records; nil: each line is one.
    public let joiner: LineJoiner?
    var routes = RouteTable()
    /// The level that came with the line (journald's priority); one in its text goes before.
    var outerLevel: LogLevel?
    private let patterns: [LinePatternMatcher]
    private let onlyLines: LineFilters
    private let onlyValues: LineFilters
    private let ignoreLines: LineFilters
    private let ignoreValues: LineFilters

    public init(_ rules: LineRules) throws(LineRulesError) {
        self.rules = rules
        isPlain = rules.isPlain
        values = LineValues(
            slots: rules.slots.sources.count,
            nginx: rules.shape == .nginx ? rules.nginx : nil)
        regex = try rules.regex.map { pattern throws(LineRulesError) in
            try LineFilters.matcher(pattern)
        }
        joiner = try rules.joining.map { rule throws(LineRulesError) in try LineJoiner(rule) }
        patterns = try LineFilters.matchers(rules.patterns)
        // Whether one of several takes a line is known when all were asked.
        let onlyAsksLine = rules.only.allSatisfy(\.asksLineOnly)
        onlyLines = try LineFilters(onlyAsksLine ? rules.only : [])
        onlyValues = try LineFilters(onlyAsksLine ? [] : rules.only)
        ignoreLines = try LineFilters(rules.ignore.filter(\.asksLineOnly))
        ignoreValues = try LineFilters(rules.ignore.filter { !$0.asksLineOnly })
    }

    /// - Parameter audiences: the fields whose distinct values are counted; nil: all.
    public convenience init(
        _ configuration: StreamConfiguration, audiences: Set<String>? = nil
    ) throws(LineRulesError) {
        try self.init(LineRules(configuration, audiences: audiences))
    }

    // MARK: - Parsing

    /// Reads a line without its newline into `parsed`, which can be used again and again.
    @inline(__always)
    public func parse(_ line: UnsafeRawBufferPointer, into parsed: inout ParsedLine) {
        guard isPlain else {
            let line = Self.withoutReturn(line)
            return parseFully(line, head: line, into: &parsed)
        }
        guard let fields = plain(line) else { return parsed.clear() }
        parsed.outcome = .counted
        parsed.status = fields.status
        parsed.latency = fields.latency
        parsed.time = fields.time
        parsed.isError = isError(fields)
    }

    /// The values of a line of a plain stream; nil: it is unparsed.
    @inline(__always)
    func plain(_ line: UnsafeRawBufferPointer) -> LogLine? {
        let line = Self.withoutReturn(line)
        if let quick = values.quick, let fields = quick.scan(line, NoCaptures()) { return fields }
        return thoroughly(line)
    }

    @inline(never)
    private func thoroughly(_ line: UnsafeRawBufferPointer) -> LogLine? {
        rules.nginx.parse(line, memo: &values.memo.pointee)
    }

    /// A log that went through another system may end its lines with CR LF.
    @inline(__always)
    static func withoutReturn(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard line.count > 0, line[line.count - 1] == 13 else { return line }
        return UnsafeRawBufferPointer(rebasing: line[..<(line.count - 1)])
    }

    @inline(__always)
    func isError(_ fields: LogLine) -> Bool {
        rules.errors.answer(status: fields.status, level: nil) == .error
    }

    /// Reads a record of several lines: the format sees the first of them, `head` bytes long,
    /// filters and patterns all of it.
    public func parse(
        record: UnsafeRawBufferPointer, head: Int, into parsed: inout ParsedLine
    ) {
        let first = UnsafeRawBufferPointer(rebasing: record[..<head])
        parseFully(
            Self.withoutReturn(record), head: Self.withoutReturn(first), into: &parsed)
    }

    private func parseFully(
        _ line: UnsafeRawBufferPointer, head: UnsafeRawBufferPointer,
        into parsed: inout ParsedLine
    ) {
        parsed.clear()
        guard line.count <= Self.lineLimit else { return }
        do {
            if !onlyLines.isEmpty, try !onlyLines.fit(line, values) {
                parsed.outcome = .ignored
                return
            }
            if !ignoreLines.isEmpty, try ignoreLines.fit(line, values) {
                parsed.outcome = .ignored
                return
            }
            if try read(head, into: &parsed) {
                if try isFilteredByValue(line) {
                    parsed.clear()
                    parsed.outcome = .ignored
                    return
                }
                judge(head, into: &parsed)
            }
        } catch {
            parsed.outcome = .unparsed
        }
        find(line, into: &parsed)
    }

    private func isFilteredByValue(
        _ line: UnsafeRawBufferPointer
    ) throws(PatternLimitError) -> Bool {
        if rules.wantsRoute { readRoute(line) }
        if !onlyValues.isEmpty, try !onlyValues.fit(line, values) { return true }
        if ignoreValues.isEmpty { return false }
        return try ignoreValues.fit(line, values)
    }

    private func find(_ line: UnsafeRawBufferPointer, into parsed: inout ParsedLine) {
        for (index, pattern) in patterns.enumerated() {
            do {
                if try pattern.matches(line) { parsed.patterns |= 1 << UInt32(index) }
            } catch {
                parsed.outcome = .unparsed
            }
        }
    }

    // MARK: - Counting

    /// Counts a line of this parser: all of it, or of an unparsed one the patterns it matched.
    @inline(__always)
    public func add(_ parsed: ParsedLine, to sums: inout LineSums) { sums.add(parsed) }

    /// What was summed up as the engine takes it.
    /// - Parameter second: of `CLOCK_BOOTTIME`.
    public func slice(_ sums: LineSums, second: Int64) -> StreamBatch.Slice {
        var slice = StreamBatch.Slice(
            second: second, count: sums.count, errors: sums.errors, latency: sums.latency)
        for (index, count) in sums.patterns.enumerated() where count > 0 {
            slice.patterns[rules.patternNames[index]] = count
        }
        for (index, audience) in sums.audiences.enumerated() where rules.named[index].isAudience {
            slice.audiences[rules.named[index].name] = audience
        }
        let isNamed = sums.routeGeneration == routes.generation
        for (index, counts) in sums.routes.enumerated() where counts.count > 0 {
            slice.routes.add(counts, to: isNamed ? routes.names[index] : nil)
        }
        slice.routes.add(sums.otherRoutes, to: nil)
        return slice
    }

    /// Forgets the routes when no further one would be told apart. To be called when no sums are
    /// open: theirs would lose their names.
    public func renewRoutes() {
        if routes.isFull { routes.removeAll() }
    }
}
