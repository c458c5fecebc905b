// Streams: formats, fields, patterns, filters.

import Testing
import WatchConfig
import WatchCore

@Suite struct StreamTests {
    private func service(_ body: String) -> LoadResult {
        ConfigurationLoader.loadText("services: { shop: { \(body) } }", name: "test.yaml")
    }

    private func stream(_ body: String) throws -> StreamConfiguration {
        let result = service("streams: { a: { file: /a, \(body) } }")
        #expect(result.remarks == [])
        return try #require(result.configuration?.services[0].streams.first)
    }

    @Test func formatsAreNginxStrings() throws {
        let own = "$status - $request_time"
        let result = service(
            """
            streams: { a: { file: /a, format: nginx-combined, error: "status >= 400" },
            b: { file: /b, format: "\(own)", no_data_after: 10m },
            c: { file: /c, format: apache-common } }
            """)
        let streams = try #require(result.configuration?.services[0].streams)
        #expect(streams[1].format == .nginx(own))
        #expect(
            streams.map(\.error?.description) == [
                "status >= 400", "status >= 500", "status >= 500",
            ])
        #expect(streams.map(\.noDataAfter) == [nil, .minutes(10), nil])
        guard case .nginx(let combined) = streams[0].format else { return }
        #expect(combined.hasSuffix(#""$http_referer" "$http_user_agent""#))
    }

    @Test(arguments: [
        ("format: nginx-comined", "did you mean 'nginx-combined'?"),
        ("format: '$remote_addr $request'", "$status"),
        ("format: '$time_local$status'", "nothing stands between $time_local"),
        ("format: nginx-combined, error: 'status >= 400 or level == error'", "has no level"),
        ("format: nginx-combined, no_data_after: 10", "write 10s"),
    ])
    func aStreamThatCannotBeReadIsAnError(body: String, text: String) {
        let found = service("streams: { a: { file: /a, \(body) } }").diagnostics
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.text.contains(text) ?? false, "\(found)")
    }

    // MARK: - Fields

    @Test func fieldsOfJSONAreSingularPaths() throws {
        let stream = try stream(
            """
            format: json, status: $.status, latency: { field: "$.t['took ms']", unit: ms },
            time: { field: $.ts, unit: ms }, level: $.level, route: $.req.path,
            fields: { client: '$.ips[0]' }, error: status >= 400 or level == error, routes: true
            """)
        #expect(stream.format == .json)
        #expect(try stream.roles[.status] == .init(.path(JSONPath("$.status"))))
        #expect(try stream.roles[.latency] == .init(.path(JSONPath("$.t['took ms']")), unit: .ms))
        #expect(try stream.roles[.time] == .init(.path(JSONPath("$.ts")), unit: .ms))
        #expect(stream.fieldNames == ["client"])
        #expect(stream.error?.description == "status >= 400 or level == error")
        #expect(stream.countsRoutes)
    }

    @Test func groupsOfARegexAreRolesAndFields() throws {
        let stream = try stream(
            """
            format: { regex: '^(?<client>\\S+) (?<status>\\d+) (?<latency>\\d+) (?<x>.*)' },
            latency: { unit: us }, fields: { user: x }
            """)
        #expect(stream.roles[.status] == .init(.name("status")))
        #expect(stream.roles[.latency] == .init(.name("latency"), unit: .us))
        #expect(stream.roles[.level] == nil)
        #expect(stream.fieldNames == ["user", "client", "x"])
        #expect(stream.error == .serverError)
    }

    @Test func fieldsOfNginxAreItsVariables() throws {
        let stream = try stream(
            """
            format: '$remote_addr $status $up_ms "$request"', latency: { field: $up_ms, unit: ms },
            fields: { client: $remote_addr, peer: '${remote_addr}' }, routes: true
            """)
        #expect(stream.roles[.latency] == .init(.name("up_ms"), unit: .ms))
        #expect(
            stream.fields == [
                .init("client", .name("remote_addr")), .init("peer", .name("remote_addr")),
            ])
    }

    @Test func fieldsOfLogfmtAreItsKeys() throws {
        let stream = try stream("format: logfmt, level: lvl, error: level >= error")
        #expect(stream.roles[.level] == .init(.name("lvl")))
        #expect(stream.tellsErrors)
    }

    @Test func linesThatHaveNoStatusTellNoErrors() throws {
        #expect(try !stream("format: json, latency: $.ms").tellsErrors)
        #expect(try !stream("patterns: { a: b }").tellsErrors)
        #expect(try stream("format: nginx-combined").tellsErrors)
    }

    @Test func patternsNeedNoFormat() throws {
        let stream = try stream("patterns: { panic: '^panic:', loss: 'integrity|loss' }")
        #expect(stream.format == .lines)
        #expect(stream.patternNames == ["panic", "loss"])
        #expect(stream.error == nil)
    }

    @Test func filtersAskLinesValuesAndFields() throws {
        let stream = try stream(
            """
            format: nginx-combined, fields: { agent: $http_user_agent },
            ignore: [ { agent: 'bot|probe' }, { route: '^/health', status: 200 } ],
            only: [ { line: GET } ]
            """)
        #expect(
            stream.ignore == [
                LineFilter([.init(.field("agent"), "bot|probe")]),
                LineFilter([
                    .init(.role(.route), "^/health"), .init(.role(.status), "200"),
                ]),
            ])
        #expect(stream.only == [LineFilter([.init(.line, "GET")])])
    }

    /// Each with the column of the mistake; the body begins at column 47.
    @Test(arguments: [
        ("format: json, status: status", 69, "no JSON path"),
        ("format: json, status: $..a", 69, "can name many values"),
        ("format: json, status: '$.a[*]'", 69, "can name many values"),
        ("format: json, status: '$.a[?@.b]'", 69, "can name many values"),
        ("format: json, error: status >= 500", 68, "the stream has no status"),
        ("format: json, level: $.l, error: level = error", 86, "'=' means nothing"),
        ("format: json, level: $.l, error: level == eror1", 89, "no level 'eror1'"),
        ("format: json, routes: true", 69, "where the route stands"),
        ("format: json, latency: { unit: ms }", 70, "where the latency stands is missing"),
        ("format: json, latency: { field: $.l, unit: min }", 90, "'min' is no unit"),
        ("format: json, latency: { feild: $.l }", 72, "did you mean 'field'?"),
        ("format: json, status: { field: $.s, unit: s }", 83, "a status has no unit"),
        ("format: json, fields: { status: $.s }", 71, "no name for a field of your own"),
        ("format: json, fields: { a.b: $.s }", 71, "cannot name a field"),
        ("format: json, fields: [a]", 69, "'fields' is a mapping"),
        ("format: jsno", 55, "did you mean 'json'?"),
        ("format: regex", 55, "missing its pattern"), ("format: syslog", 55, "not built yet"),
        ("format: { regx: a }", 57, "did you mean 'regex'?"),
        ("format: { regex: '(' }", 66, "the pattern is wrong"),
        ("format: { regex: '(?<a>x)' }, status: b", 85, "no group 'b'"),
        ("format: logfmt, status: 'a b'", 71, "no key of logfmt"),
        ("format: nginx-combined, latency: request_time", 80, "no variable of nginx"),
        ("format: nginx-combined, latency: $request_tim", 80, "the format has no $request_tim"),
        ("format: '$status $request_time', latency: { unit: ms }", 97, "nginx itself says"),
        ("format: '$upstream_status', status: $upstream_status", 83, "several values"),
        ("format: nginx-combined, patterns: { a: '(' }", 88, "the pattern is wrong"),
        ("format: nginx-combined, patterns: { a b: x }", 83, "cannot name a pattern"),
        ("format: nginx-combined, patterns: [x]", 81, "'patterns' is a mapping"),
        ("format: nginx-combined, ignore: [ bot ]", 81, "a filter says what to ask"),
        ("format: nginx-combined, ignore: { line: bot }", 79, "'ignore' is a list"),
        ("format: nginx-combined, ignore: [ { agent: bot } ]", 83, "a line has no 'agent'"),
        ("format: nginx-combined, ignore: [ { rout: x } ]", 83, "did you mean 'route'?"),
        ("format: nginx-combined, ignore: [ { level: x } ]", 83, "the stream has no level"),
        ("format: nginx-combined, ignore: [ { latency: x } ]", 83, "is no text"),
        ("format: nginx-combined, only: [ { line: '[' } ]", 89, "the pattern is wrong"),
        ("format: nginx-combined, routes: yes", 79, "true or false"),
        ("format: nginx-combined, time: $time_lokal", 77, "did you mean '$time_local'?"),
        ("patterns: { a: b }, status: $.s", 75, "without a format a line has no values"),
        ("no_data_after: 5m", 32, "a stream needs 'format'"),
    ])
    func aMistakeIsShownWhereItStands(body: String, column: Int, text: String) {
        let found = service("streams: { a: { file: /a, \(body) } }").diagnostics
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.text.contains(text) ?? false, "\(found.map(\.text))")
        #expect(found.first?.at == "1:\(column)", "\(found.map(\.text))")
        #expect(found.first?.remedy != nil)
    }

    @Test func tooManyAreRefused() {
        let patterns = (0..<33).map { "p\($0): x" }.joined(separator: ", ")
        let fields = (0..<9).map { "f\($0): $.x" }.joined(separator: ", ")
        let filters = (0..<33).map { _ in "{ line: x }" }.joined(separator: ", ")
        for body in [
            "format: json, patterns: { \(patterns) }", "format: json, fields: { \(fields) }",
            "format: json, ignore: [ \(filters) ]",
        ] {
            let found = service("streams: { a: { file: /a, \(body) } }").diagnostics
            #expect(found.count == 1)
            #expect(found.first?.message.contains("are too many") ?? false)
        }
    }
}
