// What one line gives, format by format.

import Testing
import WatchCore
import WatchStreams

@Suite struct LineParserTests {
    static let time = WallTime(text: "2026-11-21T09:30:00Z")?.nanoseconds

    static let json: [StreamConfiguration.Role: String] = [
        .status: "$.status", .latency: "$.took_ms", .time: "$.ts", .level: "$.level",
        .route: "$.req.path",
    ]

    @Test func aLineOfJSONIsRead() throws {
        let parse = try Parsing(
            .made(
                .json, Self.json, units: [.latency: .ms], error: "status >= 500 or level == error"))
        let line = parse(
            #"{"ts":"2026-11-21T10:30:00+01:00","level":"ERROR","status":200,"took_ms":12.5}"#)
        #expect(line.outcome == .counted)
        #expect(line.time == Self.time)
        #expect(line.level == .error)
        #expect(line.status == 200)
        #expect(line.latency == 0.0125)
        #expect(line.isError)
    }

    @Test func aLineOfLogfmtIsRead() throws {
        let parse = try Parsing(
            .made(
                .logfmt,
                [.status: "status", .latency: "duration", .time: "t", .level: "level"],
                units: [.time: .ms], error: "status >= 500 or level >= error"))
        let line = parse(
            #"t=1795253400000 level=info msg="said \"hi\" status=500" status=204 duration=1.5ms ok"#
        )
        #expect(line.outcome == .counted)
        #expect(line.time == Self.time)
        #expect(line.level == .info)
        #expect(line.status == 204)
        #expect(line.latency == 0.0015)
        #expect(!line.isError)
        #expect(parse("level=fatal status=200").isError)
    }

    @Test func aLineOfARegexIsReadByItsGroups() throws {
        let parse = try Parsing(
            .made(
                .regex(#"^(?<time>\S+) (?<level>[A-Z]+) (?:(?<status>\d+) )?in (?<latency>\S+)"#),
                [.time: "time", .level: "level", .status: "status", .latency: "latency"],
                error: "status >= 500 or level == error"))
        let line = parse("2026-11-21T09:30:00Z WARN 503 in 2s")
        #expect(line.time == Self.time)
        #expect(line.level == .warning)
        #expect(line.status == 503)
        #expect(line.latency == 2)
        #expect(line.isError)
        #expect(parse("2026-11-21T09:30:00Z INFO in 2s").outcome == .counted)
        #expect(parse("something else").outcome == .unparsed)
    }

    @Test func nginxVariablesCanBeNamed() throws {
        let parse = try Parsing(
            .made(
                .nginx("$remote_addr [$when] $status $took \"$request\""),
                [.time: "when", .latency: "took"], units: [.time: .s, .latency: .us],
                fields: ["client": "remote_addr"], countsRoutes: true))
        let line = parse(#"::1 [1795253400] 200 1500 "GET / HTTP/1.1""#)
        #expect(line.outcome == .counted)
        #expect(line.time == Self.time)
        #expect(line.latency == 0.0015)
        #expect(parse(#"::1 [x] 200 1500 "GET / HTTP/1.1""#).outcome == .unparsed)
        #expect(parse(#"::1 [1] 200 1x "GET / HTTP/1.1""#).outcome == .unparsed)
        #expect(parse(#"::1 [1] 200 - "GET / HTTP/1.1""#).latency == nil)
    }

    @Test func withoutAFormatEachLineCounts() throws {
        let parse = try Parsing(
            .made(.lines, patterns: [("loss", "integrity constraint|data loss")]))
        let slice = parse.slice(["", "\u{0}", "data loss!", "integrity constraint violated"])
        #expect(slice.count == 4)
        #expect(slice.errors == 0)
        #expect(slice.patterns == ["loss": 2])
    }

    // MARK: - What does not fit

    @Test(arguments: [
        #"{"status":"abc"}"#, #"{"status":1000}"#, #"{"status":-1}"#, #"{"status":[200]}"#,
        #"{"status":true}"#, #"{"status":200.5}"#, #"{"status":200,"took_ms":"fast"}"#,
        #"{"status":200,"took_ms":-1}"#, #"{"status":200,"ts":"yesterday"}"#,
        #"{"status":200,"ts":"2026-11-21T09:30:00"}"#, #"{"status":200"#, "panic: x", "",
    ])
    func aValueThatIsThereAndIsNoneMakesTheLineUnparsed(text: String) throws {
        let parse = try Parsing(.made(.json, Self.json, units: [.latency: .ms]))
        #expect(parse(text).outcome == .unparsed)
    }

    @Test(arguments: [
        #"{"status":200}"#, #"{"status":"200","ts":null,"took_ms":"-"}"#,
        #"{"status":2e2,"took_ms":""}"#,
    ])
    func aValueThatIsMissingIsNoMistake(text: String) throws {
        let parse = try Parsing(.made(.json, Self.json, units: [.latency: .ms]))
        let line = parse(text)
        #expect(line.outcome == .counted)
        #expect(line.status == 200)
        #expect(line.latency == nil)
        #expect(line.time == nil)
    }

    @Test func aReleaseThatRenamesTheStatusIsNotTakenForHealthy() throws {
        let parse = try Parsing(.made(.json, [.status: "$.status"]))
        #expect(parse(#"{"status_code":500}"#).outcome == .unparsed)
        let both = try Parsing(
            .made(
                .json, [.status: "$.status", .level: "$.level"],
                error: "status >= 500 or level == error"))
        #expect(both(#"{"level":"info"}"#).outcome == .counted)
        #expect(both(#"{"level":"odd"}"#).outcome == .unparsed)
        #expect(both(#"{"severity":"error"}"#).outcome == .unparsed)
    }

    @Test func patternsLookAtLinesThatDoNotFitToo() throws {
        let parse = try Parsing(
            .made(.json, [.status: "$.status"], patterns: [("panic", "^panic:"), ("five", "5")]))
        let slice = parse.slice([
            "panic: runtime error", #"{"status":500}"#, #"{"status":200}"#, "at main.go:5",
        ])
        #expect(slice.count == 2)
        #expect(slice.errors == 1)
        #expect(slice.patterns == ["panic": 1, "five": 2])
    }

    // MARK: - Times

    @Test(arguments: [
        ("1795253400", StreamConfiguration.Unit.s), ("1795253400.0", .s),
        ("1795253400000", .ms), ("1795253400000000", .us), ("1795253400000000000", .ns),
        ("1.7952534e9", .s), ("2026-11-21T09:30:00Z", .s), ("2026-11-21 10:30:00+01:00", .s),
        ("2026-11-21t09:30:00.000z", .ms), ("2026-11-21T04:30:00.000-0500", .s),
        ("21/Nov/2026:09:30:00 +0000", .s),
    ])
    func timesAreRead(text: String, unit: StreamConfiguration.Unit) throws {
        let parse = try Parsing(.made(.json, [.time: "$.t"], units: [.time: unit]))
        #expect(parse("{\"t\":\"\(text)\"}").time == Self.time)
        if !text.contains(where: { "-:/tT".contains($0) }) {
            #expect(parse("{\"t\":\(text)}").time == Self.time)
        }
    }

    @Test(arguments: [
        "2026-11-21T09:30:00", "09:30:00", "2026-13-21T09:30:00Z", "-5", "99999999999",
        "Sat Nov 21 09:30:00 2026", "1795253400x",
    ])
    func timesThatWouldBeGuessedAreNone(text: String) throws {
        let parse = try Parsing(.made(.json, [.time: "$.t"]))
        #expect(parse("{\"t\":\"\(text)\"}").outcome == .unparsed)
    }

    // MARK: - Latencies

    @Test(arguments: [
        ("0.25", 0.25), ("250ms", 0.25), ("2.5e-1", 0.25), ("1m2.5s", 62.5), ("1h0m1s", 3601),
        ("15µs", 15e-6), ("15μs", 15e-6), ("3us", 3e-6), ("7ns", 7e-9), ("0", 0),
    ])
    func latenciesAreRead(text: String, seconds: Double) throws {
        let parse = try Parsing(.made(.logfmt, [.latency: "d"]))
        #expect(abs((parse("d=\(text)").latency ?? -1) - seconds) <= seconds * 1e-12)
    }

    @Test(arguments: ["1x", "ms", "1m2", "-1", "1e999", ".5", "1..2", "1,5", "0x10", "5 000"])
    func latenciesThatAreNoneAreRefused(text: String) throws {
        let parse = try Parsing(.made(.logfmt, [.latency: "d"]))
        #expect(parse("d=\"\(text)\"").outcome == .unparsed)
    }
}
