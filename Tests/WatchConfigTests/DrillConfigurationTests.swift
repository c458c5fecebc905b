// Where a plan is drilled is written with it, and what would let a drill touch production is
// refused.

import Testing
import WatchConfig
import WatchCore

@Suite struct DrillConfigurationTests {
    private func config(
        drill: String? = "{ service: copy, credentials: { db: copy-db } }",
        every: String = "", step: String = "{ unit: back, with: \"${service}\", timeout: 1m }",
        copy: String = "vars: { host: copy.example.com }", version: String = "/srv/copy/current",
        probe: String = "health"
    ) -> String {
        """
        services:
          shop:
            version: [{ symlink: /srv/shop/current }]
            probes: { health: { http: "https://example.com/", every: 10s } }
            vars: { host: shop.example.com, port: 5432 }
            rollback: { plan: back }
          copy:
            version: [{ symlink: \(version) }]
            probes: { \(probe): { http: "https://copy.example.com/", every: 10s } }
            \(copy)
        plans:
          back:
            \(drill.map { "drill: \($0)" } ?? "")
            \(every)
            before:
              - { name: dump, exec: [/usr/lib/dump], env: { DB: "${credential:db}" }, timeout: 1m }
            methods: [{ name: m, steps: [\(step)] }]
            verify: { probes: [health] }
        """
    }

    private func first(_ text: String) -> String { errors(text).first?.text ?? "" }

    @Test func whatIsWrittenIsWhatIsDrilled() {
        let result = ConfigurationLoader.loadText(
            config(
                drill: "{ service: copy, to: 1.9.0, credentials: { db: copy-db } }",
                every: "drill_every: 30d"))
        #expect(result.remarks.map(\.text) == [])
        #expect(
            result.configuration?.plan("back")?.drill
                == Drill(
                    service: "copy", to: "1.9.0", credentials: ["db": "copy-db"],
                    every: .days(30)))
        #expect(
            result.configuration?.service("shop")?.vars
                == ["host": "shop.example.com", "port": "5432"])
    }

    @Test func aServiceThatIsRolledBackForRealIsRefused() {
        #expect(first(config(drill: "{ service: shop }")).contains("'shop' is rolled back for"))
        for copy in [
            "rollback: { plan: back }", "operations: { plan: back }",
            "triggers: [{ name: t, when: up(health), severity: low, plan: back }]",
        ] {
            let message = first(config(copy: copy))
            #expect(message.contains("'copy' is rolled back for real, by plan 'back'"))
        }
    }

    @Test func namesAreFollowed() {
        #expect(first(config(drill: "{ service: cpoy }")).contains("did you mean 'copy'?"))
        let misspelt = "{ service: copy, credentials: { db: copy-db, bd: x } }"
        #expect(first(config(drill: misspelt)).contains("did you mean 'db'?"))
        let same = "{ service: copy, credentials: { db: copy-db }, same: [dmup] }"
        #expect(first(config(drill: same)).contains("did you mean 'dump'?"))
        #expect(
            first(config(probe: "helth")).contains(
                "no probe of service 'copy', on which this plan is drilled"))
    }

    @Test func howOftenNeedsAWhere() {
        let text = config(drill: nil, every: "drill_every: 30d")
        #expect(first(text).contains("nothing says where"))
    }

    @Test func noRealCredentialIsUsedUnasked() {
        #expect(
            first(config(drill: "{ service: copy }")).contains(
                "'dump' uses ${credential:db}, and the drill says of none"))
        let file =
            "{ unit: back, with: \"${service}\", timeout: 1m, check: { exec: [/bin/x], "
            + "env: { A: \"${file:/etc/secret}\", B: \"${service}\" } } }"
        #expect(first(config(step: file)).contains("for which nothing can stand in a drill"))
    }

    /// `vars` that are the same in both tell nothing.
    @Test(arguments: [
        "{ name: deploy, unit: back, with: \"${to.version}\", timeout: 1m }",
        "{ name: deploy, post: \"https://shop.example.com/deploys\", timeout: 1m }",
        "{ name: deploy, sql: \"delete from sessions\", timeout: 1m }",
        "{ name: deploy, unit: back, with: \"${vars.host}\", timeout: 1m }",
        "{ name: deploy, unit: a, with: \"${service}\", timeout: 1m, check: { unit: there } }",
    ])
    func aStepThatWouldDoTheRealThingIsRefused(_ step: String) {
        let copy = "vars: { host: shop.example.com }"
        let message = first(config(step: step, copy: copy))
        #expect(message.contains("in a drill 'deploy' would do what it does for real"))
        let same = "{ service: copy, credentials: { db: copy-db }, same: [deploy] }"
        #expect(errors(config(drill: same, step: step, copy: copy)) == [])
    }

    @Test(arguments: [
        "{ unit: back, with: \"${vars.host}\", timeout: 1m }",
        "{ post: \"https://${vars.host}/deploys\", timeout: 1m }",
        "{ sql: \"select 1\", database: \"${credential:db}\", timeout: 1m }",
        "{ manual: tell the team, timeout: 1m }",
        "{ wait: 5s }",
    ])
    func aStepThatDependsOnTheServiceIsGood(_ step: String) {
        #expect(errors(config(step: step)).map(\.text) == [])
    }

    @Test func eachServiceThatRunsThePlanHasItsVariables() {
        let step = "{ unit: back, with: \"${vars.port}\", timeout: 1m }"
        #expect(
            first(config(step: step)).contains(
                "service 'copy' runs this plan, and has no variable 'port'"))
        let misspelt = "{ unit: back, with: \"${vars.hots}\", timeout: 1m }"
        #expect(
            errors(config(step: misspelt)).contains {
                $0.text.contains("did you mean '${vars.host}'?")
            })
        #expect(first(config(copy: "vars: { host: /srv }")).contains("'host': '/srv' is not of"))
    }

    @Test func bothCannotBeTheSameThing() {
        #expect(
            first(config(version: "/srv/shop/current")).contains(
                "'copy' reads its version from the same place as 'shop'"))
    }

    @Test func whatStandsForACredentialMustBeReadable() {
        let result = ConfigurationLoader.loadText(
            config(), checkSecrets: Secrets(known: [.credential("db"): "x"]))
        #expect(result.diagnostics.contains { $0.message.contains("credential:copy-db") })
    }
}
