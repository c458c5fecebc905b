// Probes of this host as they are written: programs and units.

import Testing
import WatchConfig
import WatchCore

@Suite struct LocalProbeTests {
    private func text(_ probe: String, when: String = "up(p) < 1") -> String {
        """
        services:
          shop:
            probes:
              p: \(probe)
            triggers:
              - { name: t, when: "\(when)", severity: low }
        """
    }

    private func kind(_ probe: String) -> ProbeConfiguration.Kind? {
        let loaded = ConfigurationLoader.loadText(text(probe), name: "test.yaml")
        #expect(loaded.diagnostics.filter { $0.severity == .error }.isEmpty)
        return loaded.configuration?.services.first?.probes.first?.kind
    }

    @Test func aProgramHasArgumentsAnEnvironmentAndExpectations() throws {
        var check = ExecCheck(["/usr/bin/psql", "-Atc", "select count(*) from orders"])
        check.environment = [
            .init(name: "PGPASSWORD", value: try Template("${credential:db}"))
        ]
        check.exit = [0, 2]
        check.matches = "^[0-9]+$"
        check.json = [.init(path: try JSONPath("$.lag"), comparison: .less(10))]
        #expect(
            kind(
                """
                { exec: [/usr/bin/psql, -Atc, "select count(*) from orders"], every: 1m,
                      env: { PGPASSWORD: "${credential:db}" },
                      expect: { exit: [0, 2], matches: "^[0-9]+$", json: { $.lag: "< 10" } } }
                """) == .exec(check))
        var plugin = ExecCheck(["/usr/lib/nagios/plugins/check_load"])
        plugin.isPlugin = true
        #expect(
            kind("{ exec: [/usr/lib/nagios/plugins/check_load], every: 1m, nagios: true }")
                == .exec(plugin))
    }

    @Test func secretsOfTheEnvironmentAreKnownForRedaction() {
        let loaded = ConfigurationLoader.loadText(
            text("{ exec: [/bin/true], every: 1m, env: { A: \"${credential:db}\" } }"),
            name: "test.yaml")
        #expect(loaded.configuration?.secrets.map(\.description) == ["${credential:db}"])
    }

    @Test func aUnitHasStatesAndBounds() {
        var check = UnitCheck("shop.service")
        check.states = [.active, .inactive]
        check.memoryBelow = 1_610_612_736
        check.cpuBelow = 0.9
        #expect(
            kind(
                """
                { unit: shop.service, every: 10s,
                      expect: { state: [active, inactive], memory: "< 1.5GiB", cpu: "< 90%" } }
                """) == .unit(check))
    }

    /// As systemctl has it.
    @Test func aUnitWithoutASuffixIsAService() {
        #expect(kind("{ unit: shop, every: 10s }") == .unit(UnitCheck("shop.service")))
        #expect(kind("{ unit: shop@1.2, every: 10s }") == .unit(UnitCheck("shop@1.2.service")))
        #expect(kind("{ unit: nightly.timer, every: 10s }") == .unit(UnitCheck("nightly.timer")))
    }

    @Test func restartsAreCountedOfUnitsOnly() throws {
        #expect(
            errors(text("{ unit: shop.service, every: 10s }", when: "restarts(p, 5m) > 2")).isEmpty)
        let found = try #require(
            errors(text("{ exec: [/bin/true], every: 10s }", when: "restarts(p, 5m) > 2")).first)
        #expect(found.message == "'p' is a probe of the kind exec, which has no restarts")
    }

    @Test(arguments: [
        ("{ exec: [psql], every: 1m }", "'psql' is no absolute path"),
        ("{ exec: [], every: 1m }", "'exec' is empty"),
        (
            "{ exec: [/bin/true], every: 1m, env: { 1A: x } }",
            "'1A' cannot be a variable of the environment"
        ),
        (
            "{ exec: [/bin/true], every: 1m, env: { A: \"${to.version}\" } }",
            "the variable '${to.version}' has no value here"
        ),
        ("{ exec: [/bin/true], every: 1m, expect: { exit: 256 } }", "'exit' is 256, out of range"),
        ("{ exec: [/bin/true], every: 1m, expect: { exit: [] } }", "'exit' is an empty list"),
        (
            "{ exec: [/bin/true], every: 1m, nagios: true, expect: { exit: 1 } }",
            "the exit statuses of a plugin have their meaning already"
        ),
        (
            "{ exec: [/bin/true], every: 1m, method: GET }",
            "'method' means nothing for an exec probe"
        ),
        ("{ unit: \"shop service\", every: 1m }", "'shop service' is no name of a unit"),
        (
            "{ unit: shop@.service, every: 1m }",
            "'shop@.service' is a template, of which nothing runs"
        ),
        (
            "{ unit: shop.service, every: 1m, expect: { state: runing } }",
            "'runing' is no state of a unit"
        ),
        (
            "{ unit: shop.service, every: 1m, expect: { memory: 1GB } }",
            "'1GB' is no bound on a size"
        ),
        (
            "{ unit: shop.service, every: 1m, expect: { cpu: \"< 0.9\" } }",
            "'< 0.9' is no bound on a percentage of a core"
        ),
        (
            "{ unit: shop.service, every: 1m, expect: { status: 200 } }",
            "unknown key 'status' in expect of a unit probe"
        ),
        (
            "{ unit: shop.service, exec: [/bin/true], every: 1m }",
            "a probe has one of exec and unit"
        ),
    ])
    func whatIsWrongIsSaid(probe: String, message: String) {
        let found = errors(text(probe))
        #expect(found.map(\.message) == [message], "\(found.map { $0.message })")
    }
}
