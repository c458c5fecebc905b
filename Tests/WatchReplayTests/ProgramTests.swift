// `watchctl replay` as people and pipelines run it: exit statuses, streams of output, the report.

import Foundation
import TestServers
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct ProgramTests {
    private static let triggers = """
        - { name: storm, when: "error_rate(access, 10s) > 25%", \
        severity: critical, mode: auto, warm_up: 5s, clear_for: 20s }
        - { name: slow, when: "p95(access, 1m) > 800ms", severity: high, warm_up: 5s }
        - { name: down, when: "failing(ready) > 60%", severity: critical, mode: auto }
        """

    private let recording: Recording
    private let access: String

    /// 1.9.0 is deployed at 60 s and bad from 120 s on.
    init() throws {
        recording = try Recording(triggers: Self.triggers)
        access = try recording.write(
            "access.log", traffic(0..<120) + traffic(120..<300, bad: 4, latency: 0.3))
    }

    private var bad: [String] {
        [
            "--stream", "shop/access=\(access)", "--known-good", "shop=1.8.0", "--release",
            "shop=1.9.0@\(time(60))",
        ]
    }

    private func replay(
        _ arguments: [String], input: String? = nil
    ) async throws -> ProgramResult {
        try await watchctl(
            ["replay", "--config", recording.path("watchd.yaml")] + arguments, input: input)
    }

    @Test func itExitsWithZeroAlsoWhenSomethingFired() async throws {
        let result = try await replay(bad + ["--json"])
        #expect(result.status == 0)
        #expect(result.output.contains(#""decision":"rollback""#))
        #expect(result.errors.isEmpty)
        #expect(result.output == (try recording.replay(bad).told.lines))
    }

    @Test func theSameInputGivesTheSameBytes() async throws {
        let first = try await replay(bad + ["--json"])
        for _ in 0..<3 { #expect(try await replay(bad + ["--json"]).output == first.output) }
        let report = try await replay(bad)
        #expect(try await replay(bad).output == report.output)
    }

    @Test func failOnExitsWithOne() async throws {
        for (arguments, status) in [
            (bad + ["--fail-on", "rollback"], 1), (bad + ["--fail-on", "page"], 1),
            (["--stream", "shop/access=\(access)", "--fail-on", "rollback"], 0),
            (["--stream", "shop/access=\(access)", "--fail-on", "page"], 1),
            (["--stream", "shop/access=\(access)"], 0),
        ] as [([String], Int32)] {
            #expect(try await replay(arguments + ["--json"]).status == status, "\(arguments)")
            #expect(try await replay(arguments).status == status, "\(arguments)")
        }
    }

    @Test func mistakesOfUsageExitWithTwo() async throws {
        for arguments in [
            [], ["--stream", "shop/acess=\(access)"], ["--stream", "nothing"],
            ["--stream", "shop/access=\(access)", "--fail-on", "everything"],
            ["--stream", "shop/access=\(access)", "--until", "noon"],
            ["--stream", "shop/access=\(access)", "--until", time(-10)],
            ["--stream", "shop/access=\(access)", "--rollback-takes", "soon"],
            ["--stream", "shop/access=\(access)", "--rollback-takes", "-3s"],
            ["--stream", "shop/access=\(access)", "--suggest", "--json"],
        ] {
            let result = try await replay(arguments)
            #expect(result.status == 2, "\(arguments): \(result.errors)")
            #expect(result.output.isEmpty)
            #expect(!result.errors.isEmpty)
        }
        #expect(try await watchctl(["replay", "--stream", "shop/access=\(access)"]).status == 2)
    }

    @Test func whatCannotBeFoundOutExitsWithThree() async throws {
        let none = try await replay(["--stream", "shop/access=\(recording.path("none.log"))"])
        #expect(none.status == 3)
        #expect(none.errors.contains("none.log: there is no such file"))
        let configuration = try recording.write(
            "broken.yaml", ["services: { shop: { nonsense: 1 } }"])
        let broken = try await watchctl(
            ["replay", "--config", configuration, "--stream", "shop/access=\(access)"])
        #expect(broken.status == 3)
        #expect(broken.errors.contains("broken.yaml:1:"))
    }

    @Test func aDamagedRecordIsUsedAsFarAsItGoesAndExitsWithThree() async throws {
        let health = try recording.write("health.jsonl", [result(0), "nonsense", result(10)])
        let result = try await replay(bad + ["--probe", "shop/health=\(health)", "--json"])
        #expect(result.status == 3)
        #expect(result.errors.contains("health.jsonl:2: the line is no JSON"))
        #expect(result.output.contains(#""decision":"rollback""#))
    }

    @Test func standardInputIsAnInputCompressedOrNot() async throws {
        let expected = try await replay(bad + ["--json"]).output
        let packed = try recording.write(
            "packed.gz", gzip(try Data(contentsOf: URL(fileURLWithPath: access))))
        for input in [access, packed] {
            var arguments = bad
            arguments[1] = "shop/access=-"
            #expect(try await replay(arguments + ["--json"], input: input).output == expected)
        }
    }

    @Test func theReportAnswersASceptic() async throws {
        let report = try await replay(bad).output
        for part in [
            "Nothing was executed", "What was read", "3\u{202F}000", "armed; every gate passes",
            "1.8.0 is known to be good", "not given, so what asks for it stays insufficient",
            "storm would have fired", "ROLLBACK", "back to 1.8.0", "errors of access",
            "P95 of access", "▲ decided", "What would change the answer", "Gates were not asked",
            "It would have decided: 1 rollback",
        ] {
            #expect(report.contains(part), "\(part) in:\n\(report)")
        }
        #expect(!report.contains("\u{1B}"))
        // A path in the first table is whole, however long it is.
        let others = report.split(separator: "\n").drop { $0 != "What was assumed" }
        #expect(!others.isEmpty && others.allSatisfy { $0.count <= 100 })
    }

    @Test(arguments: [
        ([String](), "page", "name one with --known-good shop=VERSION", true),
        ([], "page", "say it with --release shop=VERSION@TIME", false),
    ])
    func theReportSaysWhatWouldChangeTheAnswer(
        _ more: [String], word: String, advice: String, isReleased: Bool
    ) async throws {
        var arguments = ["--stream", "shop/access=\(access)"] + more
        if isReleased { arguments += ["--release", "shop=1.9.0@\(time(60))"] }
        let report = try await replay(arguments).output
        #expect(report.contains(word.uppercased()))
        let text = report.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains(advice), "\(report)")
    }

    @Test func suggestProposesThresholdsFromQuietTimes() async throws {
        let quiet = try recording.write("quiet.log", traffic(0..<1500, latency: 0.08))
        let result = try await replay(["--stream", "shop/access=\(quiet)", "--suggest"])
        #expect(result.status == 0)
        // No errors at all: two points above nothing. Half more than 80 ms.
        #expect(result.output.contains(#"when: "error_rate(access, 2m) > 2%""#), "\(result.output)")
        #expect(result.output.contains(#"when: "p95(access, 5m) > 120ms""#))
        #expect(result.output.contains(#"when: "rate(access, 5m) < 5""#))
        #expect(!result.output.contains("\u{1}"))
        let short = try await replay(["--stream", "shop/access=\(access)", "--suggest"])
        #expect(short.output.contains("too little quiet data"))
    }

    @Test func theReportIsThis() async throws {
        let report = try await watchctl(
            [
                "replay", "--config", "watchd.yaml", "--stream", "shop/access=access.log",
                "--known-good", "shop=1.8.0", "--release", "shop=1.9.0@\(time(60))",
            ], directory: recording.folder
        ).output
        let golden = try #require(
            Bundle.module.url(forResource: "report", withExtension: "txt", subdirectory: "Golden"))
        let expected = try String(contentsOf: golden, encoding: .utf8)
        #expect(report == expected, "\(report)")
    }
}
