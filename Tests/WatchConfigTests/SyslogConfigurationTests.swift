// Where a stream listens for syslog.

import Testing
import WatchConfig
import WatchCore

@Suite struct SyslogConfigurationTests {
    private func load(_ body: String) -> LoadResult {
        ConfigurationLoader.loadText(
            "services: { shop: { streams: { a: { syslog: \(body), format: json } } } }",
            name: "test.yaml")
    }

    private func listener(_ body: String) throws -> SyslogListener? {
        let result = load(body)
        #expect(result.remarks.map(\.text) == [])
        guard case .syslog(let listener)? = result.configuration?.services[0].streams[0].kind
        else { return nil }
        return listener
    }

    @Test func placesToListenAt() throws {
        for (body, endpoint) in [
            ("{ udp: 5514 }", SyslogListener.Endpoint.udp(host: "127.0.0.1", port: 5514)),
            ("{ udp: '0.0.0.0:5514' }", .udp(host: "0.0.0.0", port: 5514)),
            ("{ tcp: '[::1]:6514' }", .tcp(host: "::1", port: 6514)),
            ("{ unix: /run/watchd/nginx.sock }", .unix(path: "/run/watchd/nginx.sock")),
            ("{ unix_stream: /run/watchd/a.sock }", .unixStream(path: "/run/watchd/a.sock")),
            (
                "{ tls: '0.0.0.0:6514', certificate: /c.pem, key: /k.pem }",
                .tls(
                    host: "0.0.0.0", port: 6514,
                    TLSFiles(certificate: "/c.pem", key: Template(literal: "/k.pem")))
            ),
            (
                "{ tls: 6514, certificate: /c.pem, key: '${file:/k.pem}', client_ca: /a.pem }",
                .tls(
                    host: "127.0.0.1", port: 6514,
                    TLSFiles(
                        certificate: "/c.pem", key: try Template("${file:/k.pem}"),
                        clientCA: "/a.pem"))
            ),
        ] {
            #expect(try listener(body)?.endpoint == endpoint, "\(body)")
        }
        let nginx = try #require(
            try listener("{ unix: /run/watchd/a.sock, mode: '0666', programs: [nginx, shop] }"))
        #expect(nginx.mode == 0o666)
        #expect(nginx.programs == ["nginx", "shop"])
        #expect(try listener("{ udp: 5514 }")?.mode == 0o660)
    }

    @Test(arguments: [
        ("{}", "does not say where to listen"), ("{ udp: 514 }", "ports below 1024"),
        ("{ udp: 5514, tcp: 5514 }", "one place, not several"),
        ("{ udp: localhost }", "no address to listen at"),
        ("{ tcp: '::1:5514' }", "no address to listen at"),
        ("{ tcp: 70000 }", "no address to listen at"), ("{ unix: a.sock }", "no absolute path"),
        ("{ udp: 5514, mode: '0660' }", "there is none"),
        ("{ unix: /a, mode: rw }", "no permissions"), ("{ upd: 5514 }", "did you mean 'udp'?"),
        ("{ tls: 6514, key: /k.pem }", "'tls' needs 'certificate'"),
        ("{ tls: 6514, certificate: /c.pem }", "'tls' needs 'key'"),
        ("{ tls: 6514, certificate: /c.pem, key: k.pem }", "no absolute path"),
        ("{ tcp: 5514, client_ca: /c.pem }", "means nothing without 'tls'"),
        ("{ unix_stream: a.sock }", "no absolute path"),
    ])
    func mistakesAreSaid(body: String, text: String) {
        let found = load(body).diagnostics
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.text.contains(text) ?? false, "\(found.map(\.text))")
    }
}
