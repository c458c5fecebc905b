// Placeholders in what is expected.

import Testing
import WatchConfig
import WatchCore

@Suite struct ExpectationTests {
    private func config(
        probes: String = "", step: String = "{ unit: x, timeout: 1m }", gate: String = "",
        check: String = "", assess: String = ""
    ) -> String {
        """
        services:
          shop:
            version:
              - { http: "https://example.com/v", json: { version: $.v, deployment: $.d } }
            probes: { health: { http: "https://example.com/", every: 10s }\(probes) }
            assess: [\(assess)]
            rollback: { plan: back }
        plans:
          back:
            budget: 10h
            gates: [\(gate)]
            methods: [{ name: m, steps: [\(step)]\(check) }]
            verify: {}
        """
    }

    private func messages(_ text: String) -> [String] { errors(text).map(\.message) }

    /// Each place in which an answer is compared with a text.
    private static let places: [@Sendable (String) -> String] = [
        { "get: 'https://example.com/x', expect: { json: { $.d: \"\($0)\" } }" },
        { "get: 'https://example.com/x', expect: { json: { $.d: \"== \($0)\" } }" },
        { "get: 'https://example.com/x', expect: { json: { $.d: [ { a: \"\($0)\" } ] } }" },
        { "get: 'https://example.com/x', expect: { json: { $.d: \"matches ^\($0)$\" } }" },
        { "get: 'https://example.com/x', expect: { headers: { X-V: \"\($0)\" } }" },
        { "get: 'https://example.com/x', expect: { contains: \"\($0)\" }" },
        { "get: 'https://example.com/x', expect: { matches: \"\($0)\" }" },
        { "exec: [/bin/x], expect: { contains: \"\($0)\" }" },
        { "exec: [/bin/x], expect: { matches: \"\($0)\" }" },
        { "exec: [/bin/x], expect: { json: { $.d: \"\($0)\" } }" },
        { "sql: select, database: 'postgresql://u@h/d', expect: \"\($0)\"" },
        { "sql: select, database: 'postgresql://u@h/d', expect: [\"\($0)\"]" },
    ]

    @Test(arguments: places.indices) func variablesOfPlansHaveValuesThere(_ index: Int) {
        let place = Self.places[index]
        func all(_ text: String) -> [String] {
            let (plain, timed) = ("{ \(place(text)) }", "{ \(place(text)), timeout: 1m }")
            return [
                config(step: timed), config(gate: timed), config(check: ", check: \(plain)"),
                config(assess: "{ name: q, \(place(text)) }"),
            ]
        }
        for text in all("${to.deployment}") { #expect(messages(text) == [], "\(text)") }
        for text in all("${to.nothing}") {
            #expect(messages(text).contains { $0.contains("to.nothing") }, "\(text)")
        }
        for text in all("${credential:x}") {
            let found = messages(text)
            #expect(found.contains { $0.contains("a secret that is expected") }, "\(text)")
        }
    }

    @Test func aPollKnowsThemAndWhatWasSaved() {
        func step(_ name: String) -> String {
            """
            { post: "https://example.com/d", save: { id: $.id }, timeout: 5m,
              poll: { get: "https://example.com/d", every: 2s,
                      until: { json: { $.id: "${\(name)}" } },
                      failed: { contains: "${\(name)} failed" } } }
            """
        }
        #expect(messages(config(step: step("id"))) == [])
        #expect(messages(config(step: step("to.version"))) == [])
        #expect(messages(config(step: step("nothing"))).count == 2)
    }

    @Test func elsewhereNothingWouldFillThemIn() {
        let probes = [
            "{ http: 'https://example.com/', expect: { json: { $.v: \"${to.version}\" } } }",
            "{ http: 'https://example.com/', expect: { contains: \"${to.version}\" } }",
            "{ http: 'https://example.com/', expect: { headers: { X-V: \"${to.version}\" } } }",
            "{ http: 'https://example.com/', degraded: { unless: { matches: \"${vars.x}\" } } }",
            "{ tcp: 'h:1', expect: { contains: \"${to.version}\" } }",
            "{ exec: [/bin/x], expect: { contains: \"${to.version}\" } }",
            "{ exec: [/bin/x], expect: { json: { $.v: \"${to.version}\" } } }",
            "{ journey: [ { get: 'https://example.com/', expect: { contains: \"${id}\" } } ] }",
        ]
        for probe in probes {
            let found = messages(config(probes: ", p: \(probe)"))
            #expect(found.count == 1, "\(probe): \(found)")
            #expect(found.first?.contains("no ${…} is filled in here") ?? false, "\(probe)")
        }
        // A pattern may well look for the characters.
        let literal = #"{ http: 'https://example.com/', expect: { matches: '\$\{[a-z]+' } }"#
        #expect(messages(config(probes: ", p: \(literal)")) == [])
    }

    @Test func aRangeOfVersionsIsWrittenOut() {
        let found = errors(
            config(
                check: ", check: { get: 'https://example.com/', expect: { json: "
                    + "{ $.v: \"semver ^${to.version}\" } } }"))
        #expect(found.count == 1)
        #expect(found.first?.remedy?.contains("a range is written out") ?? false)
    }
}
