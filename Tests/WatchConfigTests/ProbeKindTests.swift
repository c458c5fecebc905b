// The kinds of probes: what is written is what is meant, and what cannot be meant has a remedy.

import Testing
import WatchConfig
import WatchCore

@Suite struct ProbeKindTests {
    private func load(_ probe: String) -> LoadResult {
        ConfigurationLoader.loadText(
            "services: { shop: { probes: { p: { every: 10s, \(probe) } } } }", name: "test.yaml")
    }

    private func kind(_ probe: String) -> ProbeConfiguration.Kind? {
        let result = load(probe)
        #expect(result.remarks.isEmpty, "\(result.diagnostics.map(\.text))")
        return result.configuration?.services.first?.probes.first?.kind
    }

    @Test func tcp() throws {
        #expect(
            kind("tcp: '127.0.0.1:6379'")
                == .tcp(TCPCheck(endpoint: Endpoint(host: "127.0.0.1", port: 6379))))
        #expect(
            kind(
                #"tcp: "[::1]:25", send: "EHLO ${credential:me}\r\n", max_bytes: 100, "#
                    + "expect: { contains: '250', matches: '^250' }")
                == .tcp(
                    TCPCheck(
                        endpoint: Endpoint(host: "::1", port: 25),
                        send: try Template("EHLO ${credential:me}\r\n"), contains: "250",
                        matches: "^250", maxBytes: 100)))
    }

    @Test func tls() {
        var check = TLSCheck(endpoint: Endpoint(host: "shop.example.com", port: 443))
        check.expiresIn = .days(14)
        #expect(kind("tls: shop.example.com:443, expect: { expires_in: '> 14d' }") == .tls(check))
        check.servername = "shop.example"
        check.names = ["www.shop.example", "*.shop.example"]
        check.minVersion = .one3
        check.caFile = "/etc/ca.pem"
        #expect(
            kind(
                "tls: shop.example.com:443, servername: shop.example, ca_file: /etc/ca.pem, "
                    + "expect: { expires_in: '> 14d', name: [www.shop.example, '*.shop.example'], "
                    + "min_version: 1.3 }") == .tls(check))
    }

    @Test func dns() {
        #expect(kind("dns: shop.example.com.") == .dns(DNSCheck(name: "shop.example.com")))
        #expect(
            kind(
                "dns: shop.example.com, type: AAAA, server: '2001:db8::53', "
                    + "expect: { values: '2001:DB8:0::1' }")
                == .dns(
                    DNSCheck(
                        name: "shop.example.com", type: .aaaa,
                        server: Endpoint(host: "2001:db8::53", port: 53),
                        values: ["2001:db8::1"])))
        #expect(
            kind(
                "dns: _sip._tcp.example.com, type: SRV, server: '127.0.0.1:5353', "
                    + "expect: { includes: [1 2 443 a.example] }")
                == .dns(
                    DNSCheck(
                        name: "_sip._tcp.example.com", type: .srv,
                        server: Endpoint(host: "127.0.0.1", port: 5353),
                        includes: ["1 2 443 a.example"])))
        #expect(
            kind("dns: old.example, expect: { rcode: NXDOMAIN }")
                == .dns(DNSCheck(name: "old.example", code: .noSuchName)))
    }

    @Test func grpc() throws {
        #expect(
            kind("grpc: 'localhost:50051'")
                == .grpc(GRPCCheck(endpoint: Endpoint(host: "localhost", port: 50051))))
        #expect(
            kind(
                "grpc: 'https://shop.example', service: shop.Orders, verify_tls: false, "
                    + "headers: { authorization: 'Bearer ${credential:t}' }")
                == .grpc(
                    GRPCCheck(
                        endpoint: Endpoint(host: "shop.example", port: 443), usesTLS: true,
                        service: "shop.Orders",
                        headers: [
                            .init(
                                name: "authorization",
                                value: try Template("Bearer ${credential:t}"))
                        ], verifyTLS: false)))
        var check = GRPCCheck(endpoint: Endpoint(host: "a", port: 443), usesTLS: true)
        check.connection = .keep
        #expect(kind("grpc: 'https://a', connection: keep") == .grpc(check))
    }

    @Test func theirSecretsAreKnown() {
        let text = """
            services: { a: { probes: {
              p: { every: 1s, tcp: 'a:1', send: '${env:A}' },
              q: { every: 1s, grpc: 'a:1', headers: { x: '${env:B}' } } } } }
            """
        let configuration = ConfigurationLoader.loadText(text, name: "a.yaml").configuration
        #expect(configuration?.secrets == [.environment("A"), .environment("B")])
    }

    @Test(arguments: [
        ("timeout: 1s", "a probe says what it asks", "write one of http: URL, tcp: HOST:PORT"),
        ("tcp: 'a:1', tls: 'a:1'", "a probe has one of tcp and tls", "make a probe of each"),
        ("grpc: 'a:1', connection: keep", "no connection of HTTP/2 is kept", "remove"),
        ("tcp: 'a:1', connection: keep", "'connection' means nothing for a tcp probe", "remove"),
        ("tcp: a", "'a' names no port", "write HOST:PORT"),
        ("tcp: 'a:99999'", "'99999' is no port", "1 to 65535"),
        ("tcp: '::1:25'", "names no port", "HOST:PORT"),
        ("tcp: 'tcp://a:1'", "names no host", "without a scheme"),
        ("tcp: 'a b:1'", "names no host", "write HOST:PORT"),
        ("tcp: 'a:1', method: GET", "'method' means nothing for a tcp probe", "send, max_bytes"),
        ("tcp: 'a:1', max_bytes: 100", "nothing is", "add expect:"),
        ("tcp: 'a:1', max_bytes: 99999, expect: { contains: a }", "is 99999", "16384"),
        ("tcp: 'a:1', expect: { status: 200 }", "unknown key 'status'", "contains, matches"),
        ("tcp: 'a:1', expect: { matches: '(' }", "the pattern is wrong", "pcre2pattern"),
        ("http: 'http://a/', expect: { expires_in: '> 1d' }", "unknown key 'expires_in'", "status"),
        ("tls: 'a:443', expect: { expires_in: 14d }", "at least", "> 14d"),
        ("tls: 'a:443', expect: { expires_in: '< 14d' }", "at least", "> 14d"),
        ("tls: 'a:443', expect: { expires_in: '> soon' }", "'soon' is no duration", "> 14d"),
        ("tls: 'a:443', expect: { min_version: 3 }", "'3' is no min_version", "1.3"),
        ("tls: 'a:443', servername: 'a:443'", "is no name of a host", "without port"),
        ("tls: 'a:443', ca_file: /a, verify_tls: false", "'ca_file' means nothing", "remove"),
        ("dns: 192.0.2.1", "is an address, not a name", "type: PTR"),
        ("dns: a..b", "is no name that DNS could know", "shop.example.com"),
        ("dns: bücher.example", "is no name that DNS could know", "xn--"),
        ("dns: a, type: a", "'a' is no type", "did you mean 'A'"),
        ("dns: a, server: resolver", "is a name", "write its address"),
        ("dns: a, expect: { values: ['::1'] }", "no address of an A record", "192.0.2.1"),
        ("dns: a, expect: { rcode: NXDOMAIN, values: [192.0.2.1] }", "has no records", "remove"),
        ("grpc: a", "'a' names no port", "HOST:PORT"),
        ("grpc: 'a:1', expect: { status: 200 }", "'expect' means nothing for a grpc", "service"),
        ("grpc: 'a:1', verify_tls: false", "means nothing without TLS", "https://a:1"),
    ])
    func whatCannotBeMeant(probe: String, message: String, remedy: String) {
        let found = load(probe).diagnostics
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.message.contains(message) == true, "\(found.map(\.text))")
        #expect(found.first?.remedy?.contains(remedy) == true, "\(found.map(\.text))")
    }

    /// A probe with a mistake is still there for the rules that name it.
    @Test func aMistakeInAProbeIsTheOnlyOne() {
        let text = """
            services: { a: { probes: { p: { every: 10s, tcp: a } },
              triggers: [{ name: t, when: "failing(p) > 50%", severity: low }] } }
            """
        #expect(errors(text).count == 1)
    }

    @Test func onlyAUnitHasRestarts() {
        let text = """
            services: { a: { probes: { p: { every: 10s, tcp: 'a:1' } },
              triggers: [{ name: t, when: "restarts(p, 5m) > 2", severity: low }] } }
            """
        #expect(errors(text).map(\.message).first?.contains("of the kind tcp") == true)
    }
}
