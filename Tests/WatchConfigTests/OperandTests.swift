// What an expression asks of a service must be there, and must be able to answer.

import Testing
import WatchConfig

@Suite struct OperandTests {
    private func config(_ when: String, _ more: String = "") -> String {
        """
        services:
          shop:
            probes: { health: { http: "https://example.com/", every: 10s } }
            streams:
              access: { file: /a.log, format: '$remote_addr $status $request_time' }
              app: { file: /b.log, format: nginx-combined, routes: true,
                     patterns: { data_loss: 'x' }, fields: { user: remote_user } }
            triggers: [{ name: t, severity: low, when: "\(when)" }]
            \(more)
        """
    }

    /// Errors of the trigger alone: what is not built yet of streams is said in lines 6 and 7.
    private func mistakes(_ when: String, _ more: String = "") -> [Diagnostic] {
        errors(config(when, more)).filter { $0.line == 8 }
    }

    @Test(arguments: [
        "matches(app.data_loss, 1m) >= 1", "affected(app.user, 5m) > 5%",
        "failing_routes(app, 5m) > 50%", "parse_failures(access, 5m) > 5%",
        "failing() > 50%", "overrun(migration) > 2", "release_age() < 1h",
        "p95(access, 5m) > 1.5 * baseline(p95(access, 5m))",
    ])
    func whatIsThereCanBeAsked(when: String) {
        #expect(mistakes(when).map(\.text) == [])
    }

    @Test(arguments: [
        ("matches(app.dataloss, 1m) >= 1", 57, "did you mean 'app.data_loss'?"),
        (
            "matches(access.data_loss, 1m) >= 1", 57,
            "add patterns: { data_loss: 'REGEX' } to the stream"
        ),
        ("matches(ap.data_loss, 1m) >= 1", 57, "did you mean 'app'?"),
        ("matches(health.x, 1m) >= 1", 57, "write STREAM.PATTERN"),
        ("affected(app.usr, 5m) > 5%", 58, "did you mean 'app.user'?"),
        ("affected(access.user, 5m) > 5%", 58, "add fields: { user: FIELD } to the stream"),
        ("failing_routes(access, 5m) > 50%", 64, "add routes: true to the stream"),
        (
            "failing_routes(health, 5m) > 50%", 64,
            "ask a probe as in error_rate(health, 2m) or up(health)"
        ),
        ("parse_failures(acces, 5m) > 5%", 64, "did you mean 'access'?"),
        ("restarts(access, 5m) > 1", 58, "ask a stream as in error_rate(access, 2m)"),
        (
            "restarts(health, 5m) > 1", 58,
            "name a probe of a unit, as in { unit: shop.service, every: 10s }"
        ),
        ("burn_rate(access, 1h) > 14.4", 49, "add slo: 99.9% to the service"),
        ("burn_rate(acces, 1h) > 14.4 or 1 > 2", 59, "did you mean 'access'?"),
        ("p95(access, 5m) > baseline(p95(acces, 5m))", 80, "did you mean 'access'?"),
    ])
    func whatIsNotHasAPlaceAndARemedy(when: String, column: Int, remedy: String) {
        let found = mistakes(when)
        #expect(
            found.contains { $0.column == column && $0.remedy == remedy }, "\(found.map(\.text))")
    }

    @Test func withAnObjectiveABurnRateMayBeAsked() {
        #expect(mistakes("burn_rate(access, 1h) > 14.4", "slo: 99.9%") == [])
        // One that cannot be read is said once.
        #expect(mistakes("burn_rate(access, 1h) > 14.4", "slo: 99.9") == [])
    }

    private func streams(_ stream: String, _ when: String) -> [Diagnostic] {
        errors(
            """
            services:
              shop:
                slo: 99.9%
                streams:
                  app: { file: /b.log, \(stream) }
                triggers: [{ name: t, severity: low, when: "\(when)" }]
            """)
    }

    /// A rule on a log that cannot tell errors would be 0 % for ever: worse than none.
    @Test(arguments: [
        "error_rate(app, 2m) > 5%", "success_rate(app, 2m) < 95%", "errors(app, 2m) > 5",
        "burn_rate(app, 1h) > 2", "affected(app.user, 5m) > 5%", "failing_routes(app, 5m) > 50%",
    ])
    func aStreamThatCannotTellErrorsIsNotAskedForThem(when: String) throws {
        let fields =
            "format: json, level: $.level, route: $.path, routes: true, "
            + "fields: { user: $.user }"
        let found = streams(fields, when)
        let first = try #require(found.first)
        #expect(found.count == 1 && first.at == "6:49", "\(found.map(\.text))")
        #expect(first.message.contains("'app' do not tell which of them are errors"))
        #expect(first.remedy?.contains("error: level == error") == true)
        #expect(streams(fields + ", error: level == error", when) == [])
        #expect(streams(fields + ", status: $.status", when) == [])
    }

    @Test(arguments: [
        "p95(app, 5m) > 2s", "mean(app, 5m) > 2s", "max(app, 5m) > 2s",
        "p(99.9, app, 5m) > 2s", "p95(app, 5m) > 1.5 * baseline(p95(app, 5m))",
    ])
    func aStreamWithoutLatencyIsNotAskedForIt(when: String) throws {
        for (format, remedy) in [
            ("format: nginx-combined", "$request_time"), ("format: logfmt", "latency: KEY"),
            ("format: json", "latency: $.PATH"), ("patterns: { x: y }", "format:"),
            ("format: { regex: '^(?<status>[0-9]+)' }", "group latency"),
        ] {
            let found = streams(format, when)
            let first = try #require(found.first)
            #expect(first.at == "6:49" && first.message.contains("have no latency"))
            #expect(first.remedy?.contains(remedy) == true, "\(first.text)")
        }
        #expect(streams("format: '$status $request_time'", when) == [])
        #expect(streams("format: '$status $upstream_response_time'", when) == [])
        #expect(streams("format: logfmt, latency: took", when) == [])
    }

    /// What could not be read may have told: it is said once.
    @Test(arguments: [
        "format: jsn", "format: json, eror: level == error", "format: json, error: 'status >'",
        "format: { regex: '(' }", "patern: { x: y }",
    ])
    func aStreamThatCouldNotBeReadIsNotBlamedTwice(stream: String) {
        #expect(streams(stream, "error_rate(app, 2m) > 5%").count == 1)
    }

    @Test func linesCanBeCountedWhateverTheySay() {
        #expect(streams("patterns: { x: y }", "rate(app, 2m) > 5 or count(app, 2m) > 9") == [])
    }

    @Test func failingAsksAllProbesOfWhichThereMustBeOne() {
        let text = """
            services:
              shop:
                triggers: [{ name: t, severity: low, when: "failing() > 50%" }]
            """
        #expect(errors(text).map(\.remedy) == ["add probes: to the service"])
    }
}
