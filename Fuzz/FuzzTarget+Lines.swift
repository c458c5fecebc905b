// Any bytes as lines of a log, in each kind of format: never a crash nor a value that is none, and
// where there are two ways to read a line, the quick and the thorough one, they read the same.
// The first byte chooses the format.

import WatchConfig
import WatchCore
import WatchStreams

extension FuzzTarget {
    private static let timed =
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
        + #""$http_referer" "$http_user_agent" $request_time"#

    /// What stands behind `file: /a,`. The plain nginx ones come first: they have two scanners.
    private static let rules = [
        "format: nginx-combined", "format: apache-combined", "format: apache-common",
        "format: '\(timed)'", #"format: "$msec|$status|$request_time|$host""#,
        #"format: "$request $status $body_bytes_sent $upstream_response_time""#,
        #"format: '[$time_iso8601] $status $request_time "$http_x" $uri'"#,
        "format: '\(timed)', routes: true, fields: { client: $remote_addr }, "
            + "patterns: { broken: ' 50[0-9] ' }, ignore: [ { route: '^/health' } ]",
        "format: json, status: $.s, latency: { field: $.l, unit: ms }, "
            + "time: { field: $.t, unit: ms }",
        "format: json, status: \"$.a[0]['s t']\", level: '$.v[-1]', "
            + "error: status >= 500 or level >= error, fields: { user: $.u.id }, "
            + "patterns: { panic: 'panic|fatal' }",
        "format: logfmt, status: status, latency: duration, time: time, route: path, routes: true",
        "format: { regex: '^(?<time>\\S+) (?<level>\\w+) (?:(?<status>\\d+) (?<latency>[\\d.]+))?' }, "
            + "error: status >= 500 or level >= error",
        "format: { regex: '^(?<time>\\S+) (?<level>[A-Z]+)' }, error: level >= error, "
            + "multiline: java",
        "format: { regex: '^(?<level>[A-Z]+)' }, error: level >= error, multiline: python",
        "format: { regex: '(?<status>\\d\\d\\d)$' }, multiline: { start: '^\\d' }",
    ]

    private static let jsonStatus = try? JSONPath("$.s")

    private static let streams: [StreamConfiguration] = rules.map { rules in
        let text = "services: { shop: { streams: { log: { file: /a, \(rules) } } } }"
        let result = ConfigurationLoader.loadText(text)
        guard let stream = result.configuration?.service("shop")?.stream("log") else {
            preconditionFailure("\(rules): \(result.diagnostics.map(\.text))")
        }
        return stream
    }

    static func lines(_ bytes: [UInt8]) {
        guard let choice = bytes.first else { return }
        let stream = streams[Int(choice) % streams.count]
        guard let parser = try? LineParser(stream), let again = try? LineParser(stream) else {
            preconditionFailure("the rules are not good")
        }
        var format: LogFormat?
        if case .nginx(let source) = stream.format { format = try? LogFormat(source) }
        var parsed = ParsedLine()
        var builder = BatchBuilder(again)
        builder.begin(
            at: Moment(boot: .seconds(1_000_000), wall: .seconds(1_795_683_600)))
        for line in bytes.dropFirst().split(separator: 10, omittingEmptySubsequences: false) {
            let line = Array(line)
            line.withUnsafeBytes { raw in
                parser.parse(raw, into: &parsed)
                builder.consume(raw)
            }
            check(parsed, stream)
            if let format { compare(parsed, line, format) }
            if case .json = stream.format { compare(parsed, line) }
        }
        builder.beganFile()
        let batch = builder.take(source: .reading)
        let counted = batch.slices.reduce(0) { $0 + $1.count }
        precondition(batch.lines >= counted, "more is counted than there are lines")
        precondition(batch.lines >= batch.losses.unparsed, "more is lost than there are lines")
    }

    private static func check(_ parsed: ParsedLine, _ stream: StreamConfiguration) {
        if let status = parsed.status {
            precondition((0...999).contains(status), "a status that is none")
        }
        if let latency = parsed.latency {
            precondition(latency >= 0 && latency.isFinite, "a latency that is none")
        }
        precondition(
            UInt64(parsed.patterns) >> UInt64(stream.patterns.count) == 0, "a pattern of nobody")
    }

    /// The scanner by itself, without the quick one before it.
    private static func compare(_ parsed: ParsedLine, _ line: [UInt8], _ format: LogFormat) {
        guard parsed.outcome != .ignored else { return }
        let line = withoutReturn(line)
        let thorough = line.withUnsafeBytes { format.parse($0) }
        precondition((parsed.outcome == .counted) == (thorough != nil), "two ways, two lines")
        guard let thorough else { return }
        precondition(parsed.status == thorough.status, "two ways, two statuses")
        precondition(parsed.latency == thorough.latency, "two ways, two latencies")
        precondition(parsed.time == thorough.time, "two ways, two times")
    }

    /// The parser of whole documents.
    private static func compare(_ parsed: ParsedLine, _ line: [UInt8]) {
        guard parsed.outcome == .counted else { return }
        let document = JSONValue(body: withoutReturn(line))
        precondition(document != nil, "a line of JSON that is no JSON")
        guard let path = jsonStatus, let status = parsed.status, case .object? = document,
            let value = document?[path]
        else { return }
        switch value {
        case .number(let number): precondition(number == Double(status), "another status")
        case .string(let text):
            precondition(Int(text) == status || text == "-", "another status")
        case .null, .bool, .array, .object: preconditionFailure("a status that is none")
        }
    }

    private static func withoutReturn(_ line: [UInt8]) -> [UInt8] {
        line.last == 13 ? Array(line.dropLast()) : line
    }
}
