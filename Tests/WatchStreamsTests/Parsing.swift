// A stream's rules in a few words, and what they make of lines.

import WatchCore
import WatchStreams

/// One parser and what it gave, as tests like to ask it.
struct Parsing {
    let parser: LineParser

    init(_ configuration: StreamConfiguration) throws { parser = try LineParser(configuration) }

    func callAsFunction(_ line: String) -> ParsedLine { self(Array(line.utf8)) }

    func callAsFunction(_ line: [UInt8]) -> ParsedLine {
        var parsed = ParsedLine()
        line.withUnsafeBytes { parser.parse($0, into: &parsed) }
        return parsed
    }

    /// All lines in one slice.
    func slice(_ lines: [String]) -> StreamBatch.Slice {
        var sums = LineSums()
        for line in lines { parser.add(self(line), to: &sums) }
        return parser.slice(sums, second: 1)
    }
}

extension StreamConfiguration {
    /// A stream of this format, with roles as names or JSON paths.
    static func made(
        _ format: Format, _ roles: [Role: String] = [:], units: [Role: Unit] = [:],
        fields: [String: String] = [:], patterns: [(String, String)] = [],
        error: String? = nil, only: [LineFilter] = [], ignore: [LineFilter] = [],
        countsRoutes: Bool = false
    ) throws -> StreamConfiguration {
        var stream = StreamConfiguration(name: "app", kind: .file(path: "/a"), format: format)
        let source = { (text: String) throws -> Field.Source in
            if case .json = format { return .path(try JSONPath(text)) }
            return .name(text)
        }
        for (role, text) in roles {
            stream.roles[role] = Field(try source(text), unit: units[role])
        }
        for (name, text) in fields.sorted(by: { $0.key < $1.key }) {
            stream.fields.append(NamedField(name, try source(text)))
        }
        stream.patterns = patterns.map { NamedPattern($0.0, $0.1) }
        if let error {
            stream.error = try LineCondition(error)
        } else if roles[.status] == nil, !format.isNginx {
            stream.error = nil
        }
        stream.only = only
        stream.ignore = ignore
        stream.countsRoutes = countsRoutes
        return stream
    }
}

extension StreamConfiguration.Format {
    var isNginx: Bool {
        if case .nginx = self { true } else { false }
    }
}
