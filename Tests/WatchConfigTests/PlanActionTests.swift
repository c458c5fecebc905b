// What steps of plans can do, and what is said when they are written wrongly.

import Testing
import WatchConfig
import WatchCore

@Suite struct PlanActionTests {
    private func config(
        _ steps: String, before: String = "", gates: String = "", phases: String? = nil
    ) -> String {
        """
        services:
          shop:
            version:
              - { http: "https://example.com/v", json: { version: $.v, deployment: $.d } }
            probes: { health: { http: "https://example.com/", every: 10s } }
            rollback: { plan: back }
        plans:
          back:
            budget: 10h
            gates: [\(gates)]
            before: [\(before)]
            methods: [{ name: m, \(phases ?? "steps: [\(steps)]") }]
            verify: {}
        """
    }

    private func step(_ text: String) throws -> Step {
        let loaded = ConfigurationLoader.loadText(config(text))
        #expect(loaded.diagnostics.filter { $0.severity == .error }.map(\.message) == [])
        return try #require(loaded.configuration?.plans.first?.methods.first?.steps.first)
    }

    @Test func evidenceIsForPrograms() throws {
        let step = try step(
            "{ exec: [/bin/x, \"${evidence}\"], env: { E: \"${evidence}\" }, timeout: 1m }")
        #expect(step.action.templates.flatMap(\.variables) == ["evidence", "evidence"])
    }

    /// It has no value before a rollback, and is no argument of a unit.
    @Test func evidenceIsRefusedWhereItIsNone() {
        let program = "{ exec: [/bin/x, \"${evidence}\"], timeout: 1m }"
        func first(_ text: String) -> String { errors(text).first?.text ?? "" }
        let gate = first(config("{ unit: back, timeout: 1m }", gates: program))
        #expect(gate.contains("${evidence} has no value here: a gate is asked before"), "\(gate)")
        for step in [
            "{ unit: back, with: \"${evidence}\", timeout: 1m }",
            "{ post: https://example.com/, json: { file: \"${evidence}\" }, timeout: 1m }",
            "{ sql: \"select '${evidence}'\", timeout: 1m }",
            "{ manual: \"look at ${evidence}\", timeout: 1m }",
        ] {
            #expect(first(config(step)).contains("${evidence} is the path of a file"), "\(step)")
        }
        let misspelt = first(config("{ exec: [/bin/x, \"${evidnce}\"], timeout: 1m }"))
        #expect(misspelt.contains("did you mean '${evidence}'?"), "\(misspelt)")
    }

    @Test func aProgramHasSurroundings() throws {
        let step = try step(
            """
            { exec: [/bin/x], env: { TOKEN: "${credential:t}", TO: "${to.version}" },
              stdin: "go to ${to.commit}", cwd: /var/lib/watchd/clone,
              expect: { exit: [0, 2], contains: done },
              save: { id: $.id, head: { pattern: "at (.*)" } },
              timeout: 1m, idempotent: true, retries: 3, backoff: 5s, target: 30s }
            """)
        guard case .exec(_, let settings?) = step.action else {
            Issue.record("\(step.action)")
            return
        }
        #expect(settings.environment.map(\.name) == ["TOKEN", "TO"])
        #expect(settings.input?.source == "go to ${to.commit}")
        #expect(settings.directory?.source == "/var/lib/watchd/clone")
        #expect(settings.exit == [0, 2])
        #expect(settings.saves.map(\.name) == ["id", "head"])
        #expect(step.backoff == .seconds(5))
        #expect(step.pauses == .seconds(35))
        #expect(step.target == .seconds(30))
    }

    @Test func aRequestCanBePolledAndItsAnswerUsed() throws {
        let text = """
            { post: "https://api.example.com/deploys", bearer: "${credential:t}",
              json: { commit: "${to.commit}", url: "${to.deployment}" },
              expect: { status: [201, 202] },
              save: { id: $.id }, timeout: 5m,
              poll: { get: "https://api.example.com/deploys/${id}", every: 2s,
                      until: { json: { $.status: live } },
                      failed: { json: { $.status: "matches failed|canceled" } } } },
            { unit: note, with: "${id}", timeout: 1m }
            """
        guard case .http(let call) = try step(text).action else {
            Issue.record("no request")
            return
        }
        #expect(call.request.method == "POST")
        #expect(call.poll?.request.url.source == "https://api.example.com/deploys/${id}")
        #expect(call.poll?.every == .seconds(2))
        #expect(call.poll?.failed != nil)
    }

    @Test func aQueryHasRowsAValueOrWhatWasCaptured() throws {
        func expectation(_ text: String) throws -> SQLQuery.Expectation? {
            guard
                case .sql(let query) = try step(
                    "{ sql: x, database: \"${credential:db}\", expect: \(text), timeout: 1m }"
                ).action
            else { return nil }
            return query.expectation
        }
        #expect(try expectation("[a, 'b|c']") == .rows(["a", "b|c"]))
        #expect(try expectation("'> 0'") == .value(.greater(0)))
        #expect(try expectation("0") == .value(.equals(.number(0))))
        #expect(try expectation("false") == .value(.equals(.bool(false))))
        let before = "{ sql: 'select 1', capture: counts, timeout: 1m }"
        let text = config(
            "{ sql: 'select 1', expect: { same_as: counts }, timeout: 1m }", before: before)
        #expect(errors(text) == [])
    }

    @Test func aQueryCanBeACheck() throws {
        let text = "{ unit: u, timeout: 1m, check: { sql: 'select 1', expect: 1 } }"
        let check = try step(text).check
        #expect(check?.summary == "psql: select 1")
    }

    @Test func aStepCanWaitOrAskSomebody() throws {
        #expect(try step("{ wait: 30s }").timeout == .seconds(30))
        let hand = try step("{ manual: \"Restore ${to.version}.\", timeout: 30m }")
        #expect(hand.action == .manual(try Template("Restore ${to.version}.")))
        #expect(hand.idempotent)
    }

    @Test func phasesAreUndoneAndSomeCannotBe() throws {
        let phases = """
            operation: remediation, phases: [
              { name: security, undo: [ { unit: undo-security, timeout: 1m } ] },
              { name: data, undo: none } ]
            """
        let loaded = ConfigurationLoader.loadText(config("", phases: phases))
        #expect(loaded.diagnostics.filter { $0.severity == .error }.map(\.message) == [])
        let method = try #require(loaded.configuration?.plans.first?.methods.first)
        #expect(method.phases?.operation == "remediation")
        #expect(method.phases?.phases.map(\.name) == ["security", "data"])
        #expect(method.phases?.phases.last?.undo == nil)
        #expect(method.possibleSteps.count == 1)
    }

    @Test(arguments: [
        ("{ exec: [/bin/x], unit: u, timeout: 1m }", "'exec' and 'unit' are both given"),
        ("{ timeout: 1m }", "a step says what to run"),
        ("{ unit: u }", "a step needs 'timeout'"),
        ("{ wait: 30s, timeout: 1m }", "a step that waits has no time-out"),
        ("{ unit: u, env: { A: b }, timeout: 1m }", "'env' goes with exec"),
        ("{ exec: [/bin/x], json: { a: b }, timeout: 1m }", "'json' goes with a request"),
        ("{ unit: u, backoff: 5s, timeout: 1m }", "'backoff' is the pause before a further try"),
        ("{ exec: [/bin/x], cwd: there, timeout: 1m }", "'cwd' is no absolute path"),
        ("{ exec: [/bin/x, \"${credential:t}\"], timeout: 1m }", "would be visible to everybody"),
        ("{ exec: [/bin/x], env: { WATCHD_SERVICE: a }, timeout: 1m }", "is set by watchd itself"),
        ("{ sql: \"select '${credential:t}'\", timeout: 1m }", "a secret in a query"),
        (
            "{ sql: x, database: 'postgres://u:pw@h/d', timeout: 1m }",
            "a password is not written in this file"
        ),
        ("{ sql: x, database: 'mysql://h/d', timeout: 1m }", "is no URL of PostgreSQL"),
        (
            "{ sql: x, expect: { same_as: counts }, timeout: 1m }",
            "no step before this one captures 'counts'"
        ),
        ("{ manual: \"say ${credential:t}\", timeout: 1m }", "a secret would be sent to chat"),
        (
            "{ post: 'https://a.example/', save: { service: $.id }, timeout: 1m }",
            "'service' has a value already"
        ),
        ("{ post: 'https://a.example/${id}', timeout: 1m }", "'${id}'"),
        (
            "{ post: 'https://a.example', timeout: 1m, poll: { get: 'https://b.org', every: 1s } }",
            "a poll needs 'until'"
        ),
        (
            "{ unit: u, timeout: 1m, check: { manual: look } }",
            "unknown key 'manual' in a check"
        ),
    ])
    func aMistakeIsNamed(_ step: String, _ message: String) {
        let found = errors(config(step)).map(\.message)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test(arguments: [
        ("phases: [ { name: a, undo: none } ]", "which operation has these phases is missing"),
        ("operation: o, steps: [ { wait: 1s } ]", "'operation' goes with phases"),
        ("operation: o, phases: []", "there are no phases"),
        ("check: { unit: c }", "a method needs 'steps' or 'phases'"),
        (
            "operation: o, phases: [ { name: a, undo: none }, { name: a, undo: none } ]",
            "two phases are called 'a'"
        ),
    ])
    func aMistakeInPhasesIsNamed(_ method: String, _ message: String) {
        let found = errors(config("", phases: method)).map(\.message)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    /// What the first method saved is no help when it failed.
    @Test func aMethodUsesOnlyWhatIsSavedForSure() {
        let save = "{ exec: [/bin/x], save: { id: $.id }, timeout: 1m }"
        let use = "{ unit: u, with: \"${id}\", timeout: 1m }"
        #expect(errors(config("\(save), \(use)")) == [])
        #expect(errors(config(use, before: save)) == [])
        #expect(errors(config("\(save)] }, { name: n, steps: [\(use)")).count == 1)
    }
}
