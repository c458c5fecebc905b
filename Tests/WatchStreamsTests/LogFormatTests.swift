// Lines as real servers write them, and formats as people do.

import Testing
import WatchCore
import WatchStreams

@Suite struct LogFormatTests {
    static let timed =
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
        + #""$http_referer" "$http_user_agent" $request_time"#

    private func nanoseconds(_ text: String) -> Int64? { WallTime(text: text)?.nanoseconds }

    @Test func aTimedNginxLineIsRead() throws {
        let line = try #require(
            parse(
                LogFormat(Self.timed),
                #"203.0.113.7 - - [21/Nov/2026:09:30:00 +0000] "GET /a?b HTTP/1.1" 503 157 "-" "#
                    + #""Mozilla/5.0 (X11; \x22odd\x22)" 0.012"#))
        #expect(line.status == 503)
        #expect(line.latency == 0.012)
        #expect(line.time == nanoseconds("2026-11-21T09:30:00Z"))
    }

    @Test(arguments: [
        (
            LogFormat.nginxCombined,
            #"::1 - bob [01/Jan/2027:00:00:01 +0530] "-" 400 0 "-" "-""#, 400,
            "2026-12-31T18:30:01Z"
        ),
        (
            LogFormat.apacheCommon,
            #"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache.gif HTTP/1.0" 200 2326"#,
            200, "2000-10-10T20:55:36Z"
        ),
        (
            LogFormat.apacheCombined,
            #"127.0.0.1 - frank [29/Feb/2024:23:59:60 +0000] "GET /\"q\" HTTP/1.0" 500 - "#
                + #""http://a/\" 200 1" "Mozilla/4.08 [en] (Win98; I ;Nav)""#,
            500, "2024-03-01T00:00:00Z"
        ),
        (
            "$time_iso8601 $status", "2026-11-21T10:30:00+01:00 499", 499,
            "2026-11-21T09:30:00Z"
        ),
        ("$msec ${status}ms", "1795253400.250 204ms", 204, "2026-11-21T09:30:00.25Z"),
        (
            #"{"t":"$time_iso8601","r":"$request","s":$status}"#,
            #"{"t":"2026-11-21T09:30:00Z","r":"GET /\",\"s\":500 x","s":200}"#, 200,
            "2026-11-21T09:30:00Z"
        ),
    ])
    func goldenLines(format: String, text: String, status: Int, time: String) throws {
        let line = try #require(parse(LogFormat(format), text))
        #expect(line.status == status)
        #expect(line.time == nanoseconds(time))
    }

    @Test(arguments: [
        ("0.100", 0.1), ("0.1, 0.2 : 0.3", 0.6), ("-, 0.25", 0.25), ("-", nil), ("- : -", nil),
        ("0.000", 0.0),
    ])
    func timesOfSeveralUpstreamsAreSummed(text: String, latency: Double?) throws {
        for format in [
            "$upstream_addr $upstream_response_time $status",
            "$upstream_addr [$upstream_response_time] $status",
        ] {
            let value = format.contains("[") ? "[\(text)]" : text
            let line = try #require(
                parse(LogFormat(format), "10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80 \(value) 200"))
            #expect(line.status == 200)
            #expect((line.latency ?? -1).isApproximately(latency ?? -1))
        }
    }

    @Test func theRequestTimeIsPreferredToTheUpstreams() throws {
        let format = try LogFormat("$upstream_response_time $request_time $status")
        #expect(parse(format, "0.1, 0.2 0.5 200")?.latency == 0.5)
    }

    @Test func abortedAndUnansweredRequestsCountAndAreNoErrors() throws {
        let format = try LogFormat("$status $request_time")
        #expect(parse(format, "000 0.1")?.status == 0)
        #expect(parse(format, "- 0.1")?.status == 0)
        #expect(parse(format, "499 0.1")?.status == 499)
    }

    @Test(arguments: [
        "", "x", "200", "20 0.1", "2000 0.1", "abc 0.1", "200 0.1 ", "200 abc", "200 1e3",
        "200 -0.1", "200  0.1", "200 0.1\r", "200 0.1\0", "200 .", "200 99999999999999999999.0",
    ])
    func linesOfAnotherFormatAreRefused(text: String) throws {
        #expect(parse(try LogFormat("$status $request_time"), text) == nil)
    }

    @Test(arguments: [
        "21/Foo/2026:09:30:00 +0000", "41/Nov/2026:09:30:00 +0000", "21/Nov/2026:25:30:00 +0000",
        "21/Nov/2026:09:30:00 0000", "21/Nov/2026 09:30:00 +0000", "2026-11-21T09:30:00Z",
    ])
    func brokenTimesAreRefused(text: String) throws {
        #expect(parse(try LogFormat("[$time_local] $status"), "[\(text)] 200") == nil)
    }

    @Test func textWithoutQuotesEndsWhereTheRestFits() throws {
        let format = try LogFormat("$remote_addr $request $status $body_bytes_sent $request_time")
        let line = parse(format, "::1 GET /a b HTTP/1.1 404 12 0.5")
        #expect(line?.status == 404)
        #expect(line?.latency == 0.5)
        #expect(parse(format, "::1 - 400 0 0.0")?.status == 400)
    }

    @Test func aClientCannotWriteAStatusIntoItsRequest() throws {
        let format = try LogFormat("$request $status $body_bytes_sent $request_time")
        let attack = "GET /x 500 1 9.9 HTTP/1.1 404 12 0.001"
        #expect(parse(format, attack)?.status == 404)
        let user = try LogFormat(Self.timed)
        let forged = #"::1 - x [21/Nov/2026:09:30:00 +0000] \x22GET / HTTP/1.1\x22 500 1 "#
        let rest = #"[21/Nov/2026:09:30:00 +0000] "GET / HTTP/1.1" 401 1 "-" "-" 0.001"#
        #expect(parse(user, forged + rest)?.status == 401)
    }

    @Test(arguments: [
        ("$remote_addr", 12, "needs $status"), ("", 0, "needs $status"),
        ("$status$request_time", 7, "nothing stands between $status"),
        ("$ $status", 0, "begins no variable"), ("${status", 0, "not closed"),
        ("%h %>s", 0, "Apache's way"), ("$status\n$msec", 7, "spans lines"),
    ])
    func formatsThatCannotWorkSayWhereAndWhatToDo(
        format: String, position: Int, message: String
    ) {
        let error = #expect(throws: LogFormatError.self) { try LogFormat(format) }
        #expect(error?.position == position)
        #expect(error?.message.contains(message) == true)
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func aLineWithManySpacesEndsSoon() throws {
        let format = try LogFormat("$request $http_a $http_b $status $request_time")
        let spaces = String(repeating: "1 ", count: 30_000)
        let (line, took) = (spaces, ContinuousClock())
        var result: LogLine?
        let duration = took.measure { result = parse(format, line) }
        #expect(result == nil)
        #expect(duration < .seconds(5))
    }
}

extension Double {
    func isApproximately(_ other: Double) -> Bool { abs(self - other) < 1e-9 }
}
