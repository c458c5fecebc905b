// Where the lines of a stream come from: journal and command beside files.

import Testing
import WatchConfig
import WatchCore

@Suite struct StreamKindTests {
    private func load(_ body: String) -> LoadResult {
        ConfigurationLoader.loadText(
            "services: { shop: { streams: { a: { \(body) } } } }", name: "test.yaml")
    }

    private func stream(_ body: String) throws -> StreamConfiguration {
        let result = load(body)
        #expect(result.remarks.map(\.text) == [])
        return try #require(result.configuration?.services[0].streams.first)
    }

    private func journal(_ body: String) throws -> JournalSelection {
        guard case .journal(let selection) = try stream("journal: \(body), format: json").kind
        else { throw Missing() }
        return selection
    }

    private struct Missing: Error {}

    @Test func aJournalIsSelectedByUnitIdentifierPriorityAndFields() throws {
        let selection = try journal(
            """
            { unit: shop, units: [shop-worker@1.service, app.slice], identifiers: [shop],
            priority: warning, match: { CONTAINER_NAME: [a, b], _UID: 1000 },
            directory: /var/log/journal/remote }
            """)
        #expect(selection.units == ["shop.service", "shop-worker@1.service", "app.slice"])
        #expect(selection.identifiers == ["shop"])
        #expect(selection.priority?.number == 4)
        #expect(
            selection.matches == [
                .init("CONTAINER_NAME", ["a", "b"]), .init("_UID", ["1000"]),
            ])
        #expect(selection.directory == "/var/log/journal/remote")
    }

    @Test func theLevelOfAnEntryIsEnoughToTellErrors() throws {
        let stream = try stream("journal: { unit: shop.service }, error: level >= error")
        #expect(stream.format == .lines)
        #expect(stream.tellsErrors)
        #expect(try !self.stream("journal: { unit: a.service }, patterns: { x: y }").tellsErrors)
    }

    @Test func aCommandIsAProgramWithArguments() throws {
        let stream = try stream(
            "command: [/usr/bin/kubectl, logs, -f, --tail=0, web], format: json")
        #expect(stream.kind == .command(["/usr/bin/kubectl", "logs", "-f", "--tail=0", "web"]))
    }

    @Test(arguments: [
        ("format: json", "32", "a stream needs file, journal, command, syslog or drain"),
        ("file: /a, journal: { unit: a }, format: json", "47", "not several"),
        ("journal: {}, format: json", "46", "does not say which entries"),
        ("journal: { unit: 'shop@*.service' }, format: json", "54", "name each in units"),
        ("journal: { unit: 'a b' }, format: json", "54", "no name of a unit"),
        ("journal: { unit: a, priority: eror }, format: json", "67", "did you mean 'err'?"),
        ("journal: { match: { unit: x } }, format: json", "57", "did you mean 'UNIT'?"),
        ("journal: { match: { UNIT: [] } }, format: json", "63", "has no value"),
        ("journal: { directory: logs }, format: json", "59", "no absolute path"),
        ("journal: { units: shop }, format: json", "55", "write [ shop ]"),
        ("journal: { unti: shop }, format: json", "48", "did you mean 'unit'?"),
        ("journal: { unit: shop }", "32", "needs 'format', or 'patterns'"),
        ("journal: { unit: a }, format: json, ignore: [{ level: info }]", "84", "has no level"),
        ("command: [kubectl, logs], format: json", "47", "/usr/bin/kubectl"),
        ("command: [/bin/a, '${env:X}'], format: json", "56", "taken as it is written"),
    ])
    func mistakesAreSaidWhereTheyAre(body: String, column: String, text: String) {
        let found = load(body).diagnostics
        #expect(found.count == 1, "\(found.map(\.text))")
        #expect(found.first?.at == "1:\(column)", "\(found.map(\.text))")
        #expect(found.first?.text.contains(text) ?? false, "\(found.map(\.text))")
    }

    @Test func aPatternNamesSeveralFiles() throws {
        let stream = try stream("file: '/var/log/app/*.log', format: json")
        #expect(stream.kind == .files(pattern: "/var/log/app/*.log"))
        for (body, text) in [
            ("file: '/var/log/app.log*', format: json", "as in *.log"),
            ("file: '/a/*.log', format: json, multiline: java", "make a stream of each file"),
            ("file: '*.log', format: json", "no absolute path"),
        ] {
            let found = load(body).diagnostics
            #expect(found.count == 1)
            #expect(found.first?.text.contains(text) ?? false, "\(found.map(\.text))")
        }
    }

    @Test func recordsOfSeveralLinesAreNamedOrBeginWithAPattern() throws {
        let more = "file: /a, format: json"
        #expect(try stream("\(more), multiline: java").multiline?.shape == .java)
        #expect(try stream("\(more), multiline: python").multiline?.shape == .python)
        let own = try #require(
            try stream("\(more), multiline: { start: '^[0-9]', lines: 50, wait: 2s }").multiline)
        #expect(own.shape == .start("^[0-9]"))
        #expect(own.lines == 50)
        #expect(own.wait == .seconds(2))
        for (body, text) in [
            ("multiline: jva", "did you mean 'java'?"),
            ("multiline: { lines: 5 }", "needs 'start'"),
            ("multiline: { start: 'a(b' }", "the pattern is wrong"),
            ("multiline: { start: a, wait: 1h }", "too long"),
        ] {
            let found = load("\(more), \(body)").diagnostics
            #expect(found.count == 1)
            #expect(found.first?.text.contains(text) ?? false, "\(found.map(\.text))")
        }
    }

    @Test func aProgramThatRepeatsTheLogIsWarnedOf() throws {
        for (command, warns) in [
            ("[/usr/bin/docker, logs, -f, web]", true),
            ("[/usr/bin/kubectl, logs, --follow, web]", true),
            ("[/usr/bin/docker, logs, -f, --since, 1s, web]", false),
            ("[/usr/bin/docker, logs, web]", false), ("[/usr/bin/tail, -f, /a]", false),
        ] {
            let result = load("command: \(command), format: json")
            #expect(result.configuration != nil)
            #expect(result.remarks.count == (warns ? 1 : 0), "\(command)")
            #expect(result.diagnostics.allSatisfy { $0.severity == .warning })
        }
    }
}
