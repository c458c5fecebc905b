// Lines that a real nginx wrote, of a plain format and of JSON.

import Glibc
import Testing
import WatchCore
import WatchStreams

@Suite(.timeLimit(.minutes(10))) struct RealLinesTests {
    private let directory = Directory()

    private func written(format: String, _ paths: [String]) throws -> [String] {
        let log = directory.file("access.log")
        let nginx = try Nginx(directory: directory, log: log, format: format)
        for path in paths { nginx.get(path) }
        nginx.stop()
        let following = Following(log)
        following.poll()
        return following.lines
    }

    @Test(.enabled(if: Nginx.isInstalled))
    func routesAndClientsOfARealNginxAreCounted() throws {
        let format = LogFormatTests.timed
        let lines = try written(
            format: format, ["/orders/1", "/orders/2?x=\"", "/broken", "/health"])
        let parse = try Parsing(
            .made(
                .nginx(format), fields: ["client": "remote_addr"],
                patterns: [("broken", "GET /broken ")],
                ignore: [LineFilter([.init(.role(.route), "^/health$")])], countsRoutes: true))
        let slice = parse.slice(lines)
        #expect(slice.count == 3)
        #expect(slice.errors == 1)
        #expect(slice.patterns == ["broken": 1])
        #expect(slice.routes.routes["/orders/:id"]?.count == 2)
        #expect(slice.routes.routes["/broken"]?.errors == 1)
        #expect(slice.audiences.keys.sorted() == ["client"])
    }

    @Test(.enabled(if: Nginx.isInstalled))
    func jsonOfARealNginxIsRead() throws {
        let format =
            #"{"t":"$msec","at":"$time_iso8601","s":$status,"took":$request_time,"#
            + #""r":"$request_uri","ua":"$http_user_agent"}"#
        // nginx itself escapes for JSON when it is told to, which is part of the format's head.
        let lines = try written(format: format, ["/a/1", "/broken", "/b"])
        let parse = try Parsing(
            .made(
                .json,
                [.status: "$.s", .latency: "$.took", .time: "$.t", .route: "$.r"],
                countsRoutes: true))
        let slice = parse.slice(lines)
        #expect(slice.count == 3)
        #expect(slice.errors == 1)
        #expect(slice.latency.count == 3)
        #expect(slice.routes.routes.keys.sorted() == ["/a/:id", "/b", "/broken"])
        let byNumber = parse(lines[0]).time
        let byText = try Parsing(.made(.json, [.time: "$.at"]))(lines[0]).time
        #expect(abs((byNumber ?? 0) - (byText ?? 1)) < 1_000_000_000)
    }
}
