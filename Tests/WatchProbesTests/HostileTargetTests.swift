// Targets that mean no good, or are broken in the worst way: each kind of probe ends in its time,
// with a bounded amount read, and says in which phase it was.

import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes

@Suite struct HostileTargetTests {
    /// Enough for what should end by itself on a busy machine; what only ends with its time has
    /// less.
    private static let long = Duration.minutes(5)
    private static let short = Duration.seconds(1)

    struct Manner: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What the reason says.
        var reason: String
        var timeout: Duration
        var script: ScriptedServer.Script

        init(
            _ name: String, _ reason: String, timeout: Duration = long,
            _ script: @escaping ScriptedServer.Script
        ) {
            testDescription = name
            self.reason = reason
            self.timeout = timeout
            self.script = script
        }
    }

    /// Says something for ever, slowly.
    private static func drip(_ connection: Connection, _ text: String) {
        while connection.write(text) { connection.pause(milliseconds: 20) }
    }

    private static func flood(_ connection: Connection, _ text: String) {
        let bytes = Array(String(repeating: text, count: 1 + 4096 / text.utf8.count).utf8)
        while connection.write(bytes) {}
    }

    private static let ok = "HTTP/1.1 200 OK\r\n"

    @Test(arguments: [
        Manner("headers without end", "headers are longer than 64 KB") {
            $0.write(ok)
            flood($0, "X-More: and more and more\r\n")
        },
        Manner("one header without end", "headers are longer than 64 KB") {
            $0.write(ok + "X-More: ")
            flood($0, "and more ")
        },
        Manner("headers drop by drop", "no answer after", timeout: short) {
            $0.write(ok)
            drip($0, "X: y\r\n")
        },
        Manner("a status line drop by drop", "waiting for the first byte", timeout: short) {
            for letter in "HTTP/1.1 200 OK, or so it may become one day" {
                guard $0.write(String(letter)) else { return }
                $0.pause(milliseconds: 50)
            }
        },
        Manner("a body without end or length", "the body is larger than 1048576 bytes") {
            $0.write(ok + "\r\n")
            flood($0, "and more ")
        },
        Manner("chunks without end", "the body is larger than 1048576 bytes") {
            $0.write(ok + "Transfer-Encoding: chunked\r\n\r\n")
            flood($0, "5\r\nhello\r\n")
        },
        Manner("a chunk of more than there is", "while reading the answer") {
            $0.write(ok + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\n")
            $0.hang()
        },
        Manner("a trailer without end", "headers are longer than 64 KB") {
            $0.write(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n")
            flood($0, "X-More: and more and more\r\n")
        },
        Manner("a body drop by drop", "reading the answer", timeout: short) {
            $0.write(ok + "\r\n")
            drip($0, "x")
        },
        Manner("a length of less than nothing", "is not proper HTTP") {
            $0.write(ok + "Content-Length: -5\r\n\r\nhello")
        },
        Manner("a bomb in bombs", "is not proper HTTP") {
            $0.answer(
                200,
                ["Content-Encoding: " + Array(repeating: "gzip", count: 50).joined(separator: ",")],
                "x")
        },
        Manner("redirects without end", "more than 5 redirects") {
            $0.answer(302, ["Location: /again"])
        },
        Manner("half closed before a word", "broke while waiting for the first byte") {
            $0.finishWriting()
            $0.hang()
        },
        Manner("half closed in the body", "broke while reading the answer") {
            $0.write(ok + "Content-Length: 100\r\n\r\nhalf")
            $0.finishWriting()
            $0.hang()
        },
        Manner("nobody reads or answers", "no answer after", timeout: short) { $0.hang() },
    ])
    func http(manner: Manner) async throws {
        try await withServer(manner.script) { server in
            let configuration = try ProbeConfiguration.http(server.url, timeout: manner.timeout)
            let prober = LiveProber(
                client: HTTPClient(), secrets: Secrets(), time: SystemSleeper())
            let reason = await prober.probe(configuration).outcome.failure
            #expect(reason?.contains(manner.reason) == true, "\(reason ?? "no failure")")
        }
    }

    /// Without TLS, as the probe of HTTP/2 is spoken from the first byte on.
    @Test(arguments: [
        Manner("the stream is reset", "is not proper HTTP") {
            $0.writeFrame(3, 0, stream: 1, [0, 0, 0, 2])
            $0.hang()
        },
        Manner("all is taken back", "the answer is not proper HTTP") {
            $0.writeFrame(7, 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, 0])
        },
        Manner("the connection is reset", "broke while waiting for the first byte") { $0.reset() },
        Manner("headers that go on without end", "while waiting for the first byte") {
            $0.writeFrame(1, 0, stream: 1, Connection.block((":status", "200")))
            let more = Connection.block(("x-more", String(repeating: "m", count: 100)))
            while $0.writeFrame(9, 0, stream: 1, more) {}
        },
        Manner("questions back without end", "waiting for the first byte", timeout: short) {
            let frame: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]
            while $0.writeFrame(6, 0, stream: 0, frame) {}
        },
        Manner("settings drop by drop", "waiting for the first byte", timeout: short) {
            while $0.writeFrame(4, 0, stream: 0) { $0.pause(milliseconds: 10) }
        },
        Manner("a body without end", "larger than") {
            $0.writeFrame(
                1, 4, stream: 1,
                Connection.block((":status", "200"), ("content-type", "application/grpc")))
            let piece = [UInt8](repeating: 65, count: 1000)
            // Beyond what was asked for, if need be.
            while $0.writeFrame(0, 0, stream: 1, piece) {}
        },
        Manner("frames that are none", "HTTP") {
            $0.write([UInt8](repeating: 0xFF, count: 4096))
            $0.hang()
        },
    ])
    func http2AndGRPC(manner: Manner) async throws {
        try await withPlainServer {
            if $0.awaitHTTP2() { manner.script($0) }
        } _: { place in
            let result = await probe(.grpc(GRPCCheck(endpoint: place)), timeout: manner.timeout)
            let reason = result.outcome.failure
            #expect(reason?.contains(manner.reason) == true, "\(result.outcome)")
            var request = HTTPRequestSpec(url: try Template("http://\(place)/"), maxBody: 1000)
            request.version = .two
            let web = await probe(.http(request, HTTPExpectation()), timeout: manner.timeout)
            #expect(web.outcome.failure != nil, "\(web.outcome)")
        }
    }

    @Test(arguments: [
        Manner("a handshake drop by drop", "in the TLS handshake", timeout: short) {
            // A record of 16 KB that never comes.
            $0.write([22, 3, 3, 64, 0])
            drip($0, "\u{2}")
        },
        Manner("noise", "TLS was refused") { flood($0, "noise ") },
        Manner("alerts", "TLS was refused") { $0.write([21, 3, 3, 0, 2, 2, 40]) },
        Manner("half closed", "TLS was refused") {
            $0.finishWriting()
            $0.hang()
        },
        Manner("the connection is reset", "in the TLS handshake") { $0.reset() },
    ])
    func tls(manner: Manner) async throws {
        try await withPlainServer {
            _ = $0.read(5)
            manner.script($0)
        } _: { place in
            let result = await probe(.tls(TLSCheck(endpoint: place)), timeout: manner.timeout)
            let reason = result.outcome.failure
            #expect(reason?.contains(manner.reason) == true, "\(result.outcome)")
        }
    }

    @Test(arguments: [
        Manner("drop by drop", "the time was up after", timeout: short) { drip($0, "x") },
        Manner("a flood", "as many as 'max_bytes' allows") { flood($0, "noise ") },
        Manner("half closed", "the connection was closed after 0 bytes") {
            $0.finishWriting()
            $0.hang()
        },
        Manner("the connection is reset", "broke while waiting for the first byte") {
            _ = $0.read(4)
            $0.reset()
        },
    ])
    func tcp(manner: Manner) async throws {
        try await withPlainServer(manner.script) { place in
            let check = TCPCheck(
                endpoint: place, send: try Template("PING"), contains: "+PONG", maxBytes: 1000)
            let result = await probe(.tcp(check), timeout: manner.timeout)
            let reason = result.outcome.failure
            #expect(reason?.contains(manner.reason) == true, "\(result.outcome)")
        }
    }

    /// Names that point at themselves, counts of more than there is, records that reach beyond the
    /// end.
    @Test(
        arguments: [
            [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0xFF, 0xFF],
            [0xC0, 29, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2],
            [UInt8](repeating: 0xFF, count: 400), [],
        ] as [[UInt8]])
    func dnsAnswersThatAreNone(record: [UInt8]) async throws {
        let server = try #require(
            NameServer { question in
                var answer = NameServer.answer(question)
                answer[7] = 200
                return [answer + record]
            })
        defer { server.stop() }
        var check = DNSCheck(name: "shop.example")
        check.server = Endpoint(host: "127.0.0.1", port: server.port)
        let reason = await probe(.dns(check), timeout: Self.long).outcome.failure
        #expect(reason?.contains("no proper DNS message") == true, "\(reason ?? "no failure")")
    }

    /// Thousands of answers, none of them to the question.
    @Test func dnsAnswersOfOthers() async throws {
        let server = try #require(
            NameServer { question in
                var other = NameServer.answer(question)
                other[0] ^= 0xFF
                return Array(repeating: other, count: 500)
            })
        defer { server.stop() }
        var check = DNSCheck(name: "shop.example")
        check.server = Endpoint(host: "127.0.0.1", port: server.port)
        let result = await probe(.dns(check), timeout: Self.short)
        #expect(result.outcome.failure?.contains("no answer after") == true, "\(result.outcome)")
    }
}
