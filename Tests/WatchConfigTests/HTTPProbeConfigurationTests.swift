// An http probe in full: how it asks, and which answer is good.

import Testing
import WatchConfig
import WatchCore

@Suite struct HTTPProbeConfigurationTests {
    private func load(_ probe: String) -> LoadResult {
        ConfigurationLoader.loadText(
            "services: { shop: { probes: { p: { every: 10s, http: 'https://a.example/', \(probe) "
                + "} } } }", name: "test.yaml")
    }

    private func probe(_ text: String) throws -> ProbeConfiguration {
        let result = load(text)
        #expect(result.remarks.isEmpty, "\(result.diagnostics.map(\.text))")
        return try #require(result.configuration?.services.first?.probes.first)
    }

    private func request(_ text: String) throws -> HTTPRequestSpec {
        guard case .http(let request, _) = try probe(text).kind else { throw CancellationError() }
        return request
    }

    private func expectation(_ text: String) throws -> HTTPExpectation {
        guard case .http(_, let expectation) = try probe("expect: { \(text) }").kind else {
            throw CancellationError()
        }
        return expectation
    }

    @Test func howItAsks() throws {
        let form = try request("form: { user: a, empty: , pass: '${credential:p}' }")
        #expect(form.method == "POST")
        #expect(form.form.map(\.name) == ["user", "empty", "pass"])
        #expect(form.form.map(\.value.source) == ["a", "", "${credential:p}"])
        let bearer = try request("bearer: '${credential:t}'")
        #expect(bearer.headers.map(\.name) == ["Authorization"])
        #expect(bearer.headers.map(\.value.source) == ["Bearer ${credential:t}"])
        let basic = try request("basic: { user: me, password: '${credential:p}' }").basic
        #expect(basic?.user.source == "me")
        let certificate = try request(
            "client_certificate: { certificate: /etc/c.pem, key: '${credential:k}' }"
        ).clientCertificate
        #expect(certificate?.certificate == "/etc/c.pem")
        #expect(certificate?.key.secrets == [.credential("k")])
        let route = try request("resolve: '2001:DB8:0::1', http_version: 2")
        #expect(route.address == "2001:db8::1")
        #expect(route.version == .two)
        #expect(try request("ip: 6").family == .six)
        #expect(try request("unix_socket: /run/a.sock").unixSocket == "/run/a.sock")
        #expect(try request("proxy: 'socks5h://10.0.0.1:1080'").proxy?.source != nil)
    }

    @Test func whatIsGood() throws {
        let good = try expectation(
            #"""
            headers: { Cache-Control: "contains no-store", X-Left: "> 5", X-Powered-By: absent,
              X-Version: "== contains it" },
            json: { $.version: "semver ^1.4", $.name: "matches ^shop", $.old: absent },
            size: ["> 100", "<= 5000"], time: { connect: "< 200ms", total: "< 2s" }
            """#)
        #expect(
            good.headers.map(\.comparison) == [
                .contains("no-store"), .greater(5), .absent, .equals(.string("contains it")),
            ])
        #expect(
            good.json.map(\.comparison) == [
                .semver(try #require(SemanticRange("^1.4"))), .matches("^shop"), .absent,
            ])
        #expect(good.size == [.greater(100), .lessOrEqual(5000)])
        #expect(
            good.time == [
                .init(phase: .connect, below: .milliseconds(200)),
                .init(phase: .total, below: .seconds(2)),
            ])
    }

    @Test func whatADegradedAnswerLacks() throws {
        let degraded = try probe("degraded: { unless: { time: { total: '< 500ms' } } }")
            .degradedUnless
        #expect(degraded?.time == [.init(phase: .total, below: .milliseconds(500))])
        // The status was judged by `expect`.
        #expect(degraded?.status.contains { $0.matches(404) } == true)
        #expect(try probe("method: GET").degradedUnless == nil)
    }

    @Test func aProbeComesAnewUnlessItMayKeepSomething() throws {
        #expect(try request("method: GET").connection == .fresh)
        #expect(try request("connection: resume").connection == .resume)
        #expect(try request("connection: keep").connection == .keep)
    }

    /// Nothing is kept as long as these would need.
    @Test(arguments: [
        ("http: 'http://a/', every: 1m, connection: keep", "a connection is kept for 1m"),
        ("http: 'http://a/', every: 1s, connection: resume", "no session to resume"),
    ])
    func whatItKeepsForNothingIsAWarning(probe: String, message: String) {
        let result = ConfigurationLoader.loadText(
            "services: { shop: { probes: { p: { \(probe) } } } }", name: "test.yaml")
        #expect(result.configuration != nil)
        #expect(result.remarks.map(\.severity) == [.warning])
        #expect(result.remarks.first?.message.contains(message) == true)
    }

    @Test func aServiceLimitsItsProbesOfOneHost() throws {
        let text = """
            services: { a: { per_host: 3, probes: {
              p: { every: 1s, http: 'http://a/' }, q: { every: 1s, tcp: 'a:1' } } } }
            """
        let probes = ConfigurationLoader.loadText(text, name: "a.yaml").configuration?
            .services.first?.probes
        #expect(probes?.map(\.perHost) == [3, 3])
    }

    @Test(arguments: [
        ("body: a, form: { b: c }", "'body' and 'form' are both given", "keep one"),
        ("form: { a: [1] }", "a field of a form is one value", "json:"),
        ("bearer: a, basic: { user: a, password: '${env:P}' }", "given twice", "bearer and basic"),
        ("bearer: a, headers: { authorization: b }", "given twice", "headers and bearer"),
        ("basic: { user: a, password: b }", "a password is not written", "${credential:NAME}"),
        ("basic: { user: a }", "basic needs 'password'", "password:"),
        ("client_certificate: { certificate: a, key: /k }", "no absolute path", "whole path"),
        ("client_certificate: { certificate: /a, key: k }", "no absolute path", "whole path"),
        ("http_version: three", "'three' is no http_version", "1.1, 2"),
        ("resolve: shop", "'shop' is no address", "192.0.2.10"),
        ("ip: six", "'six' is no ip", "4, 6"),
        ("unix_socket: /a, proxy: 'http://b'", "'proxy' means nothing with", "remove one"),
        ("proxy: 'ftp://a'", "no URL of a proxy", "socks5://"),
        ("connection: reuse", "'reuse' is no connection", "'resume'"),
        (
            "connection: keep, proxy: 'http://b'", "'connection' means nothing with 'proxy'",
            "remove"
        ),
        ("expect: { headers: { 'a b': c } }", "no header name", "letters"),
        ("expect: { json: { $.a: 'semver latest' } }", "'latest' is no range", "semver ^1.4"),
        ("expect: { json: { $.a: 'matches (' } }", "the pattern is wrong", "pcre2pattern"),
        ("expect: { size: 100 }", "'100' is no bound of a size", "> 100"),
        ("expect: { size: '> 1kB' }", "'1kB' is none", "without a unit"),
        ("expect: { time: { total: 2s } }", "'2s' is no limit of a time", "< 200ms"),
        ("expect: { time: { toal: '< 2s' } }", "unknown key 'toal'", "total"),
        ("degraded: { status: 200 }", "unknown key 'status' in degraded", "unless"),
    ])
    func whatCannotBeMeant(probe: String, message: String, remedy: String) {
        let found = load(probe).diagnostics.filter { !$0.message.contains("like a secret") }
        #expect(
            found.contains {
                $0.message.contains(message) && $0.remedy?.contains(remedy) == true
            }, "\(found.map(\.text))")
        #expect(
            found.count == (probe.contains("unless") || probe.hasPrefix("degraded") ? 2 : 1),
            "\(found.map(\.text))")
    }

    @Test func aPasswordIsNotQuotedBack() {
        let found = load("basic: { user: me, password: hunter2 }").diagnostics
        #expect(!found.isEmpty && !found.contains { $0.text.contains("hunter2") })
    }
}
