// Filters, routes, audiences and patterns of a stream.

import Testing
import WatchCore
import WatchStreams

@Suite struct LineRulesTests {
    private static let combined = StreamConfiguration.Format.nginx(LogFormat.nginxCombined)

    private func line(
        _ request: String, status: Int = 200, client: String = "::1", agent: String = "curl"
    ) -> String {
        #"\#(client) - - [21/Nov/2026:09:30:00 +0000] "\#(request)" \#(status) 5 "-" "\#(agent)""#
    }

    // MARK: - Filters

    @Test func healthChecksAndBotsAreIgnored() throws {
        let parse = try Parsing(
            .made(
                Self.combined, fields: ["agent": "http_user_agent"],
                ignore: [
                    LineFilter([.init(.role(.route), "^/health$")]),
                    LineFilter([.init(.field("agent"), "(?i)bot|probe")]),
                ]))
        let slice = parse.slice([
            line("GET /health?x=1 HTTP/1.1", status: 500), line("GET /healthy HTTP/1.1"),
            line("GET / HTTP/1.1", status: 500, agent: "GoogleBot"),
            line("GET / HTTP/1.1", status: 502),
        ])
        #expect(slice.count == 2)
        #expect(slice.errors == 1)
    }

    @Test func allPartsOfAFilterMustFit() throws {
        let parse = try Parsing(
            .made(
                Self.combined,
                ignore: [
                    LineFilter([.init(.role(.route), "^/a"), .init(.role(.status), "^404$")])
                ]))
        #expect(parse(line("GET /a HTTP/1.1", status: 404)).outcome == .ignored)
        #expect(parse(line("GET /a HTTP/1.1", status: 500)).outcome == .counted)
        #expect(parse(line("GET /b HTTP/1.1", status: 404)).outcome == .counted)
    }

    @Test func onlyTakesWhatOneOfItsFiltersFits() throws {
        let parse = try Parsing(
            .made(
                .json, [.route: "$.r", .level: "$.l"],
                only: [
                    LineFilter([.init(.role(.route), "^/api")]),
                    LineFilter([.init(.line, "\"x\"")]),
                ]))
        #expect(parse(#"{"r":"/api/1"}"#).outcome == .counted)
        #expect(parse(#"{"r":"/b","y":"x"}"#).outcome == .counted)
        #expect(parse(#"{"r":"/b"}"#).outcome == .ignored)
        #expect(parse(#"{}"#).outcome == .ignored)
        // Nobody can say whose it is, so it must not vanish.
        #expect(parse("oops").outcome == .unparsed)
    }

    @Test func filtersOfTheLineLookAtLinesThatDoNotFit() throws {
        let parse = try Parsing(
            .made(.json, ignore: [LineFilter([.init(.line, "^Started|^\\s")])]))
        #expect(parse("Started in 3 s").outcome == .ignored)
        #expect(parse("    at main()").outcome == .ignored)
        #expect(parse("Stopped").outcome == .unparsed)
    }

    @Test func linesThatAreLeftOutMatchNoPattern() throws {
        let parse = try Parsing(
            .made(
                .lines, patterns: [("x", "x")], ignore: [LineFilter([.init(.line, "^#")])]))
        #expect(parse.slice(["x", "#x"]).patterns == ["x": 1])
    }

    // MARK: - Routes

    @Test(arguments: [
        ("GET /orders/17?page=2 HTTP/1.1", "/orders/:id"), ("GET / HTTP/1.1", "/"),
        ("GET /u/4BF92F35-77B3-4DA6-A3CE-929D0E0E4736/x HTTP/1.1", "/u/:id/x"),
        ("GET /c/3f2a9c81d0e4 HTTP/2.0", "/c/:id"), ("GET /img/12345.png HTTP/1.1", "/img/:id.png"),
        ("GET /v1/decade/facade HTTP/1.1", "/v1/decade/facade"),
        ("GET http://a.example/p/9#f HTTP/1.1", "/p/:id"), ("GET /a;jsessionid=1 HTTP/1.1", "/a"),
        ("GET /a b/2 HTTP/1.1", "/a?b/:id"), ("GET /x", "/x"),
    ])
    func routesArePathsWithIDsCollapsed(request: String, route: String) throws {
        let parse = try Parsing(.made(Self.combined, countsRoutes: true))
        let routes = parse.slice([line(request, status: 500)]).routes
        #expect(routes.routes == [route: RouteTallies.Counts(count: 1, errors: 1)])
    }

    @Test func routesAreCountedOnlyWhereThatIsWanted() throws {
        let slice = try Parsing(.made(Self.combined)).slice([line("GET /a HTTP/1.1")])
        #expect(slice.count == 1)
        #expect(slice.routes.isEmpty)
    }

    @Test func whatIsNoRequestHasNoRoute() throws {
        let parse = try Parsing(.made(Self.combined, countsRoutes: true))
        let slice = parse.slice([line("-", status: 400), line(#"\x16\x03\x01"#, status: 400)])
        #expect(slice.count == 2)
        #expect(slice.routes.isEmpty)
    }

    @Test func aRouteIsBounded() throws {
        let parse = try Parsing(.made(Self.combined, countsRoutes: true))
        let long = "/" + String(repeating: "x", count: 5000)
        let routes = parse.slice([line("GET \(long) HTTP/1.1")]).routes.routes
        #expect(routes.keys.map(\.utf8.count) == [96])
    }

    @Test func routesBeyondTheBoundAreCountedTogether() throws {
        let parse = try Parsing(.made(Self.combined, countsRoutes: true))
        let lines = (0..<300).map { line("GET /r\($0)x HTTP/1.1", status: $0 < 250 ? 200 : 500) }
        let slice = parse.slice(lines)
        #expect(slice.routes.routes.count == RouteTallies.limit)
        #expect(slice.routes.others == RouteTallies.Counts(count: 100, errors: 50))
        #expect(parse.slice([line("GET /new HTTP/1.1")]).routes.others.count == 1)
        parse.parser.renewRoutes()
        #expect(parse.slice([line("GET /new HTTP/1.1")]).routes.routes.keys.sorted() == ["/new"])
    }

    // MARK: - Audiences

    @Test func distinctClientsAreCounted() throws {
        let parse = try Parsing(.made(Self.combined, fields: ["client": "remote_addr"]))
        let lines = (0..<40).map {
            line("GET / HTTP/1.1", status: $0 % 4 == 0 ? 500 : 200, client: "10.0.0.\($0 % 20)")
        }
        let audience = try #require(parse.slice(lines).audiences["client"])
        #expect(abs(audience.all - 20) < 1)
        #expect(abs(audience.affected - 5) < 1)
    }

    @Test func onlyTheFieldsThatAreWantedAreCounted() throws {
        var stream = try StreamConfiguration.made(
            Self.combined, fields: ["client": "remote_addr", "user": "remote_user"])
        stream.countsRoutes = true
        let parser = try LineParser(stream, audiences: ["user"])
        var parsed = ParsedLine()
        var sums = LineSums()
        Array(line("GET / HTTP/1.1").utf8).withUnsafeBytes { parser.parse($0, into: &parsed) }
        parser.add(parsed, to: &sums)
        #expect(parser.slice(sums, second: 1).audiences.keys.sorted() == ["user"])
    }

    // MARK: - Patterns

    @Test func aPatternThatIsGivenUpMakesTheLineUnparsed() throws {
        let parse = try Parsing(
            .made(.lines, patterns: [("slow", "^(\\w+\\s?)*$"), ("a", "aaa")]))
        let hostile = parse(String(repeating: "a", count: 5000) + "!")
        #expect(hostile.outcome == .unparsed)
        #expect(hostile.patterns == 2)
    }

    @Test func aLineBeyondTheBoundIsNotLookedAt() throws {
        let parse = try Parsing(.made(.lines, patterns: [("a", "a")]))
        let line = parse(String(repeating: "a", count: LineParser.lineLimit + 1))
        #expect(line.outcome == .unparsed)
        #expect(!line.counts)
    }

    // MARK: - logfmt

    @Test(arguments: [
        "", "hello", "a b c", "=x", "a=\"open", "a=\"x\"y", "a=1 =2", "a=\u{1}", "a=1\r b=2",
        "a=\"\\",
    ])
    func whatIsNoLogfmtIsUnparsed(line: String) throws {
        #expect(try Parsing(.made(.logfmt))(line).outcome == .unparsed)
    }

    @Test(arguments: [
        ("a=1 a=2", "2"), ("a=x=y", "x=y"), ("b a=\"q \\\"r\\\" s\"\tc=", "q \"r\" s"),
        ("a=\"\" a", ""), ("xa=1 a=é", "é"),
    ])
    func aKeyFindsItsValue(line: String, value: String) throws {
        let parse = try Parsing(
            .made(
                .logfmt, fields: ["f": "a"],
                only: [LineFilter([.init(.field("f"), "\\A\\Q\(value)\\E\\z")])]))
        #expect(parse(line).outcome == .counted)
    }
}
