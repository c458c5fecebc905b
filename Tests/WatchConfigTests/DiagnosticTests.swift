// What a person sees: the line, the caret, the remedy; and where things across files stand.

import Testing
import WatchConfig
import WatchCore

@Suite struct DiagnosticTests {
    @Test func theCaretStandsUnderTheMistakeOfALongLine() throws {
        let long = String(repeating: "x", count: 300)
        let found = errors("services: { a: { depends_on: [\"\(long)\", \"b c\"], bake: soon } }")
        let last = try #require(found.last)
        #expect(last.message.contains("soon"))
        let lines = last.text.split(separator: "\n")
        let caret = try #require(lines[2].firstIndex(of: "^"))
        let at = lines[2].distance(from: lines[2].startIndex, to: caret)
        #expect(lines[1].dropFirst(at).hasPrefix("soon"))
        #expect(lines[1].count < 200)
    }

    @Test func columnsCountCharactersAsYAMLDoes() {
        #expect(errors("services: { ä: { bake: 5 } }").map(\.at) == ["1:13", "1:24"])
    }

    @Test func severalFilesComeInTheirOrderAndDoublesNameTheFirst() throws {
        try Files.withDirectory { directory in
            try Files.makeDirectory(directory + "/conf.d")
            try Files.write("services: { shop: {} }\nlimits: {}\n", directory + "/watchd.yaml")
            try Files.write("services: { pay: { x: 1 } }\n", directory + "/conf.d/b.yaml")
            try Files.write(
                "limits: {}\nservices: { shop: {} }\n", directory + "/conf.d/a.yaml")
            try Files.write("not read", directory + "/conf.d/c.txt")
            let main = directory + "/watchd.yaml"
            let paths = ConfigurationLoader.expand(mainFile: main)
            #expect(
                paths == [main, directory + "/conf.d/a.yaml", directory + "/conf.d/b.yaml"])
            let result = ConfigurationLoader.load(paths: paths)
            #expect(result.configuration == nil)
            let places = result.diagnostics.map { "\($0.file.dropFirst(directory.count)) \($0.at)" }
            #expect(places == ["/conf.d/a.yaml 1:1", "/conf.d/a.yaml 2:13", "/conf.d/b.yaml 1:20"])
            #expect(result.diagnostics[0].message.contains("watchd.yaml:2"))
            #expect(result.diagnostics[1].message.contains("watchd.yaml:1"))
        }
    }

    @Test func aMainFileAloneDoesNotPullInItsDirectory() throws {
        try Files.withDirectory { directory in
            try Files.makeDirectory(directory + "/conf.d")
            try Files.write("services: { shop: {} }", directory + "/watchd.yaml")
            try Files.write("services: { pay: {} }", directory + "/conf.d/a.yaml")
            let alone = ConfigurationLoader.load(paths: [directory + "/watchd.yaml"])
            #expect(alone.configuration?.services.map(\.name) == ["shop"])
            let part = ConfigurationLoader.load(paths: [directory + "/conf.d"])
            #expect(part.configuration?.services.map(\.name) == ["pay"])
            let both = ConfigurationLoader.load(
                paths: ConfigurationLoader.expand(mainFile: directory + "/watchd.yaml"))
            #expect(both.configuration?.services.map(\.name) == ["shop", "pay"])
        }
    }

    /// A check that reads less than the daemon says "fine" of what it cannot start with.
    @Test func whatIsNamedIsReadAsTheDaemonReadsIt() throws {
        try Files.withDirectory { directory in
            try Files.makeDirectory(directory + "/conf.d")
            for name in ["watchd.yaml", "other.yaml", "conf.d/a.yaml", "conf.d/b.yaml"] {
                try Files.write("services: {}", "\(directory)/\(name)")
            }
            func names(_ paths: String...) -> [Substring] {
                ConfigurationLoader.expand(paths: paths.map { directory + $0 })
                    .map { $0.dropFirst(directory.count + 1) }
            }
            #expect(names("/watchd.yaml") == ["watchd.yaml", "conf.d/a.yaml", "conf.d/b.yaml"])
            #expect(
                names("") == ["other.yaml", "watchd.yaml", "conf.d/a.yaml", "conf.d/b.yaml"])
            #expect(names("/conf.d/b.yaml") == ["conf.d/b.yaml"])
            #expect(names("/conf.d") == ["conf.d/a.yaml", "conf.d/b.yaml"])
            #expect(
                names("/watchd.yaml", "/conf.d/a.yaml")
                    == ["watchd.yaml", "conf.d/a.yaml", "conf.d/b.yaml"])
            // One file, however its path is written.
            #expect(
                names("/watchd.yaml", "/conf.d/../conf.d/a.yaml")
                    == ["watchd.yaml", "conf.d/a.yaml", "conf.d/b.yaml"])
            #expect(names("/gone.yaml").first == "gone.yaml")
        }
    }

    @Test func referencesReachAcrossFiles() throws {
        try Files.withDirectory { directory in
            try Files.write(
                "services: { shop: { rollback: { plan: back } } }", directory + "/a.yaml")
            try Files.write(
                "plans: { back: { methods: [{ name: m, steps: [{ unit: u, timeout: 1s }] }], "
                    + "verify: {} } }", directory + "/b.yaml")
            let result = ConfigurationLoader.load(paths: [directory])
            #expect(result.remarks == [])
            #expect(result.configuration?.service("shop")?.plan == "back")
        }
    }

    @Test func anEmptyDirectoryIsAnError() throws {
        try Files.withDirectory { directory in
            let result = ConfigurationLoader.load(paths: [directory])
            #expect(result.configuration == nil)
            #expect(result.diagnostics.map(\.message) == ["the directory has no *.yaml"])
        }
    }

    @Test func secretsAreReadOnlyWhenAsked() {
        let text = """
            channels:
              a: { slack: "${credential:here}" }
              b: { webhook: { url: "https://example.com/", secret: "${env:GONE}" } }
            """
        #expect(errors(text) == [])
        let secrets = Secrets(known: [.credential("here"): "https://example.com/"])
        let result = ConfigurationLoader.loadText(text, name: "t.yaml", checkSecrets: secrets)
        let found = result.diagnostics.filter { $0.severity == .error }
        #expect(found.map(\.at) == ["3:57"])
        #expect(found[0].message.contains("${env:GONE}"))
        #expect(result.configuration == nil)
    }

    @Test func aSecretThatWasWrittenOutIsNotQuotedBack() {
        let found = errors("channels: { a: { webhook: { url: 'x://y', secret: hunter2 } } }")
        #expect(found.count == 2)
        #expect(!found.contains { $0.text.contains("hunter2") })
    }

    @Test func keysGivenTwiceAreAllReported() {
        let text = """
            services:
              shop: { bake: 1m, bake: 2m, "bake": 3m }
              shop: {}
              'pay': { x: 1 }
            """
        #expect(errors(text).map(\.at) == ["2:21", "2:31", "3:3", "4:12"])
    }

    @Test func whatIsDeclaredButWrongIsNotMissingBesides() {
        let found = errors(
            """
            channels: { pager: { pagerduty: x }, chat: { slack: nowhere } }
            routes: { oncall: [{ to: [pager, chat] }] }
            services: { a: { probes: { p: 5 }, rollback: { plan: back },
              triggers: [{ name: t, when: "up(p) < 1", severity: low }] } }
            plans: { back: 7 }
            """)
        #expect(found.map(\.line) == [1, 1, 3, 5], "\(found)")
    }

    @Test func groupsMayBeginWithAnUnderscore() {
        #expect(errors("access: { operate: [_ops, 'on call'] }") == [])
        #expect(errors("access: { operate: ['a:b'] }").count == 1)
    }
}
