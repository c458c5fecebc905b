// The line side of a stream, whole: from bytes to slices, beside a bare PCRE2-JIT loop that only
// matches the plain nginx line and takes nothing from it.

import WatchCore
import WatchPatterns
import WatchStreams

extension Bench {
    private static let lineCount = 50_000

    static func parsing() throws {
        let nginx = lines(lineCount)
        let peer = try bare(nginx)
        row(
            "bare PCRE2-JIT, a timed nginx line", "\(millions(peer)) M lines/s",
            "the peer of these:")
        var stream = StreamConfiguration(
            name: "access", kind: .file(path: "/"), format: .nginx(format))
        try parsing("nginx", stream, nginx, peer)
        stream.patterns = [.init("loss", "integrity constraint|data loss")]
        try parsing("nginx, one pattern", stream, nginx, peer)
        stream.patterns = []
        stream.countsRoutes = true
        try parsing("nginx, routes", stream, nginx, peer)
        stream.fields = [.init("client", .name("remote_addr"))]
        try parsing("nginx, routes and clients", stream, nginx, peer)
        try parsing("JSON", json(), jsonLines(), peer)
        try parsing("logfmt", logfmt(), logfmtLines(), peer)
    }

    private static func bare(_ lines: [[UInt8]]) throws -> Double {
        let matcher = try PatternMatcher(Pattern(pattern))
        var matched = 0
        let took = try best {
            matched = 0
            for line in lines {
                if try line.withUnsafeBytes({ try matcher.matches($0) }) { matched += 1 }
            }
        }
        precondition(matched == lines.count, "the pattern must match every line")
        return Double(lines.count) / took
    }

    private static func parsing(
        _ what: String, _ stream: StreamConfiguration, _ lines: [[UInt8]], _ peer: Double
    ) throws {
        var builder = BatchBuilder(try LineParser(stream))
        builder.begin(at: Moment(boot: .seconds(1000), wall: .seconds(1_795_253_500)))
        var counted = 0
        let took = best {
            for line in lines { line.withUnsafeBytes { builder.consume($0) } }
            counted = builder.take(source: .reading).slices.reduce(0) { $0 + $1.count }
        }
        precondition(counted == lines.count, "each line must be counted")
        let perSecond = Double(lines.count) / took
        let width = lines.reduce(0) { $0 + $1.count } / lines.count
        row(
            "parse and sum up \(what), \(width) B", "\(millions(perSecond)) M lines/s",
            "\(times(perSecond / peer)) the bare loop")
    }

    private static func json() throws -> StreamConfiguration {
        var stream = StreamConfiguration(name: "app", kind: .file(path: "/"), format: .json)
        stream.roles = [
            .status: .init(.path(try JSONPath("$.status"))),
            .latency: .init(.path(try JSONPath("$.took_ms")), unit: .ms),
            .time: .init(.path(try JSONPath("$.time"))),
        ]
        return stream
    }

    private static func jsonLines() -> [[UInt8]] {
        (0..<lineCount).map { number in
            let time = "2026-11-21T09:30:\(number % 50 + 10).123Z"
            return Array(
                (#"{"time":"\#(time)","level":"info","msg":"request done","trace":"4bf92f3577b3","#
                    + #""req":{"method":"GET","path":"/api/orders/\#(number)","ua":"Mozilla/5.0"},"#
                    + #""status":\#(number % 50 == 0 ? 502 : 200),"took_ms":\#(number % 90 + 10).25}"#)
                    .utf8)
        }
    }

    private static func logfmt() -> StreamConfiguration {
        var stream = StreamConfiguration(name: "app", kind: .file(path: "/"), format: .logfmt)
        stream.roles = [
            .status: .init(.name("status")), .latency: .init(.name("took")),
            .time: .init(.name("time")),
        ]
        return stream
    }

    private static func logfmtLines() -> [[UInt8]] {
        (0..<lineCount).map { number in
            let time = "2026-11-21T09:30:\(number % 50 + 10).123Z"
            return Array(
                (#"time=\#(time) level=info msg="request done" trace=4bf92f3577b3 method=GET "#
                    + "path=/api/orders/\(number) status=\(number % 50 == 0 ? 502 : 200) "
                    + "took=\(number % 90 + 10).25ms").utf8)
        }
    }
}
