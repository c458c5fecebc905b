// Questions about the damage are checked like everything else that runs at night.

import Testing
import WatchConfig
import WatchCore

@Suite struct AssessTests {
    private func config(_ assess: String) -> String {
        """
        services:
          shop:
            version: [ { symlink: /srv/shop/current } ]
            probes: { health: { http: "https://example.com/", every: 10s } }
            assess: \(assess)
        """
    }

    @Test func whatIsWrittenIsWhatIsAsked() throws {
        let text = config(
            """
            [ { name: open sessions, exec: [/usr/lib/shop/sessions, "${from.version}"] },
              { name: orders, sql: "select count(*) from orders", timeout: 30s },
              { name: queue, get: "https://example.com/queue", timeout: 2s } ]
            """)
        let result = ConfigurationLoader.loadText(text)
        let shop = try #require(result.configuration?.service("shop"))
        #expect(shop.assess.map(\.name) == ["open sessions", "orders", "queue"])
        #expect(shop.assess.map(\.timeout) == [.seconds(5), .seconds(30), .seconds(2)])
        #expect(shop.assess[0].action.summary == "/usr/lib/shop/sessions ${from.version}")
        #expect(shop.assess[1].action.summary == "psql: select count(*) from orders")
        #expect(shop.assess[2].action.summary == "GET https://example.com/queue")
    }

    @Test(arguments: [
        ("[ { exec: [/bin/x] } ]", "'name'"),
        ("[ { name: a } ]", "what to run"),
        ("[ { name: a, exec: [/bin/x], timeout: 31s } ]", "too long"),
        ("[ { name: a, exec: [/bin/x] }, { name: a, exec: [/bin/y] } ]", "two questions"),
        ("[ { name: a, exec: [/bin/x, \"${from.bild}\"] } ]", "'${from.bild}'"),
        ("[ { name: a, wait: 5s } ]", "wait"),
        ("[ { name: a, exec: [/bin/x], retries: 1 } ]", "retries"),
    ])
    func whatCannotWorkIsRefused(assess: String, word: String) {
        let found = errors(config(assess))
        #expect(!found.isEmpty)
        #expect(found.contains { $0.message.contains(word) }, "\(found.map(\.message))")
    }

    @Test func thereAreOnlySoMany() {
        let many = (0...Assess.limit).map { "{ name: a\($0), exec: [/bin/x] }" }
        #expect(errors(config("[\(many.joined(separator: ", "))]")).count == 1)
        #expect(errors(config("[\(many.dropLast().joined(separator: ", "))]")) == [])
    }

    @Test func itsSecretsAreKnown() throws {
        let text = config(
            "[ { name: orders, sql: \"select 1\", database: \"${credential:db}\" } ]")
        let configuration = try #require(ConfigurationLoader.loadText(text).configuration)
        #expect(configuration.secrets.map { "\($0)" } == ["${credential:db}"])
    }
}
