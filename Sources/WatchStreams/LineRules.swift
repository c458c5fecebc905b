// What a stream's configuration asks of each line, compiled once and shared by whoever parses.

public import WatchCore
import WatchPatterns

/// The rules of one stream. Immutable; a `LineParser` has the memory that parsing needs.
public struct LineRules: Sendable {
    enum Shape: Sendable {
        case nginx, json, logfmt, regex, lines
    }

    /// A field that is read as text, and where its value is put.
    struct NamedSlot: Sendable {
        var name: String
        var slot: Int
        /// Its values are counted as distinct ones.
        var isAudience: Bool
    }

    struct Filter: Sendable {
        enum Subject: Sendable {
            case line, route
            case slot(Int)
        }

        struct Part: Sendable {
            var subject: Subject
            var pattern: LinePattern
        }

        var parts: [Part]

        /// It can be asked before anything else is known of the line.
        var asksLineOnly: Bool {
            parts.allSatisfy { part in
                if case .line = part.subject { true } else { false }
            }
        }
    }

    struct Joining: Sendable {
        enum Shape: Sendable {
            case start(LinePattern), java(LinePattern)
            case python
        }

        var shape: Shape
        var lines: Int
        var wait: Duration
    }

    let shape: Shape
    /// Which lines are one record; nil: each is.
    let joining: Joining?
    let nginx: LogFormat
    let json: JSONPaths
    /// Of logfmt, in the order of the slots.
    let keys: [[UInt8]]
    let regex: LinePattern?
    /// Numbers of its groups, in the order of the slots.
    let groups: [Int]
    let slots: LineSlots
    let named: [NamedSlot]
    let patterns: [LinePattern]
    let only: [Filter]
    let ignore: [Filter]
    let errors: ErrorTable
    /// Names in the order of a parser's numbers.
    let patternNames: [String]
    let fieldNames: [String]
    let wantsRoute: Bool
    let countsRoutes: Bool
    /// The route is in a request line, not a path.
    let routeIsRequest: Bool
    /// Nothing but status, latency and time is read.
    let isPlain: Bool
    /// Lines come with a level, which is not in their text.
    let hasOuterLevel: Bool

    /// - Parameter audiences: the fields whose distinct values are counted; nil: all.
    /// - Throws: when the configuration is not one that the reader made.
    public init(
        _ configuration: StreamConfiguration, audiences: Set<String>? = nil
    ) throws(LineRulesError) {
        var slots = LineSlots(configuration)
        let isCounted = { (name: String) in audiences?.contains(name) ?? true }
        var named: [NamedSlot] = []
        for field in configuration.fields.prefix(StreamConfiguration.fieldLimit) {
            named.append(
                NamedSlot(
                    name: field.name, slot: slots.add(field.source),
                    isAudience: isCounted(field.name)))
        }
        let asked = (configuration.only + configuration.ignore).flatMap(\.parts).map(\.subject)
        let asksRoute = asked.contains(.role(.route))
        countsRoutes = configuration.countsRoutes
        wantsRoute = asksRoute || configuration.countsRoutes
        slots.addRoles(asked: asked, route: wantsRoute, error: configuration.error)
        routeIsRequest = slots.routeIsRequest
        self.slots = slots
        self.named = named
        fieldNames = named.map(\.name)
        patternNames = configuration.patternNames
        let isJoined = configuration.multiline != nil
        joining = try configuration.multiline.map { rule throws(LineRulesError) in
            try Self.joining(rule)
        }
        patterns = try Self.compile(
            configuration.patterns.map { isJoined ? Self.ofEachLine($0.pattern) : $0.pattern })
        only = try Self.filters(configuration.only, slots, named)
        ignore = try Self.filters(configuration.ignore, slots, named)
        errors = ErrorTable(configuration.error)
        nginx = try Self.nginx(configuration, slots)
        json = JSONPaths(slots.sources)
        keys = slots.names.map { Array($0.utf8) }
        let regex = try Self.regex(configuration.format)
        groups = try Self.groups(slots.names, regex)
        self.regex = regex
        shape = Self.shape(configuration.format)
        hasOuterLevel = configuration.hasOuterLevel
        isPlain =
            shape == .nginx && slots.sources.isEmpty && patterns.isEmpty && only.isEmpty
            && ignore.isEmpty && !configuration.hasOuterLevel
            && !isJoined
    }

    private static func joining(_ rule: MultilineRule) throws(LineRulesError) -> Joining {
        let shape: Joining.Shape
        switch rule.shape {
        case .start(let pattern): shape = .start(try compile(pattern))
        case .java: shape = .java(try compile(LineJoiner.java))
        case .python: shape = .python
        }
        return Joining(shape: shape, lines: rule.lines, wait: rule.wait)
    }

    /// In a record `^` and `$` are the ends of each of its lines, as they are without one. (Verbs,
    /// pcre2pattern(3), come first in a pattern.)
    private static func ofEachLine(_ pattern: String) -> String {
        pattern.hasPrefix("(*") ? pattern : "(?m)" + pattern
    }

    private static func shape(_ format: StreamConfiguration.Format) -> Shape {
        switch format {
        case .nginx: .nginx
        case .json: .json
        case .logfmt: .logfmt
        case .regex: .regex
        case .lines: .lines
        }
    }

    private static func regex(
        _ format: StreamConfiguration.Format
    ) throws(LineRulesError) -> LinePattern? {
        if case .regex(let text) = format { try compile(text) } else { nil }
    }

    private static func groups(
        _ names: [String], _ regex: LinePattern?
    ) throws(LineRulesError) -> [Int] {
        guard let regex else { return [] }
        var groups: [Int] = []
        for name in names {
            guard let group = regex.pattern.names[name] else {
                throw LineRulesError(message: "the pattern has no group '\(printable(name))'")
            }
            groups.append(group)
        }
        return groups
    }

    private static func nginx(
        _ configuration: StreamConfiguration, _ slots: LineSlots
    ) throws(LineRulesError) -> LogFormat {
        let text =
            if case .nginx(let text) = configuration.format { text } else { "$status" }
        do {
            return try LogFormat(text, roles: configuration.roles, captures: slots.names)
        } catch {
            throw LineRulesError(message: error.description)
        }
    }

    private static func compile(_ sources: [String]) throws(LineRulesError) -> [LinePattern] {
        var patterns: [LinePattern] = []
        for source in sources.prefix(StreamConfiguration.patternLimit) {
            patterns.append(try compile(source))
        }
        return patterns
    }

    private static func compile(_ source: String) throws(LineRulesError) -> LinePattern {
        do {
            return try LinePattern(source)
        } catch {
            throw LineRulesError(message: "the pattern '\(printable(source))': \(error.message)")
        }
    }

    private static func filters(
        _ filters: [LineFilter], _ slots: LineSlots, _ named: [NamedSlot]
    ) throws(LineRulesError) -> [Filter] {
        var compiled: [Filter] = []
        for filter in filters {
            var parts: [Filter.Part] = []
            for part in filter.parts {
                let subject: Filter.Subject
                switch part.subject {
                case .line: subject = .line
                case .role(.route): subject = .route
                case .role(let role): subject = .slot(slots.slot(of: role))
                case .field(let name):
                    guard let field = named.first(where: { $0.name == name }) else {
                        throw LineRulesError(message: "no field '\(printable(name))'")
                    }
                    subject = .slot(field.slot)
                }
                parts.append(Filter.Part(subject: subject, pattern: try compile(part.pattern)))
            }
            compiled.append(Filter(parts: parts))
        }
        return compiled
    }
}
