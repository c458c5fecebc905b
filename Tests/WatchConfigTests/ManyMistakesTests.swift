// One file with every mistake of a bad night: all of them come out in one run, each at its place
// and each with what to write instead.

import Testing
import WatchConfig

@Suite struct ManyMistakesTests {
    static let text = #"""
        services:
          shop:
            verison: [{ symlink: /srv/shop/current }]
            bake: 30
            slo: 99.9
            agree: "2"
            probes:
              health: { http: htp://shop.example.com/api, every: 10s, evry: 5s }
              status: { http: "https://shop.example.com/", every: 10s, expect: { status: 2000 } }
              signin: { journey: [], every: 30s }
              item: { http: "https://shop.example.com/${id}", every: -5s }
              deep: { http: "https://shop.example.com/", every: 9s, expect: { json: { $..a: 1 } } }
              bad: { http: "https://shop.example.com/", every: 9s, expect: { matches: 'a(b' } }
              slow: { http: "https://shop.example.com/", every: 60s, verify_tls: maybe }
            streams:
              access: { file: access.log, format: nginx-combind }
              app: { drain: { port: 8787 }, format: json }
            triggers:
              - { name: storm, when: "error_rate(acess, 2m) > 25%", severity: critical }
              - { name: storm, when: "error_rate(access, 2m) > 25", severity: critial }
              - { name: never, when: 'error_rate(slow, 1m) > 50%', severity: high }
              - { name: ask, when: "up(access) < 1", severity: high, mode: automatic }
              - { name: held, when: "up(slow) < 1", severity: low, for: 4d }
              - name: block
                severity: low
                when: |
                  error_rate(access, 2m) > 5% and
                  error_rate(helth, 2m) > 5%
            rollback: { plan: shop-symlnk }
        plans:
          shop-symlink:
            budget: 1m
            gates:
              - { name: migration, exec: [/usr/lib/gate, "${to.versoin}", "${env:TOKEN}"] }
            methods:
              - { name: a, steps: [{ unit: a b, retries: 2, timeout: 1m }] }
              - { name: empty, steps: [] }
        policy:
          critical: { page: oncal }
        limits: { max_rollbacks: -1 }
        channels:
          chat: { slack: "https://user:pw@hooks.example.com/x" }
          pager: { pagerduty: "${credential:k}" }
        routes:
          oncall: [{ to: [chatt] }]
          oncall: [{ to: [chat] }]
        """#

    static let places = [
        "3:5 unknown key 'verison'", "4:11 '30' is no duration",
        "5:10 'slo' is 99.9, without a percent sign",
        "6:12 'agree' is a whole number", "8:23 the scheme 'htp'", "8:63 unknown key 'evry'",
        "9:82 '2000' is no status", "10:26 a journey has steps",
        "11:47 the variable '${id}'", "11:62 'every' cannot be negative",
        "12:79 '$..a' is no JSON path", "13:83 the pattern is wrong", "14:74 'verify_tls'",
        "16:23 'access.log' is no absolute path", "16:43 no format 'nginx-combind'",
        "17:23 unknown key 'port' in drain", "19:42 no probe or stream 'acess'",
        "20:71 'critial' is no severity", "21:42 error_rate(slow, 1m) never has an answer",
        "22:32 'access' is a stream", "22:68 'automatic' is no mode",
        "23:65 'for' is 4d, too long", "28:22 no probe or stream 'helth'",
        "29:23 no plan 'shop-symlnk'", "31:3 a plan needs 'verify'", "32:13 the budget of 1m",
        "34:9 a gate needs 'timeout'", "34:51 nothing gives the variable '${to.versoin}'",
        "34:68 a secret as an argument", "36:36 'a b' cannot name a unit",
        "36:50 a step that is not idempotent", "37:31 the method has no steps",
        "39:21 no route 'oncal'", "40:26 'max_rollbacks' is -1",
        "42:18 a URL must not hold a user", "43:12 'pagerduty' of a channel is not built yet",
        "45:19 no channel 'chatt'", "46:3 'oncall' is given twice",
    ]

    @Test func allComeOutInOneRun() {
        let found = errors(Self.text).map { "\($0.at) \($0.message)" }
        for place in Self.places {
            #expect(
                found.contains { $0.hasPrefix(place) },
                "\(place): not in \(found.joined(separator: "\n"))")
        }
        #expect(Self.places.count >= 25)
        #expect(found.contains { $0.hasPrefix("20:") && $0.contains("ratio") })
        #expect(found.contains { $0.hasPrefix("20:") && $0.contains("two triggers are called") })
        #expect(found.count == Self.places.count + 2, "\(found.joined(separator: "\n"))")
    }

    @Test func eachHasARemedyAndItsLine() {
        let lines = Self.text.split(separator: "\n", omittingEmptySubsequences: false)
        for diagnostic in problems(Self.text) {
            #expect(diagnostic.remedy != nil, "\(diagnostic.text)")
            #expect(diagnostic.sourceLine != nil)
            guard !diagnostic.message.contains("password") else { continue }
            #expect(diagnostic.sourceLine == String(lines[diagnostic.line - 1]))
        }
    }

    @Test func theyAreSortedByPlace() {
        let places = problems(Self.text).map { [$0.line, $0.column] }
        #expect(places == places.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test func misspeltNamesGetASuggestion() {
        let remedies = Set(errors(Self.text).compactMap(\.remedy))
        for name in ["version", "every", "access", "critical", "health", "shop-symlink", "chat"] {
            #expect(remedies.contains("did you mean '\(name)'?"), "\(name)")
        }
        #expect(remedies.contains("did you mean '${to.version}'?"))
        #expect(remedies.contains("did you mean 'nginx-combined'?"))
    }

    @Test func aPasswordIsNotQuotedBack() {
        #expect(!problems(Self.text).contains { $0.text.contains("user:pw") })
    }

    @Test func theTextIsWhatEditorsRead() throws {
        let first = try #require(problems(Self.text).first)
        #expect(
            first.text == """
                test.yaml:3:5: error: unknown key 'verison' in a service
                        verison: [{ symlink: /srv/shop/current }]
                        ^
                    help: did you mean 'version'?
                """)
    }
}
