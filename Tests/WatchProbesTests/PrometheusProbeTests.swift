// A real Prometheus where there is one, and answers that are no measurement.

import Foundation
import TestServers
import Testing
import WatchCore
import WatchHTTP
import WatchProbes
import WatchSystem

@Suite struct PrometheusProbeTests {
    private func check(
        _ url: String, _ query: String = "up",
        _ value: [HTTPExpectation.Comparison] = [.less(5)]
    ) -> PrometheusCheck {
        PrometheusCheck(
            request: HTTPRequestSpec(url: Template(literal: url)), query: query, value: value)
    }

    /// The outcome of an answer with this body; `NOW` in it is the time.
    private func outcome(_ body: String, status: Int = 200) async throws -> ProbeResult.Outcome {
        var outcome: ProbeResult.Outcome?
        let now = SystemTime().now().wall.nanoseconds / 1_000_000_000
        let text = body.replacing("NOW", with: "\(now).5").replacing("OLD", with: "\(now - 300)")
        try await withServer {
            $0.answer(status, ["Content-Type: application/json"], text)
        } _: { server in
            outcome = await probe(.prometheus(check("http://\(server.address)/"))).outcome
        }
        return try #require(outcome)
    }

    private func vector(_ series: String, also: String = "") -> String {
        """
        {"status":"success"\(also),"data":{"resultType":"vector","result":[\(series)]}}
        """
    }

    @Test func aNumberIsJudged() async throws {
        #expect(
            try await outcome(vector("{\"metric\":{},\"value\":[NOW,\"4.5\"]}")) == .pass)
        #expect(
            try await outcome(vector("{\"metric\":{},\"value\":[NOW,\"5\"]}"))
                == .fail("the query's value is 5, expected < 5"))
        #expect(
            try await outcome(
                "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\","
                    + "\"result\":[NOW,\"1e0\"]}}") == .pass)
    }

    /// Whatever is no number that was just measured says nothing about the service.
    @Test(arguments: [
        ("{\"metric\":{},\"value\":[NOW,\"NaN\"]}", "gives NaN, which is no number"),
        ("{\"metric\":{},\"value\":[NOW,\"+Inf\"]}", "gives +Inf, which is no number"),
        ("{\"metric\":{},\"value\":[OLD,\"1\"]}", "the answer is of 5m"),
        ("{\"metric\":{},\"value\":[NOW]}", "the answer's value is none"), ("", "no series"),
        (
            "{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\"value\":[NOW,\"1\"]},"
                + "{\"metric\":{\"job\":\"b\"},\"value\":[NOW,\"1\"]}",
            "2 series (up{job=\"a\"}, {job=\"b\"})"
        ),
    ])
    func whatIsNoMeasurementIsAnError(series: String, text: String) async throws {
        let reason = try await outcome(vector(series)).error
        #expect(reason?.contains(text) ?? false, "\(reason ?? "")")
    }

    @Test(arguments: [
        (
            "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}", 400,
            "bad_data: parse error"
        ),
        ("<html>", 502, "HTTP status 502, and the body is no answer of Prometheus (<html>)"),
        ("<html>", 200, "no answer of Prometheus"), ("{\"status\":\"success\"}", 200, "no data"),
        (
            "{\"status\":\"success\",\"warnings\":[\"store down\"],\"data\":{\"resultType\":"
                + "\"scalar\",\"result\":[NOW,\"1\"]}}", 200, "a warning: store down"
        ),
        (
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}", 200,
            "gives a matrix"
        ),
    ])
    func aServerInTroubleIsAnError(body: String, status: Int, text: String) async throws {
        let reason = try await outcome(body, status: status).error
        #expect(reason?.contains(text) ?? false, "\(reason ?? "")")
    }

    /// The server is not what is guarded.
    @Test func aServerThatIsNotThereIsAnErrorAndNoFailure() async throws {
        let port = try #require(RefusingPort())
        #expect(await probe(.prometheus(check(port.url))).outcome.error != nil)
    }

    private static let program = "/usr/bin/prometheus"

    @Test(
        .timeLimit(.minutes(10)),
        .enabled(if: FileManager.default.isExecutableFile(atPath: program)))
    func aRealServerIsAsked() async throws {
        let folder = NSTemporaryDirectory() + "watchd-prometheus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let address = "127.0.0.1:\(try unusedPort())"
        try "global: { scrape_interval: 1s }\n".write(
            toFile: folder + "/prometheus.yml", atomically: false, encoding: .utf8)
        let server = ChildProcess()
        server.executableURL = URL(filePath: Self.program)
        server.arguments = [
            "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
            "--web.listen-address=\(address)",
        ]
        server.standardError = FileHandle.nullDevice
        try server.run()
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        let url = "http://\(address)"
        func ask(_ query: String) async -> ProbeResult.Outcome {
            await probe(.prometheus(check(url, query))).outcome
        }
        while await ask("vector(1)") != .pass {}
        #expect(await ask("1 + 1") == .pass)
        #expect(await ask("sum(vector(6))") == .fail("the query's value is 6, expected < 5"))
        for (query, text) in [
            ("nothing_of_that_name", "no series"), ("vector(0) / 0", "gives NaN"),
            ("sum(", "bad_data"), ("vector(1)[5m:1m]", "gives a matrix"),
            ("label_replace(vector(1), \"a\", \"b\", \"\", \"\") or vector(2)", "gives 2 series"),
        ] {
            let reason = await ask(query).error
            #expect(reason?.contains(text) ?? false, "\(query): \(reason ?? "no error")")
        }
    }
}
