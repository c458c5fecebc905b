// Placeholders in what is expected, and questions that would change something.

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
            let found = messages(config(probes: ", p: { every: 30s, \(probe.dropFirst(2))"))
            #expect(found.count == 1, "\(probe): \(found)")
            #expect(found.first?.contains("no ${…} is filled in here") ?? false, "\(probe)")
        }
        // A pattern may well look for the characters.
        let literal =
            #"{ every: 30s, http: 'https://a.example/', expect: { matches: '\$\{[a-z]+' } }"#
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

    // MARK: - Questions

    @Test(arguments: ["put", "patch", "delete"])
    func whatOnlyLooksSendsNothingThatChangesSomething(verb: String) {
        let request = "\(verb): 'https://example.com/x'"
        for text in [
            config(gate: "{ \(request), timeout: 1m }"), config(check: ", check: { \(request) }"),
            config(assess: "{ name: q, \(request) }"),
            config(step: "{ unit: x, timeout: 1m, check: { \(request) } }"),
            config(
                gate: "{ http: 'https://example.com/x', method: \(verb.uppercased()), timeout: 1m }"
            ),
        ] {
            let found = messages(text)
            #expect(found.count == 1, "\(found)")
            #expect(found.first?.contains("only looks, and a \(verb.uppercased())") ?? false)
        }
        #expect(messages(config(step: "{ \(request), timeout: 1m }")) == [])
    }

    @Test func aPostThatOnlyLooksIsDoubted() {
        let text = config(gate: "{ post: 'https://example.com/graphql', timeout: 1m }")
        #expect(messages(text) == [])
        let warnings = problems(text).filter { $0.severity == .warning }.map(\.message)
        #expect(warnings.contains { $0.contains("a gate only looks, and is asked again") })
    }

    @Test func aQueryThatOnlyLooksIsAskedReadOnly() throws {
        let sql = "sql: select 1, database: 'postgresql://u@h/d'"
        let loaded = ConfigurationLoader.loadText(
            config(
                step: "{ \(sql), timeout: 1m, check: { \(sql) } }", gate: "{ \(sql), timeout: 1m }",
                check: ", check: { \(sql) }", assess: "{ name: q, \(sql) }"))
        let configuration = try #require(loaded.configuration)
        let plan = try #require(configuration.plans.first)
        let method = try #require(plan.methods.first)
        func onlyReads(_ action: Action?) -> Bool? {
            guard case .sql(let query)? = action else { return nil }
            return query.onlyReads ?? false
        }
        #expect(onlyReads(plan.gates.first?.action) == true)
        #expect(onlyReads(method.check) == true)
        #expect(onlyReads(method.steps.first?.check) == true)
        #expect(onlyReads(configuration.services.first?.assess.first?.action) == true)
        #expect(onlyReads(method.steps.first?.action) == false)
    }
}
