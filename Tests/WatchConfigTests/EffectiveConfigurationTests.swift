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
