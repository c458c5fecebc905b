// DESIGN §6 "Replay", second paragraph: what is not given, what probes say, what runs.

import Foundation
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct InputRulesTests {
    private static let storm =
        #"- { name: storm, when: "error_rate(access, 10s) > 25%", "#
        + #"severity: critical, mode: auto, warm_up: 5s, clear_for: 20s }"#

    @Test(arguments: [
        "count(other, 10s) >= 0", "rate(other, 10s) >= 0", "errors(other, 10s) >= 0",
        "error_rate(other, 10s) >= 0%", "p95(other, 10s) >= 0s", "failing(ready) >= 0%",
        "up(ready) >= 0", "error_rate(ready, 30s) >= 0%", "count(ready, 30s) >= 0",
    ])
    func inputsNotGivenAreInsufficientTheirCountsToo(when: String) throws {
        let recording = try Recording(
            triggers: #"- { name: absent, when: "\#(when)", severity: critical, warm_up: 0s }"#)
        let access = try recording.write("access.log", traffic(0..<600))
        let told = try recording.told("--stream", "shop/access=\(access)")
        #expect(told.events.map(\.kind) == [.insufficient])
        #expect(
            told.of(.insufficient).first?.readings?.values.allSatisfy { $0.value == nil } ?? false)
    }

    @Test func inputsNotGivenAreNeverBlindAndNeverPaged() throws {
        let recording = try Recording(
            triggers:
                #"- { name: absent, when: "error_rate(other, 10s) > 25%", "#
                + #"severity: critical, mode: auto }"#
        )
        let index = try #require(
            recording.configuration.services[0].streams.firstIndex { $0.name == "other" })
        recording.configuration.services[0].streams[index].noDataAfter = .seconds(30)
        let access = try recording.write("access.log", traffic(0..<900))
        let told = try recording.told("--stream", "shop/access=\(access)")
        #expect(told.of(.blind).isEmpty)
        #expect(told.of(.decision).isEmpty)
    }

    @Test func aStreamThatWasGivenAndFellSilentIsBlindAfterItsTime() throws {
        let recording = try Recording(
            triggers:
                #"- { name: storm, when: "error_rate(access, 10s) > 25%", "#
                + #"severity: high, warm_up: 5s }"#
        )
        let index = try #require(
            recording.configuration.services[0].streams.firstIndex { $0.name == "access" })
        recording.configuration.services[0].streams[index].noDataAfter = .seconds(60)
        let access = try recording.write("access.log", traffic(0..<30))
        let told = try recording.told("--stream", "shop/access=\(access)", "--until", time(120))
        #expect(told.of(.blind).count == 1)
    }

    @Test func unparsedLinesMakeAStreamBlindAsLive() throws {
        let recording = try Recording(
            triggers:
                #"- { name: storm, when: "error_rate(access, 10s) > 25%", "#
                + #"severity: high, warm_up: 5s }"#
        )
        let lines = traffic(0..<60).flatMap { [$0, "#!? garbage \u{1B}[31m"] }
        let access = try recording.write("access.log", lines)
        let (told, replay) = try recording.replay(["--stream", "shop/access=\(access)"])
        #expect(told.of(.blind).count == 1)
        #expect(replay.streams[0].tally.unparsed == 600)
        #expect(replay.streams[0].tally.lines == 1200)
        #expect(replay.streams[0].tally.firstUnparsed?.number == 2)
        #expect(replay.streams[0].tally.firstUnparsed?.text == "#!? garbage ?[31m")
    }

    /// Only a source that exists ends an announcement after 10 m.
    @Test func probesThatNameNoVersionAreNoSourceOfIt() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write(
            "access.log", traffic(0..<1000) + traffic(1000..<1300, bad: 5))
        let health = try recording.write(
            "health.jsonl", stride(from: 0, to: 1300, by: 10).map { result(Double($0)) })
        let given = [
            "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)",
            "--known-good", "shop=1.8.0",
        ]
        let before = try recording.replay(given + ["--release", "shop=1.9.0"]).told
        #expect(before.decisions == ["page no-release-suspect"])
        let after = try recording.replay(given + ["--release", "shop=1.9.0@\(time(200))"]).told
        #expect(after.decisions == ["rollback trigger:storm, gates-assumed"])
        #expect(after.of(.bad).map(\.release?.version) == ["1.9.0"])
    }

    @Test func aVersionThatIsNamedLateEndsAnAnnouncementAsASourceDoes() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", traffic(0..<900))
        let health = try recording.write(
            "health.jsonl",
            [result(0), result(300, version: "1.9.0"), result(850, version: "1.9.0")])
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)",
            "--release", "shop=1.9.0", "--release", "shop=2.0.0@\(time(200))")
        #expect(told.of(.detected).map(\.release?.version) == ["1.9.0", "2.0.0", "1.9.0"])
    }

    @Test func okIsPassFalseIsFailNullIsError() throws {
        let recording = try Recording(
            triggers: #"- { name: down, when: "up(health) < 1", severity: high, warm_up: 0s }"#)
        let health = try recording.write(
            "health.jsonl",
            [result(0), result(10, "false"), result(20, "false"), result(30), result(40)]
                + [50, 60, 70].map { result($0, "null") } + [result(80)])
        let told = try recording.told("--probe", "shop/health=\(health)")
        #expect(told.times(.breached) == [21])
        // Three errors in a row.
        let calm = try recording.write(
            "calm.jsonl", [result(0)] + [10, 20, 30].map { result($0, "null") } + [result(40)])
        #expect(try recording.told("--probe", "shop/health=\(calm)").times(.blind) == [31])
    }

    @Test func statusLatencyAndVersionMayBeMissing() throws {
        let recording = try Recording(
            triggers:
                #"- { name: slow, when: "p95(health, 1m) > 100ms", severity: high, warm_up: 0s }"#)
        let health = try recording.write(
            "health.jsonl", (0..<10).map { #"{"time": "\#(time(Double($0)))", "ok": true}"# })
        let told = try recording.told("--probe", "shop/health=\(health)")
        // No latency is no latency of zero.
        #expect(told.events.map(\.kind) == [.insufficient])
    }

    /// Whole milliseconds of an answer from the same host are often none.
    @Test func aLatencyOfZeroIsOne() throws {
        let recording = try Recording(
            triggers:
                #"- { name: slow, when: "p95(health, 1m) > 100ms", severity: high, warm_up: 0s }"#)
        let health = try recording.write(
            "health.jsonl",
            (0..<10).map { #"{"time": "\#(time(Double($0)))", "ok": true, "latency_ms": 0}"# })
        let told = try recording.told("--probe", "shop/health=\(health)")
        #expect(told.events.map(\.kind) == [.insufficient, .cleared])
    }

    @Test func theVersionFieldOfAnyProbeFileIsTheVersionSourceAndOneReadCounts() throws {
        let recording = try Recording(triggers: Self.storm)
        let health = try recording.write("health.jsonl", [result(0, version: "1.8.0"), result(60)])
        let ready = try recording.write("ready.jsonl", [result(30.25, version: "1.9.0")])
        let told = try recording.told(
            "--probe", "shop/health=\(health)", "--probe", "shop/ready=\(ready)")
        #expect(told.of(.detected).map(\.release?.version) == ["1.8.0", "1.9.0"])
        #expect(told.times(.detected) == [0, 30.25])
    }

    @Test func aLineOfAProbeFileMayNameAVersionOnly() throws {
        let recording = try Recording(
            triggers: #"- { name: down, when: "up(health) < 1", severity: high, warm_up: 0s }"#)
        let health = try recording.write(
            "health.jsonl",
            (0..<5).map { #"{"time": "\#(time(Double($0)))", "version": "1.\#($0)"}"# })
        let told = try recording.told("--probe", "shop/health=\(health)")
        #expect(told.of(.detected).count == 5)
        #expect(told.of(.blind).isEmpty)
    }

    @Test func releaseAnnouncesOne() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", traffic(0..<100))
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--release", "shop=1.9.0@\(time(40.5))")
        #expect(told.times(.detected) == [40.5])
        #expect(told.of(.detected).first?.release == ReleaseIdentity(version: "1.9.0"))
        // Its own samples answer when they cover the warm-up.
        #expect(told.times(.insufficient) == [0, 41])
        #expect(told.times(.cleared) == [5, 46])
    }

    @Test func aReleaseWithoutATimeRunsSinceBeforeTheStartAndIsNoSuspect() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", traffic(0..<30, bad: 10))
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--release", "shop=1.9.0", "--known-good",
            "shop=1.8.0")
        #expect(told.times(.detected) == [0])
        #expect(told.of(.breached).first?.release?.version == "1.9.0")
        #expect(told.decisions == ["page no-release-suspect"])
    }

    @Test func aReleaseAnnouncedBeforeTheStartIsSuspectForItsTime() throws {
        let recording = try Recording(triggers: Self.storm, service: "suspect_for: 10m")
        let access = try recording.write("access.log", traffic(0..<30, bad: 10))
        let young = try recording.told(
            "--stream", "shop/access=\(access)", "--known-good", "shop=1.8.0", "--release",
            "shop=1.9.0@\(time(-300))")
        #expect(young.decisions == ["rollback trigger:storm, gates-assumed"])
        let old = try recording.told(
            "--stream", "shop/access=\(access)", "--known-good", "shop=1.8.0", "--release",
            "shop=1.9.0@\(time(-3600))")
        #expect(old.decisions == ["page no-release-suspect"])
    }

    @Test func knownGoodSeedsALastKnownGoodThatDoesNotRun() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write(
            "access.log", traffic(0..<60) + traffic(60..<90, bad: 10))
        let release = "shop=1.9.0@\(time(30))"
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--release", release, "--known-good", "shop=1.8.0")
        #expect(told.of(.breached).count == 1)
        #expect(told.of(.detected).first?.time.text == time(30))
        #expect(told.decisions == ["rollback trigger:storm, gates-assumed"])
        let without = try recording.told(
            "--stream", "shop/access=\(access)", "--release", release)
        #expect(without.decisions == ["page no-known-good"])
    }

    @Test func elseTheFirstReleaseBakes() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write(
            "access.log", traffic(0..<720) + traffic(720..<760, bad: 10))
        let health = try recording.write(
            "health.jsonl", [result(0, version: "1.8.0"), result(700, version: "1.9.0")])
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)")
        // Ten minutes of evidence, from the first healthy second on.
        #expect(told.of(.good).map(\.release?.version) == ["1.8.0"])
        #expect(told.times(.good) == [605])
        #expect(told.decisions == ["rollback trigger:storm, gates-assumed"])
    }

    @Test func aReleaseThatNobodyNamesIsUnknownAndOnlyPages() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", traffic(0..<30, bad: 10))
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--known-good", "shop=1.8.0")
        #expect(told.decisions == ["page release-unknown"])
        #expect(told.events.allSatisfy { $0.release == nil })
    }
}
