// What `config show` prints means what the files mean, and says what holds besides.

import FoundationEssentials
import Testing
import WatchConfig
import WatchCore

@Suite struct EffectiveConfigurationTests {
    static let examples: [String] = {
        let directories = ["etc/watchd/watchd.yaml", "etc/demo/watchd.yaml"]
        return directories.filter {
            FileManager.default.fileExists(atPath: "\(Repository.root)/\($0)")
        }
    }()

    private func expectTheSame(_ text: String) throws -> String {
        let before = ConfigurationLoader.loadText(text)
        let shown = EffectiveConfiguration.read(text: text)
        let yaml = try #require(shown.yaml, "\(shown.diagnostics.map(\.text))")
        let after = ConfigurationLoader.loadText(yaml)
        #expect(after.diagnostics.filter { $0.severity == .error }.map(\.text) == [])
        #expect(after.diagnostics.count <= before.diagnostics.count)
        #expect(Self.open(after.configuration) == Self.open(before.configuration))
        // It says all there is to say already.
        let again = EffectiveConfiguration.read(text: yaml)
        #expect(
            again.yaml == yaml.replacing("  # default", with: ""), "what is filled in stays")
        return yaml
    }

    /// Without what may be withheld.
    private static func open(_ configuration: Configuration?) -> Configuration? {
        var open = configuration
        open?.channels = []
        return open
    }

    @Test(arguments: examples) func anExampleReadsBackAsItWas(_ file: String) throws {
        _ = try expectTheSame(try Files.text("\(Repository.root)/\(file)"))
    }

    @Test(arguments: RecipeTests.files) func aRecipeReadsBackAsItWas(_ file: String) throws {
        let text = try Files.text("\(RecipeTests.directory)/\(file)")
        let vars =
            "vars: { project: p, team: t, repository: r, render: r, neon: n, "
            + "environment: e, namespace: s }"
        let name = String(file.dropLast(".yaml".count))
        _ = try expectTheSame(RecipeTests.service(name, own: vars) + text)
    }

    @Test func whatNobodyWroteIsFilledInAndMarked() throws {
        let yaml = try expectTheSame(
            """
            services:
              shop:
                version: [{ symlink: /srv/shop/current }]
                bake: 1h
                probes: { health: { http: "https://example.com/", every: 20s } }
                triggers: [{ name: "5xx", when: "error_rate(health, 5m) > 25%", severity: low }]
                rollback: { plan: back }
            plans:
              back:
                gates: [{ exec: [/bin/true], timeout: 9s }]
                methods: [{ name: m, steps: [{ unit: u, timeout: 1s }] }]
                verify: {}
            """)
        for line in [
            "    bake: 1h\n", "    suspect_for: 2h  # default", "        every: 20s\n",
            "        timeout: 5s  # default", "        failures: 2  # default",
            "        mode: page  # default", "  critical:  # default",
            "    respond_within: 5m  # default", "  max_rollbacks: 2  # default",
            "    probation: 15m  # default", "      settle: 15s  # default",
            "        timeout: 9s\n", "      - symlink: /srv/shop/current\n",
            "        every: 2s  # default",
        ] {
            #expect(yaml.contains(line), "\(line) is missing in\n\(yaml)")
        }
    }

    @Test func stepsStreamsAndOperationsAreFilledInToo() throws {
        let yaml = try expectTheSame(
            """
            services:
              db: { version: [{ symlink: /srv/db/current }] }
              shop:
                version: [{ symlink: /srv/shop/current }]
                assess: [{ name: sessions, exec: [/bin/true] }]
                operations: { severity: critical }
                streams:
                  access: { file: /var/log/access.log, format: nginx-combined }
                  app:
                    command: [/bin/log]
                    patterns: { panic: "^panic" }
                    multiline: { start: "^[0-9]" }
                  edge: { syslog: { unix: /run/watchd/nginx.sock }, format: nginx-combined }
                  posted: { drain: { http: "8514", token: "${credential:t}" }, format: json }
                rollback: { plan: back }
            plans:
              back:
                budget: 1h
                before: [{ wait: 5s }]
                spans:
                  - service: db
                    stop: { unit: db-stop, timeout: 1m }
                    start: { unit: db-start, timeout: 1m, idempotent: true }
                methods:
                  - { name: link, steps: [{ unit: u, timeout: 1s }] }
                  - name: undo
                    operation: deploy
                    phases:
                      - { name: schema, undo: [{ unit: down, timeout: 1m, on_failure: continue }] }
                after: [{ manual: "tell the shop", timeout: 5m }]
                verify: {}
            """)
        for line in [
            "        error: status >= 500  # default", "        routes: false  # default",
            "          lines: 500  # default", "          wait: 500ms  # default",
            "          mode: \"0660\"  # default", "          max_body: 4194304  # default",
            "      mode: page  # default", "      severity: critical\n",
            "        timeout: 5s  # default", "    walk_back: 0  # default",
            "        loses: nothing  # default",
            "        changes: release  # default", "            idempotent: false  # default",
            "            retries: 0  # default", "            on_failure: stop  # default",
            "          idempotent: true\n", "                on_failure: continue\n",
        ] {
            #expect(yaml.contains(line), "\(line) is missing in\n\(yaml)")
        }
    }

    /// Nobody may write a secret out; who has done it all the same does not see it in a ticket.
    @Test func secretsThatWereWrittenOutAreWithheld() throws {
        let shown = EffectiveConfiguration.read(
            text: """
                services:
                  shop:
                    probes:
                      signin:
                        every: 30s
                        journey:
                          - { post: "https://example.com/", json: { password: hunter2, user: bob },
                              save: { token: $.token } }
                          - { get: "https://example.com/", bearer: "${token}" }
                channels:
                  chat: { slack: "https://hooks.example.com/services/T0/B0/x7" }
                  own: { slack: "${credential:chat}" }
                """)
        let yaml = try #require(shown.yaml, "\(shown.diagnostics.map(\.text))")
        #expect(!yaml.contains("hunter2"))
        #expect(!yaml.contains("B0/x7"))
        #expect(yaml.contains("https://hooks.example.com/(withheld)"))
        for kept in ["bob", "${credential:chat}", "token: $.token", "${token}"] {
            #expect(yaml.contains(kept), "\(kept) in \(yaml)")
        }
    }

    @Test func severalFilesAreOneDocument() throws {
        try Files.withDirectory { directory in
            try Files.write("services: { a: { bake: 1h } }", directory + "/1.yaml")
            try Files.write("services: { b: {} }\nlimits: { per: 2h }", directory + "/2.yaml")
            let yaml = try #require(EffectiveConfiguration.read(paths: [directory]).yaml)
            let read = try #require(ConfigurationLoader.loadText(yaml).configuration)
            #expect(read.services.map(\.name) == ["a", "b"])
            #expect(read.limits.per == .hours(2))
        }
    }

    @Test func whatIsNoConfigurationIsNotShown() {
        let shown = EffectiveConfiguration.read(text: "services: { a: { bkae: 1h } }")
        #expect(shown.yaml == nil)
        #expect(shown.diagnostics.contains { $0.message.contains("bkae") })
    }
}
