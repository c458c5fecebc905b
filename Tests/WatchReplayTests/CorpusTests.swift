// Logs as programs write them, self-made after what nginx, Apache, pino, Caddy, journald, rsyslog,
// Java and Python print: each with the exact figures that `watchctl stream` gives of it.

import Foundation
import Testing
import WatchConfig
import WatchCore
import WatchStreams

@testable import WatchReplay

@Suite struct CorpusTests {
    struct Sample: CustomTestStringConvertible, Sendable {
        var name: String
        /// Of the stream, besides its file.
        var rules: String
        var lines: Int
        var unparsed = 0
        var errors = 0
        var byStatus: [Int: Int] = [:]
        /// p50, p99 and max, seconds.
        var latency: [Double?] = [nil, nil, nil]
        var patterns: [String: Int] = [:]
        var first: String?
        var last: String?

        var testDescription: String { "\(name) \(rules.prefix(40))" }
    }

    private func stream(_ rules: String) throws -> StreamConfiguration {
        let text = "services: { shop: { streams: { log: { file: /a, \(rules) } } } }"
        let result = ConfigurationLoader.loadText(text)
        let configuration = try #require(
            result.configuration, "\(result.diagnostics.map(\.text).joined(separator: "\n"))")
        return try #require(configuration.service("shop")?.stream("log"))
    }

    private func path(_ name: String) throws -> String {
        try #require(
            Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Corpus")
        ).path
    }

    @Test(arguments: samples) func itsFiguresAreExact(sample: Sample) throws {
        let report = try StreamReport(
            of: path(sample.name), stream(sample.rules), window: .minutes(2))
        #expect(report.lines == sample.lines)
        #expect(report.parsed == sample.lines - sample.unparsed, "\(report.complaints)")
        #expect(report.unparsed == sample.unparsed)
        #expect(report.errors == sample.errors)
        #expect(report.byStatus == sample.byStatus)
        let latency = report.latency
        let seconds: [Double?] = [latency.percentile(50), latency.percentile(99), latency.max]
        #expect(seconds == sample.latency)
        #expect(report.patterns == sample.patterns)
        #expect(report.late == 0)
        #expect(report.ignored == 0)
        #expect(report.problem == nil)
        if let first = sample.first { #expect(report.first?.text == first) }
        if let last = sample.last { #expect(report.last?.text == last) }
    }

    @Test func routesOfACombinedLogAreCounted() throws {
        var builder = BatchBuilder(
            try LineParser(stream("format: nginx-combined, routes: true")))
        let now = WallTime(nanoseconds: 1_795_683_700_000_000_000)
        builder.begin(at: Moment(boot: Instant(nanoseconds: now.nanoseconds), wall: now))
        for line in try Data(contentsOf: URL(fileURLWithPath: path("nginx-combined.log")))
            .split(separator: 10)
        {
            Array(line).withUnsafeBytes { builder.consume($0) }
        }
        let slices = builder.take(source: .reading).slices
        let orders = slices.compactMap { $0.routes.routes["/api/orders/:id"] }
        #expect(orders.reduce(0) { $0 + $1.count } == 2)
        #expect(orders.reduce(0) { $0 + $1.errors } == 2)
        #expect(slices.contains { $0.routes.routes["/search"]?.count == 1 })
        #expect(slices.reduce(0) { $0 + $1.count } == 13)
    }

    @Test func aLineOfAMegabyteIsSkippedAndTheRestIsRead() throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("watchd-corpus-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        let long = String(repeating: "x", count: 1 << 20)
        try Data("1795683600.000 200 0.010\n\(long)\n1795683601.000 500 0.020\n".utf8)
            .write(to: path)
        let report = try StreamReport(
            of: path.path, stream(#"format: "$msec $status $request_time""#), window: .minutes(2))
        #expect(report.lines == 3)
        #expect(report.parsed == 2)
        #expect(report.unparsed == 1)
        #expect(report.errors == 1)
        #expect(report.complaints.map(\.line.number) == [2])
    }
}

extension CorpusTests {
    private static let timed =
        #"format: '$remote_addr $host $time_iso8601 "$request" $status $bytes_sent $request_time "#
        + #"$upstream_response_time $upstream_cache_status'"#
    private static let plain = #"format: "$msec $status $request_time""#
    private static let rsyslog =
        #"\d\d:\d\d:\d\d) \S+ [^:]+: (?:level=(?<level>\w+) )?'}, error: level >= error"#

    static let samples = [
        Sample(
            name: "nginx-combined.log", rules: "format: nginx-combined", lines: 14, unparsed: 1,
            errors: 3,
            byStatus: [
                101: 1, 200: 2, 201: 1, 304: 1, 400: 2, 404: 1, 408: 1, 499: 1, 502: 1, 503: 1,
                504: 1,
            ], first: "2026-11-26T09:00:00.000Z", last: "2026-11-26T09:00:06.000Z"),
        Sample(
            name: "nginx-timed.log", rules: timed, lines: 10, unparsed: 1, errors: 2,
            byStatus: [200: 6, 301: 1, 500: 1, 502: 1], latency: [0.008, 60.001, 60.001]),
        Sample(
            name: "apache-common.log", rules: "format: apache-common", lines: 6, errors: 1,
            byStatus: [200: 3, 304: 1, 404: 1, 500: 1], first: "2026-11-26T16:00:00.000Z"),
        Sample(
            name: "apache-combined.log", rules: "format: apache-combined", lines: 5, errors: 1,
            byStatus: [200: 1, 204: 1, 404: 1, 408: 1, 503: 1],
            first: "2026-11-26T09:00:00.000Z"),
        // Lines without a status, of no format, or cut, are unparsed: they must not look healthy.
        Sample(
            name: "pino.json",
            rules: "format: json, status: $.res.statusCode, time: { field: $.time, unit: ms }, "
                + "latency: { field: $.responseTime, unit: ms }, patterns: { luck: 'luck' }",
            lines: 8, unparsed: 4, errors: 1, byStatus: [200: 2, 404: 1, 500: 1],
            latency: [0.004, 1.25, 1.25], patterns: ["luck": 1],
            first: "2026-11-26T09:00:00.120Z", last: "2026-11-26T09:00:01.500Z"),
        Sample(
            name: "caddy.json",
            rules: "format: json, status: $.status, time: { field: $.ts, unit: s }, "
                + "latency: { field: $.duration, unit: s }",
            lines: 4, errors: 2, byStatus: [200: 1, 204: 1, 502: 1, 503: 1],
            latency: [0.0025, 3.0001, 3.0001], first: "2026-11-26T09:00:00.250Z",
            last: "2026-11-26T09:00:02.000Z"),
        Sample(
            name: "journal.json",
            rules: "format: json, level: $.PRIORITY, error: level >= error, "
                + "time: { field: $.__REALTIME_TIMESTAMP, unit: us }, "
                + "patterns: { panic: 'panic:' }",
            lines: 5, errors: 3, patterns: ["panic": 1], last: "2026-11-26T09:00:04.000Z"),
        Sample(
            name: "syslog-3164.log", rules: #"format: {regex: '^(\w{3} [ \d]\d "# + rsyslog,
            lines: 5, unparsed: 1, errors: 2),
        // A time without a year is none, and nothing is guessed.
        Sample(
            name: "syslog-3164.log", rules: #"format: {regex: '^(?<time>\w{3} [ \d]\d "# + rsyslog,
            lines: 5, unparsed: 5),
        Sample(
            name: "syslog-5424.log",
            rules: #"format: {regex: '^<\d+>1 (?<time>\S+) '}, patterns: { lost: 'violated' }"#,
            lines: 5, unparsed: 1, patterns: ["lost": 1], last: "2026-11-26T09:00:02.000Z"),
        Sample(
            name: "logfmt.log",
            rules: "format: logfmt, status: status, time: time, latency: duration, route: path",
            lines: 6, unparsed: 2, errors: 1, byStatus: [200: 2, 404: 1, 503: 1],
            latency: [0.004, 1.5, 1.5]),
        // The empty line behind the trace is a record of its own.
        Sample(
            name: "java.log",
            rules: "format: {regex: '^(?<time>\\S+) (?<level>[A-Z]+) '}, error: level >= error, "
                + "multiline: java, patterns: { integrity: 'integrity constraint' }",
            lines: 5, unparsed: 1, errors: 2, patterns: ["integrity": 1]),
        Sample(
            name: "python.log",
            rules: "format: {regex: '^(?<time>\\S+) (?<level>[A-Z]+) '}, error: level >= error, "
                + "multiline: python, patterns: { stock: 'no stock' }",
            lines: 4, errors: 2, patterns: ["stock": 1]),
        Sample(
            name: "crlf.log", rules: plain, lines: 6, unparsed: 2, errors: 1,
            byStatus: [200: 3, 500: 1], latency: [0.02, 0.05, 0.05]),
        // Invalid UTF-8, NUL bytes and a byte order mark spoil the lines they are in, no other.
        Sample(
            name: "hostile.log", rules: plain, lines: 8, unparsed: 5, errors: 1,
            byStatus: [200: 2, 503: 1], latency: [0.03, 0.05, 0.05]),
        // The hour that comes twice is told apart by the offset; without one there is no time.
        Sample(
            name: "dst.log", rules: "format: apache-common", lines: 6, unparsed: 1, errors: 1,
            byStatus: [200: 4, 500: 1], first: "2026-10-25T00:59:57.000Z",
            last: "2026-10-25T01:00:01.000Z"),
    ]
}
