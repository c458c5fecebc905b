// Where a stream listens for lines that are posted; and places that cannot be had twice.

import Testing
import WatchConfig
import WatchCore

@Suite struct DrainConfigurationTests {
    private func load(_ body: String) -> LoadResult {
        ConfigurationLoader.loadText(
            "services: { shop: { streams: { a: { drain: \(body), format: json } } } }",
            name: "test.yaml")
    }

    private func listener(_ body: String) throws -> DrainListener {
        let result = load(body)
        #expect(result.remarks.map(\.text) == [])
        let stream = try #require(result.configuration?.services[0].streams[0])
        #expect(stream.isReceived)
        guard case .drain(let listener) = stream.kind else {
            throw SecretError(message: "no drain")
        }
        return listener
    }

    @Test func whoMayPostWhere() throws {
        let vercel = try listener(
            """
            { http: '0.0.0.0:8514', path: /vercel, verify: abc, max_body: 1000000,
              signature: { header: X-Vercel-Signature, algorithm: sha1,
                           secret: '${credential:vercel}' } }
            """)
        #expect(vercel.host == "0.0.0.0")
        #expect(vercel.port == 8514)
        #expect(vercel.path == "/vercel")
        #expect(vercel.signature?.header == "x-vercel-signature")
        #expect(vercel.signature?.algorithm == .sha1)
        #expect(vercel.verify?.source == "abc")
        #expect(vercel.maxBody == 1_000_000)
        let plain = try listener("{ http: 8514, token: '${file:/etc/token}' }")
        #expect(plain.text == "http 127.0.0.1:8514")
        #expect(plain.token?.secrets == [.file("/etc/token")])
        #expect(try listener("{ http: 8514 }").path == nil)
        let secure = try listener(
            "{ https: '0.0.0.0:8514', certificate: /c.pem, key: '${file:/k.pem}', "
                + "client_ca: /a.pem }")
        #expect(secure.text == "https 0.0.0.0:8514")
        #expect(secure.tls?.clientCA == "/a.pem")
        #expect(secure.templates.flatMap(\.secrets) == [.file("/k.pem")])
    }

    /// What the stream is sent must not be stored with these in it.
    @Test func itsSecretsAreTakenOutOfWhatOthersSaid() throws {
        let result = load("{ http: 8514, token: '${file:/etc/token}' }")
        #expect(result.configuration?.secrets == [.file("/etc/token")])
    }

    @Test(arguments: [
        ("{}", "does not say where to listen"), ("{ http: 80 }", "ports below 1024"),
        ("{ http: localhost }", "no address to listen at"),
        ("{ http: 8514, path: logs }", "no path of a URL"),
        ("{ http: 8514, path: '/a?b' }", "no path of a URL"),
        ("{ http: 8514, token: abc }", "a secret is not written"),
        ("{ http: 8514, max_body: 1 }", "out of range"),
        (
            "{ http: 8514, signature: { header: x, algorithm: md5, secret: '${env:A}' } }",
            "no algorithm"
        ),
        (
            "{ http: 8514, signature: { header: 'x y', algorithm: sha1, secret: '${env:A}' } }",
            "no header name"
        ),
        (
            "{ http: 8514, signature: { header: x, algorithm: sha1, secret: abc } }",
            "a secret is not written"
        ),
        ("{ http: 8514, signature: { header: x, algorithm: sha1 } }", "needs 'secret'"),
        (
            "{ http: 8514, token: '${env:A}', "
                + "signature: { header: x, algorithm: sha1, secret: '${env:A}' } }",
            "both given"
        ),
        ("{ http: '0.0.0.0:8514' }", "believe what they like"),
        ("{ htp: 8514 }", "did you mean 'http'?"),
        ("{ https: 8514, certificate: /c.pem }", "'https' needs 'key'"),
        ("{ http: 8514, certificate: /c.pem }", "means nothing without 'https'"),
        ("{ http: 8514, https: 8515, certificate: /c.pem, key: /k.pem }", "one place, not several"),
    ])
    func mistakesAreSaid(body: String, text: String) {
        let found = load(body).remarks
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.text.contains(text) ?? false, "\(found.map(\.text))")
    }

    @Test func aSecretThatWasWrittenIsNotShown() {
        #expect(!load("{ http: 8514, token: hunter2 }").diagnostics[0].text.contains("hunter2"))
    }

    @Test(arguments: [
        ("drain: { http: 8514 }", "drain: { http: '127.0.0.1:8514' }"),
        ("drain: { http: 8514 }", "syslog: { tcp: 'localhost:8514' }"),
        ("syslog: { tcp: '[::]:8514' }", "drain: { http: 8514 }"),
        ("syslog: { udp: 8514 }", "syslog: { udp: '0.0.0.0:8514' }"),
        ("syslog: { unix: /run/a.sock }", "syslog: { unix: /run/./a.sock }"),
    ])
    func noTwoStreamsListenAtOnePlace(first: String, second: String) {
        let found = two(first, second)
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.line == 3)
        #expect(found.first?.text.contains("'shop/a' listens at") ?? false)
    }

    @Test(arguments: [
        ("drain: { http: 8514 }", "drain: { http: 8515 }"),
        ("syslog: { udp: 8514 }", "syslog: { tcp: 8514 }"),
        ("syslog: { udp: '192.0.2.1:8514' }", "syslog: { udp: '192.0.2.2:8514' }"),
    ])
    func otherPlacesAreGood(first: String, second: String) {
        #expect(two(first, second).map(\.text) == [])
    }

    /// Two services, in line 2 and 3.
    private func two(_ first: String, _ second: String) -> [Diagnostic] {
        problems(
            """
            services:
              shop: { streams: { a: { \(first), format: json } } }
              blog: { streams: { b: { \(second), format: json } } }
            """)
    }
}
