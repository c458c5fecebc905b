// Journeys as they are written, and what is said of mistakes in them.

import Testing
import WatchConfig
import WatchCore

@Suite struct JourneyConfigurationTests {
    private func text(_ steps: String, _ more: String = "", triggers: String = "") -> String {
        """
        services:
          shop:
            probes:
              signin:
                every: 30s\(more)
                journey:
        \(steps.split(separator: "\n").map { "          " + $0 }.joined(separator: "\n"))
            triggers: [ \(triggers) ]
        """
    }

    private func journey(_ steps: String, _ more: String = "") throws -> JourneyCheck {
        let result = ConfigurationLoader.loadText(text(steps, more), name: "test.yaml")
        #expect(result.remarks.isEmpty, "\(result.diagnostics)")
        let probe = try #require(result.configuration?.services.first?.probe("signin"))
        guard case .journey(let journey) = probe.kind else { throw Unexpected() }
        return journey
    }

    private struct Unexpected: Error {}

    private func complaints(_ steps: String, _ more: String = "") -> [String] {
        problems(text(steps, more)).map { "\($0.line): \($0.message); \($0.remedy ?? "")" }
    }

    @Test func theExampleOfTheDesign() throws {
        let journey = try journey(
            """
            - { post: https://shop.example.com/api/auth/signin,
                json: { email: probe@example.com, password: "${credential:probe-password}" },
                expect: { status: 200 }, save: { token: $.token } }
            - { get: https://shop.example.com/api/orders,
                headers: { Authorization: "Bearer ${token}" }, expect: { status: 2xx } }
            """)
        #expect(journey.steps.map(\.name) == ["step1", "step2"])
        #expect(journey.steps.map(\.request.method) == ["POST", "GET"])
        #expect(
            journey.steps[0].request.body?.source
                == #"{"email":"probe@example.com","password":"${credential:probe-password}"}"#)
        #expect(
            journey.steps[0].saves == [.init(name: "token", source: .json(try JSONPath("$.token")))]
        )
        #expect(journey.steps[1].needs == ["token"])
        #expect(journey.steps[1].expectation.status == [.hundreds(2)])
    }

    @Test func everythingAStepCanSay() throws {
        let journey = try journey(
            """
            - name: form
              get: https://a.example/form
              save:
                csrf: { pattern: 'value="([^"]+)"' }
                trace: { header: X-Trace }
                sid: { cookie: sid }
                user: { json: $.user }
            - name: signin
              http: https://a.example/signin
              method: PUT
              form: { csrf: "${csrf}", user: "${user}" }
              basic: { user: "${user}", password: "${sid}" }
              expect: { status: 201, json: { $.ok: true }, time: { total: < 1s } }
              degraded: { unless: { time: { total: < 200ms } } }
              timeout: 2s
              repeat: 3
            - { name: ready, get: "https://a.example/${trace}", retry: { times: 5, every: 100ms } }
            - { name: out, delete: https://a.example/session, always: true, verify_tls: false }
            """)
        #expect(
            journey.steps[0].saves.map(\.source) == [
                .pattern(#"value="([^"]+)""#), .header("X-Trace"), .cookie("sid"),
                .json(try JSONPath("$.user")),
            ])
        let second = journey.steps[1]
        #expect(second.request.method == "PUT" && second.repeats == 3)
        #expect(second.timeout == .seconds(2) && second.degradedUnless != nil)
        #expect(second.needs == ["csrf", "user", "sid"])
        #expect(journey.steps[2].retry == .init(times: 5, every: .milliseconds(100)))
        #expect(journey.steps.map(\.isAlways) == [false, false, false, true])
        #expect(!journey.steps[3].request.verifyTLS)
    }

    @Test func eachStepIsASignalThatRulesAndPlansCanName() throws {
        let steps = "- { name: in, get: http://a.example/ }\n- { get: http://a.example/2 }"
        let rules = [
            "error_rate(signin.in, 5m) > 50%", "p95(signin.step2, 5m) > 1s",
            "failing(signin.in, signin.step2) > 50%", "up(signin.in) < 1",
            "count(signin.step2, 5m) > 3",
        ]
        for rule in rules {
            let found = problems(
                text(steps, triggers: "{ name: t, severity: low, when: '\(rule)' }"))
            #expect(found.isEmpty, "\(rule): \(found)")
        }
        let result = ConfigurationLoader.loadText(text(steps), name: "test.yaml")
        let service = try #require(result.configuration?.services.first)
        #expect(service.probes.map(\.name) == ["signin", "signin.in", "signin.step2"])
        #expect(service.askedProbes.map(\.name) == ["signin"])
        #expect(service.probe("signin.in")?.every == .seconds(30))
        for (rule, message) in [
            ("up(signin.inn)", "did you mean 'signin.in'?"),
            ("up(signin.in.x)", "is not the name of a probe"),
            ("restarts(signin, 5m) > 1", "of the kind journey, which has no restarts"),
        ] {
            let found = errors(text(steps, triggers: "{ name: t, severity: low, when: '\(rule)' }"))
            let words = found.map { "\($0.message) \($0.remedy ?? "")" }
            #expect(words.contains { $0.contains(message) }, "\(words)")
        }
    }

    @Test func partsOfStreamsAndOfOtherProbesAreNoSignals() {
        for (rule, message, remedy) in [
            (
                "count(app.panic, 5m) > 1",
                "'app.panic' is a part of the stream 'app', not a signal",
                "ask the stream: app; or a pattern as in matches(app.panic, 5m) >= 1"
            ),
            ("up(health.one)", "the probe 'health' has no steps", "ask the probe: health"),
            ("up(nothing.one)", "no probe 'nothing.one'", "known: health"),
        ] {
            let found = errors(
                """
                services:
                  shop:
                    probes: { health: { http: http://a.example/, every: 10s } }
                    streams: { app: { file: /a.log, patterns: { panic: 'panic' } } }
                    triggers: [ { name: t, severity: low, when: '\(rule)' } ]
                """)
            #expect(found.map(\.message) == [message])
            #expect(found.first?.remedy == remedy)
        }
    }

    @Test func aVariableThatNothingSavesIsNamedWithThoseThatAre() {
        let first = "- { get: http://a.example/, save: { token: $.token, id: $.id } }\n"
        let use = "- { get: 'http://a.example/${token}/${id}' }\n"
        #expect(
            complaints(first + use + "- { get: 'http://a.example/${tokn}' }") == [
                "9: step 3 uses '${tokn}', which no step before it saves; "
                    + "did you mean '${token}'?"
            ])
        #expect(
            complaints(first + use + "- { get: http://a.example/, headers: { X: '${customer}' } }")
                == [
                    "9: step 3 uses '${customer}', which no step before it saves; "
                        + "saved before it: token, id"
                ])
        #expect(
            complaints("- { post: http://a.example/, json: { a: [ '${b}' ] } }") == [
                "7: step 1 uses '${b}', which no step before it saves; nothing is saved before it: "
                    + "add save: { b: $.path } to an earlier step; a secret is ${credential:b}"
            ])
        #expect(
            complaints("- { get: 'http://a.example/${b}', save: { b: $.b } }\n" + use).first
                == "7: step 1 uses '${b}', which no step before it saves; "
                + "what a step saves is for the steps after it")
        #expect(
            complaints(
                "- { get: 'http://a.example/${b}' }\n"
                    + "- { get: http://a.example/, save: { b: $.b } }"
            ).first
                == "7: step 1 uses '${b}', which no step before it saves; "
                + "step 2 saves it: change their order")
    }

    @Test func whatIsSavedForNothingIsAWarning() {
        let found = problems(
            text(
                "- { get: http://a.example/, save: { token: $.token } }\n"
                    + "- { get: http://a.example/ }"
            ))
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.message == "'token' is saved, and no later step uses it")
    }

    @Test func mistakesAreNamedWhereTheyStand() {
        let good = "- { name: a, get: http://a.example/ }\n"
        let cases: [(String, String)] = [
            ("- { get: http://a.example/, always: true }", "7: the first step cleans up"),
            (
                good + "- { name: b, get: http://a.example/, always: true }\n"
                    + "- { name: c, get: http://a.example/ }",
                "9: 'c' comes after 'b', which cleans up"
            ),
            (good + good, "8: two steps are called 'a', first in line 7"),
            (
                "- { name: step2, get: http://a.example/ }\n- { get: http://a.example/ }",
                "8: two steps are called 'step2', first in line 7"
            ),
            ("- { name: 'a b', get: http://a.example/ }", "7: 'a b' cannot name a step"),
            ("- { name: a }", "7: a step says what it asks; write get: URL"),
            (
                "- { get: http://a.example/, post: http://a.example/ }",
                "7: a step has one of get and post"
            ),
            ("- { get: http://a.example/, method: POST }", "7: 'get' says the method already"),
            ("- { get: http://a.example/, body: x }", "7: a GET request has no body"),
            ("- { get: ftp://a.example/ }", "7: the scheme 'ftp'"),
            ("- { gett: http://a.example/ }", "7: unknown key 'gett' in a step of a journey"),
            ("- { get: http://a.example/, save: { 'a.b': $.a } }", "7: 'a.b' cannot name what"),
            ("- { get: http://a.example/, save: { a: token } }", "7: 'token' is no JSON path"),
            ("- { get: http://a.example/, save: { a: { } } }", "7: where in the answer the value"),
            (
                "- { get: http://a.example/, save: { a: { header: X, cookie: y } } }",
                "7: a value stands in one place, not in header and cookie"
            ),
            (
                "- { get: http://a.example/, save: { a: { header: 'x y' } } }",
                "7: 'x y' is no header"
            ),
            ("- { get: http://a.example/, save: { a: { pattern: '(' } } }", "7: "),
            ("- { get: http://a.example/, repeat: 0 }", "7: 'repeat' is 0, out of range"),
            ("- { get: http://a.example/, repeat: 1000 }", "7: 'repeat' is 1000, out of range"),
            (
                "- { get: http://a.example/, repeat: 2, retry: { times: 1, every: 1s } }",
                "7: 'repeat' asks again after a success, 'retry' after a failure"
            ),
            ("- { get: http://a.example/, retry: { times: 1 } }", "7: retry needs 'every'"),
            ("- nothing", "7: a step of a journey is a mapping"),
        ]
        for (steps, start) in cases {
            let found = complaints(steps)
            #expect(found.contains { $0.hasPrefix(start) }, "\(start): \(found)")
        }
    }

    @Test func soAreThoseOfTheWholeJourney() {
        let good = "- { name: a, get: http://a.example/ }\n"
        let cases: [(String, String)] = [
            (
                "- { get: http://a.example/, timeout: 10s }",
                "6: step 'step1' may take 10s, all of them 5s"
            ),
            (
                good + "- { name: b, get: http://a.example/, always: true, timeout: 5s }",
                "6: the clean-ups keep back all of the journey's 5s"
            ),
            (
                "- { get: http://a.example/, retry: { times: 10, every: 1s } }",
                "6: step 'step1' would be asked again for 10s, and has 5s"
            ),
            (
                "- { get: http://a.example/, save: { h: $.h } }\n- { get: 'http://${h}/' }",
                "8: '${h}' would say which host is asked; write the host out"
            ),
            (
                "- { get: http://a.example/, save: { h: $.h } }\n- { get: '${h}' }",
                "8: '${h}' would say which host is asked"
            ),
            (
                "- { get: http://a.example/, save: { h: $.h } }\n"
                    + "- { get: http://a.example/, proxy: 'http://${h}/' }",
                "8: the variable '${h}' has no value here"
            ),
        ]
        for (steps, start) in cases {
            let found = complaints(steps)
            #expect(found.contains { $0.hasPrefix(start) }, "\(start): \(found)")
        }
        #expect(complaints("", "").contains { $0.contains("'journey' is a list") })
        #expect(
            complaints(good, "\n        expect: { status: 200 }").contains {
                $0.contains("'expect' means nothing for a journey probe")
            })
        let many = (0...20).map { "- { name: a\($0), get: http://a.example/ }\n" }.joined()
        #expect(complaints(many).contains { $0.contains("21 steps are too many") })
    }

    /// What a secret says is trusted; it may be the base of a URL.
    @Test func aSecretMayNameTheHostAndASavedValueThePath() throws {
        let journey = try journey(
            "- { get: http://a.example/, save: { h: $.h } }\n"
                + "- { get: '${env:BASE}/orders/${h}' }\n"
                + "- { get: 'https://${env:HOST}:8443/?h=${h}' }")
        #expect(journey.steps.count == 3)
    }

    @Test func aRuleAboutAllProbesCountsAJourneyOnce() throws {
        let configuration = text(
            "- { get: http://a.example/ }",
            triggers: "{ name: t, severity: critical, mode: auto, when: 'failing() > 50%' }")
        #expect(
            errors(configuration).contains { $0.remedy == "write failing(signin)" },
            "\(errors(configuration))")
    }
}
