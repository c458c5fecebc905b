// A release that hangs behind several host names looks like a dead network, unless something else
// is reachable.

import Testing
import WatchConfig

@Suite struct ConnectivityLintTests {
    private func config(
        _ probes: String, mode: String = "auto", severity: String = "critical",
        others: String = "", rest: String = ""
    ) -> [Diagnostic] {
        problems(
            """
            services:
              shop:
                version: [{ symlink: /srv/shop/current }]
                probes: { \(probes) }
                streams: { access: { file: /a.log, format: nginx-combined } }
                triggers:
                  - name: t
                    when: "error_rate(access, 2m) > 25%"
                    severity: \(severity)
                    mode: \(mode)
                rollback: { plan: back }
            \(others)
            \(planAndPeople)
            \(rest)
            """)
    }

    private static let two =
        #"health: { http: "https://shop.example.com/health", every: 10s }, "#
        + #"front: { http: "https://www.example.com/", every: 10s }"#

    @Test func aReleaseThatHangsBehindTwoNamesNeedsAnotherProofOfTheNetwork() {
        let found = config(Self.two)
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.at == "10:15")
        #expect(
            found.first?.message
                == "a release of 'shop' that hangs is never rolled back: when no probe of "
                + "shop.example.com, www.example.com is answered, that counts as this host's own "
                + "network, for nothing else could prove that it works")
        #expect(found.first?.remedy?.contains("connectivity: [ \"tcp://") ?? false)
    }

    @Test func aTargetOfConnectivityIsTheProof() {
        #expect(config(Self.two, rest: #"connectivity: ["tcp://192.0.2.1:53"]"#) == [])
        #expect(config(Self.two, rest: "connectivity: []").map(\.severity) == [.warning])
        // One that is misspelt is not missing besides.
        #expect(config(Self.two, rest: "connectivity: [ 192.0.2.1 ]").map(\.severity) == [.error])
    }

    @Test(arguments: [
        #"health: { http: "https://shop.example.com/health", every: 10s }, "#
            + #"front: { http: "https://SHOP.example.com:8443/", every: 10s }"#,
        #"health: { http: "https://shop.example.com/", every: 10s }, "#
            + #"near: { http: "http://127.0.0.1/", every: 10s }, "#
            + #"here: { tcp: "localhost:80", every: 10s }, six: { tcp: "[::1]:80", every: 10s }"#,
        #"unit: { unit: shop.service, every: 10s }"#,
        // It tells of one host, at which it ended.
        #"buy: { every: 1m, journey: [ { http: "https://a.example.com/" }, "#
            + #"{ http: "https://b.example.com/" } ] }"#,
    ])
    func oneNameOrThisHostIsNoNetwork(_ probes: String) {
        #expect(config(probes) == [])
    }

    @Test(arguments: [
        #"a: { tcp: "db.example.com:5432", every: 10s }, "#
            + #"b: { tls: "x.example.com:443", every: 1m }"#,
        #"a: { grpc: "a.example.com:50051", every: 10s }, "#
            + #"b: { http: "https://b.example.com/", every: 10s }"#,
        #"buy: { every: 1m, journey: [ { http: "https://a.example.com/" }, "#
            + #"{ http: "https://b.example.com/" } ] }, c: { tcp: "c.example.com:1", every: 10s }"#,
    ])
    func everyKindThatAsksAHostCounts(_ probes: String) {
        #expect(config(probes).map(\.severity) == [.warning], "\(config(probes))")
    }

    @Test func whatElseIsProbedIsAProof() {
        let dns = #"name: { dns: shop.example.com, server: "192.0.2.53", every: 10s }"#
        #expect(config(Self.two + ", " + dns) == [], "\(config(Self.two + ", " + dns))")
        let blog =
            #"  blog: { probes: { front: { http: "https://blog.example.com/", every: 1m } } }"#
        #expect(config(Self.two, others: blog) == [])
        let same =
            #"  blog: { probes: { front: { http: "https://www.example.com/b", every: 1m } } }"#
        #expect(config(Self.two, others: same).map(\.severity) == [.warning])
    }

    @Test func whatOnlyPagesIsLeftAlone() {
        #expect(config(Self.two, mode: "page") == [])
        #expect(config(Self.two, mode: "shadow") == [])
        // It says something else.
        let high = config(Self.two, severity: "high")
        #expect(high.map(\.severity) == [.warning])
        #expect(high.first?.message.contains("never rolls back by itself") ?? false)
    }
}
