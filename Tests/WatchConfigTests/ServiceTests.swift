// Services, probes, streams and version sources: what is written is what is meant.

import Testing
import WatchConfig
import WatchCore

@Suite struct ServiceTests {
    private func service(_ body: String) -> LoadResult {
        ConfigurationLoader.loadText("services: { shop: { \(body) } }", name: "test.yaml")
    }

    private func probe(_ body: String) -> [Diagnostic] {
        service("probes: { p: { http: \"https://example.com/\", every: 10s, \(body) } }")
            .diagnostics
    }

    @Test func whatIsNotGivenHasTheDefaultsOfTheDesign() throws {
        let configuration = try #require(service("").configuration)
        #expect(configuration.services == [ServiceConfiguration(name: "shop")])
        #expect(configuration.policy == Policy.defaults)
    }

    @Test func triggersInheritTheJudgementOfTheirService() throws {
        let result = service(
            """
            min_samples: 7, warm_up: 0s, streams: { a: { file: /a, format: apache-common } },
            triggers: [{ name: t, when: "count(a, 1m) > 9", severity: low, clear_for: 5m,
            min_samples: { probes: 9 } }]
            """)
        let service = try #require(result.configuration?.service("shop"))
        #expect(service.judgement.minSamplesOfStream == 7)
        let judgement = service.triggers[0].judgement
        #expect(judgement.warmUp == .zero)
        #expect(judgement.clearFor == .minutes(5))
        #expect(judgement.minSamplesOfStream == 7)
        #expect(judgement.minSamplesOfProbe == 9)
        #expect(service.triggers[0].mode == .page)
    }

    @Test func policiesAreMergedWithTheDefaults() throws {
        let result = ConfigurationLoader.loadText(
            "{ policy: { high: { action: rollback } }, services: {} }")
        let policy = try #require(result.configuration?.policy[.high])
        #expect(
            policy
                == Policy(
                    action: .rollback, page: "oncall", respondWithin: .minutes(15),
                    approve: "senior-admin"))
        #expect(result.configuration?.policy[.low] == Policy.defaults[.low])
    }

    // MARK: - Durations

    @Test(arguments: [
        ("30", "give it a unit: write 30s"), ("0.5", "give it a unit: write 0.5s"),
        ("-5m", "write 5m"), ("soon", "write it as in"), ("5min", "write it as in"),
        ("~", "write it as in"), ("[1m]", "write it as in"), ("0s", "or more"),
        ("99999d", "or less"),
    ])
    func aDurationThatIsNoneGetsARemedy(text: String, remedy: String) {
        let found = service("bake: \(text)").diagnostics
        #expect(found.count == 1)
        #expect(found.first?.remedy?.contains(remedy) ?? false, "\(found)")
    }

    // MARK: - Probes

    @Test func expectationsAreRead() throws {
        let result = service(
            """
            probes: { p: { http: "https://example.com/", every: 1s, expect: { status: [200, 3xx],
            json: { $.a: 1, $.b: "1", $.c: ">= 2.5", $.d: "!= off", $.e: null, $.f: [1, true],
            $.g: exists, $.h: "exists", $.i: "== exists" }, contains: ok, matches: '^\\d+' } } }
            """)
        guard case .http(_, let expectation)? = result.configuration?.services[0].probes[0].kind
        else {
            Issue.record("\(result.diagnostics)")
            return
        }
        #expect(expectation.status == [.exactly(200), .hundreds(3)])
        #expect(
            expectation.json.map(\.comparison) == [
                .equals(.number(1)), .equals(.string("1")), .greaterOrEqual(2.5),
                .notEquals(.string("off")), .equals(.null),
                .equals(.array([.number(1), .bool(true)])), .exists, .equals(.string("exists")),
                .equals(.string("exists")),
            ])
        #expect(expectation.contains == "ok")
        #expect(expectation.matches == "^\\d+")
    }

    @Test func bodiesBecomeJSON() throws {
        let result = service(
            """
            probes: { p: { http: "https://example.com/", every: 1s,
            json: { a: "x\\"y\\n", b: [1, 1.50, true, null, "2"], c: {} } } }
            """)
        guard case .http(let request, _)? = result.configuration?.services[0].probes[0].kind else {
            Issue.record("\(result.diagnostics)")
            return
        }
        #expect(request.body?.source == #"{"a":"x\"y\n","b":[1,1.50,true,null,"2"],"c":{}}"#)
        #expect(request.method == "POST")
        #expect(request.headers.map(\.value.source) == ["application/json"])
    }

    @Test(arguments: [
        "json: {}, body: x", "json: { '${env:A}': 1 }", "json: { a: '${b' }", "method: get",
        "method: GET, body: x", "headers: { 'a b': c }",
        "headers: { a: 1, A: 2 }", "headers: [a]", "redirects: 50", "ca_file: ca.pem",
        "verify_tls: no", "max_body: 0", "max_body: 1MB", "failures: 0",
        "expect: { status: 600 }", "expect: { status: [] }", "expect: { status: 2x }",
        "expect: { json: { a: 1 } }", "expect: { json: { $.a: '> x' } }", "expect: {contains: }",
        "expect: { matches: '(' }", "expect: { expires_in: '> 14d' }", "timeout: 5",
        "tls: 'a:443'", "body: '${token}'", "body: '${credential:}'", "headers: { a: \"b\\nc\" }",
    ])
    func aProbeThatCannotAskIsAnError(body: String) {
        let found = probe(body)
        #expect(found.count == 1, "\(found)")
        #expect(found.allSatisfy { $0.severity == .error && $0.remedy != nil })
    }

    @Test(arguments: [
        "ftp://a/", "example.com/x", "http://", "http://a b/", "https://a:99999/", "https://:80/",
        "https://u:p@a/", "http://[::1/", "https://exämple.com/",
    ])
    func aURLThatIsNoneIsAnError(url: String) {
        let found = service("probes: { p: { http: \"\(url)\", every: 10s } }").diagnostics
        #expect(found.count == 1, "\(found)")
        #expect(found.allSatisfy { $0.at == "1:42" && $0.remedy != nil })
    }

    @Test(arguments: [
        "http://a", "https://[::1]:8443/x?y#z", "HTTPS://A/", "https://a:80/%20",
        "${credential:url}", "https://example.com/${credential:token}/x",
        "https://${env:HOST}:${env:PORT}/",
    ])
    func aURLThatMayBeOneIsTaken(url: String) {
        #expect(service("probes: { p: { http: \"\(url)\", every: 10s } }").remarks == [])
    }

    @Test(arguments: ["5xx", "a.b", "and", "a b", "''"])
    func aSignalNeedsANameThatExpressionsCanUse(name: String) {
        let text = "probes: { \(name): { http: \"https://a/\", every: 10s } }"
        #expect(service(text).remarks.count == 1)
    }

    @Test func aNameMeansOneThing() {
        let found = service(
            """
            probes: { a: { http: "https://a/", every: 1s } },
            streams: { a: { file: /a, format: apache-common } }
            """)
        #expect(found.remarks.count == 1)
    }

    // MARK: - Version sources

    @Test func sourcesHaveTheirOwnIntervals() throws {
        let result = service(
            """
            version: [{ symlink: /a }, { file: /b, pattern: 'v(.*)' }, { http: "https://a/",
            header: X-Version }, { http: "https://a/", json: { version: $.v }, every: 1m }]
            """)
        let sources = try #require(result.configuration?.services[0].version)
        #expect(
            sources.map(\.every) == [.seconds(2), .seconds(2), .seconds(15), .minutes(1)])
        #expect(sources[1].kind == .file(path: "/b", pattern: "v(.*)"))
    }

    @Test(arguments: [
        "{}", "{ symlink: a }", "{ symlink: /a, file: /b }", "{ symlink: /a, pattern: x }",
        "{ file: /a, json: { version: $.v } }", "{ http: 'https://a/' }",
        "{ http: 'https://a/', json: { commit: $.c } }", "{ http: 'https://a/', json: $.v }",
        "{ http: 'https://a/', header: X, pattern: y }", "{ http: 'https://a/', header: 'a b' }",
        "{ http: 'https://a/', json: { version: v } }", "{ file: /a, pattern: '(' }",
        "{ command: [x] }", "/srv/shop/current",
    ])
    func aSourceThatCannotAnswerIsAnError(source: String) {
        let found = service("version: [\(source)]").diagnostics
        #expect(found.count == 1, "\(found)")
        #expect(found.allSatisfy { $0.severity == .error && $0.remedy != nil })
    }

    @Test func aCommandNamesTheVersionToo() throws {
        let result = service(
            """
            version: [{ command: [/usr/bin/shop, "--version", ""] },
            { command: [/usr/bin/shop], json: { version: $.v, build: $.b }, every: 1m,
            timeout: 2s },
            { command: [/usr/bin/shop], pattern: 'shop (.*)' }]
            """)
        #expect(result.remarks.map(\.text) == [])
        let sources = try #require(result.configuration?.services[0].version)
        #expect(sources[0].kind == .command(["/usr/bin/shop", "--version", ""], .firstLine))
        #expect(sources[0].every == .seconds(15) && sources[0].timeout == .seconds(5))
        let paths = ["version": try JSONPath("$.v"), "build": try JSONPath("$.b")]
        #expect(sources[1].kind == .command(["/usr/bin/shop"], .json(paths)))
        #expect(sources[1].every == .minutes(1) && sources[1].timeout == .seconds(2))
        #expect(sources[2].kind == .command(["/usr/bin/shop"], .pattern("shop (.*)")))
        #expect(sources[0].label == "command:/usr/bin/shop --version ")
    }

    @Test(arguments: [
        ("command: shop --version", 42, "write [shop, --version]"),
        ("command: []", 42, "write command: [/path, argument]"),
        ("command: [shop]", 43, "as in /usr/bin/shop"),
        ("command: ['/bin/shop --version', x]", 43, nil),
        ("command: ['shop --version']", 43, "there is no shell"),
        ("command: [/bin/shop, [x]]", 54, "quote it"),
        ("command: [/bin/shop, '${credential:key}']", 55, "read what it needs itself"),
        ("command: [/bin/shop, 'a ${to.version}']", 57, "read what it needs itself"),
        ("command: [/bin/shop], header: X", 55, "json, pattern, every and timeout"),
        ("command: [/bin/shop], json: { commit: $.c }", 61, "add version: $.version"),
        ("command: [/bin/shop], json: { version: $.v }, pattern: x", 79, "keep one"),
        ("command: [/bin/shop], file: /a", 33, "make a source of each"),
    ])
    func aCommandThatCannotBeMeantHasARemedy(source: String, column: Int, remedy: String?) {
        let found = service("version: [{ \(source) }]").remarks
        guard let remedy else { return #expect(found == []) }
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.remedy?.contains(remedy) == true, "\(found.map(\.text))")
        #expect(found.first?.at == "1:\(column)", "\(found.map(\.text))")
    }

    // MARK: - Evidence

    @Test func whatMayBeKeptAndSentIsRead() throws {
        let result = service(#"redact: ['card=\d+', "(?i)token"], share_evidence: true"#)
        let shop = try #require(result.configuration?.services[0])
        #expect(shop.redact == [#"card=\d+"#, "(?i)token"] && shop.sharesEvidence)
        let plain = try #require(service("").configuration?.services[0])
        #expect(plain.redact == [] && !plain.sharesEvidence)
    }

    @Test(arguments: [
        ("redact: card", "write [ card ]"), ("redact: ['card', '(']", "pcre2pattern"),
        ("redact: [\(Array(repeating: "x", count: 33).joined(separator: ", "))]", "join some"),
        ("share_evidence: maybe", "true or false"),
    ])
    func whatCannotBeMeantHasARemedy(body: String, remedy: String) {
        let found = service(body).diagnostics
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.remedy?.contains(remedy) == true, "\(found.map(\.text))")
    }

    // MARK: - What the design has and this version has not

    @Test(arguments: [
        "heartbeat: {}",
        "services: { a: { streams: { s: { message: $.m, file: /a, format: json } } } }",
        "services: { a: { version: [{ exec: [a] }] } }",
        "access: { read: [] }",
        "channels: { a: { smtp: {} } }", "channels: { a: { pagerduty: x } }",
    ])
    func isRefusedByName(text: String) {
        let found = errors(text)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.message.hasSuffix("is not built yet") ?? false)
    }
}
