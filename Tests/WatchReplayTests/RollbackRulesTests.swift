// DESIGN §6 "Replay", third paragraph: a rollback is assumed, and what is recorded after it tells
// of another world.

import Foundation
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct RollbackRulesTests {
    private static let storm =
        #"- { name: storm, when: "error_rate(access, 10s) > 25%", "#
        + #"severity: critical, mode: auto, warm_up: 5s, clear_for: 20s }"#
    /// Bad from 40 on, decided at 43: 30 of 100 lines are errors.
    private static let decided = 43.0

    private func recording(triggers: String = storm) throws -> Recording {
        try Recording(triggers: triggers)
    }

    /// 1.9.0 is deployed at 20 and bad from 40 on.
    private func replay(
        _ recording: Recording, until last: Int = 200, probes: [String] = [],
        _ more: String...
    ) throws -> (told: Told, replay: Replay) {
        let access = try recording.write(
            "access.log", traffic(0..<40) + traffic(40..<last, bad: 10))
        let health = try recording.write(
            "health.jsonl",
            [result(0, version: "1.8.0"), result(20, version: "1.9.0")] + probes)
        return try recording.replay(
            [
                "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)",
                "--known-good", "shop=1.8.0",
            ] + more)
    }

    @Test func itIsArmedAndGatesPass() throws {
        // The gate of the plan is /bin/false.
        let told = try replay(recording()).told
        #expect(told.decisions == ["rollback trigger:storm, gates-assumed"])
        #expect(told.times(.decision) == [Self.decided])
    }

    @Test(arguments: [("30s", 30.0), ("90s", 90), ("1500ms", 1.5), ("0s", 0)])
    func itSucceedsSoMuchLater(takes: String, seconds: Double) throws {
        let told = try replay(recording(), "--rollback-takes", takes).told
        #expect(told.times(.bad) == [Self.decided + seconds])
        #expect(told.of(.bad).map(\.release?.version) == ["1.9.0"])
        #expect(told.times(.detected) == [0, 20, Self.decided + seconds])
        #expect(told.of(.detected).last?.release?.version == "1.8.0")
    }

    @Test func untilThenAllGoesOnAsRecorded() throws {
        let more =
            #"- { name: many, when: "errors(access, 20s) > 150", severity: low, warm_up: 0s }"#
        let told = try replay(recording(triggers: Self.storm + "\n" + more)).told
        // 150 errors since 40 are more than that at 56; the rollback of 43 ends at 73.
        #expect(told.times(.breached, "many") == [56])
    }

    @Test func whileItRunsABreachThatJoinsDecidesNothing() throws {
        let more =
            #"- { name: many, when: "errors(access, 20s) > 150", "#
            + #"severity: critical, mode: auto, warm_up: 0s }"#
        let told = try replay(recording(triggers: Self.storm + "\n" + more)).told
        #expect(told.times(.breached, "many") == [56])
        #expect(told.of(.decision).map(\.trigger) == ["storm"])
    }

    @Test func whenItEndsItsTriggersAreInsufficientAndRecordsAreSkipped() throws {
        let more =
            #"- { name: some, when: "count(access, 10s) > 1000", severity: low, warm_up: 0s }"#
        let (told, replay) = try replay(recording(triggers: Self.storm + "\n" + more))
        #expect(told.times(.insufficient, "storm").last == 73)
        #expect(told.times(.insufficient, "some").last == 73)
        #expect(told.events.last?.time.text == time(73))
        #expect(replay.streams[0].tally.skipped == (200 - 73) * 10)
    }

    @Test func aRecordOfTheBadReleaseChangesNothing() throws {
        let probes = stride(from: 30.0, to: 200, by: 10).map { result($0, version: "1.9.0") }
        let (told, replay) = try replay(recording(), probes: probes)
        #expect(told.events.last?.time.text == time(73))
        #expect(replay.probes[0].tally.skipped == 12)
    }

    @Test func aRecordOfAnotherReleaseEndsItAndWindowsRestart() throws {
        let (told, replay) = try replay(
            recording(), probes: [result(80, version: "1.9.0"), result(100, version: "2.0.0")])
        #expect(told.of(.detected).last?.release?.version == "2.0.0")
        #expect(told.times(.detected).last == 100)
        // The errors go on: judged by its own samples, after the warm-up.
        #expect(told.times(.breached, "storm") == [Self.decided, 105])
        #expect(told.decisions.last == "page probation")
        #expect(replay.streams[0].tally.skipped == 270)
    }

    @Test func aRecordOfTheTargetEndsItToo() throws {
        let told = try replay(recording(), probes: [result(100, version: "1.8.0")]).told
        // It runs already: no deployment begins, and windows restart all the same.
        #expect(told.times(.detected) == [0, 20, 73])
        #expect(told.times(.breached, "storm") == [Self.decided, 105])
    }

    @Test func anAnnouncementOfAnotherReleaseEndsIt() throws {
        let told = try replay(recording(), "--release", "shop=2.0.0@\(time(100))").told
        #expect(told.times(.detected) == [0, 20, 73, 100])
        #expect(told.times(.breached, "storm") == [Self.decided, 105])
    }

    @Test func anAnnouncementOfTheBadReleaseDoesNotEndIt() throws {
        let told = try replay(recording(), "--release", "shop=1.9.0@\(time(100))").told
        #expect(told.times(.detected) == [0, 20, 73])
        #expect(told.events.last?.time.text == time(73))
    }

    @Test func theCooldownCounts() throws {
        // Long after the probation, but within the cooldown of 30 m.
        let recording = try recording()
        let access = try recording.write(
            "access.log",
            traffic(0..<40) + traffic(40..<100, bad: 10) + traffic(1200..<1300)
                + traffic(1300..<1400, bad: 10))
        let health = try recording.write(
            "health.jsonl",
            [
                result(0, version: "1.8.0"), result(20, version: "1.9.0"),
                result(1200, version: "2.0.0"),
            ])
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)",
            "--known-good", "shop=1.8.0")
        #expect(
            told.decisions == ["rollback trigger:storm, gates-assumed", "page cooldown"])
    }

    @Test func theLimitCounts() throws {
        let recording = try recording()
        recording.configuration.limits.cooldown = .zero
        recording.configuration.limits.maxRollbacks = 2
        var lines: [String] = []
        var probes = [result(0, version: "1.8.0")]
        // Each deployed with its own begin of trouble, an hour apart.
        for number in 0..<3 {
            let begin = number * 3600
            lines += traffic(begin..<begin + 40) + traffic(begin + 40..<begin + 60, bad: 10)
            probes.append(result(Double(begin + 20), version: "1.9.\(number)"))
        }
        let access = try recording.write("access.log", lines)
        let health = try recording.write("health.jsonl", probes)
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)",
            "--known-good", "shop=1.8.0")
        #expect(
            told.decisions == [
                "rollback trigger:storm, gates-assumed", "rollback trigger:storm, gates-assumed",
                "page limit-reached",
            ])
    }

    @Test func otherServicesGoOn() throws {
        let recording = try Recording(
            triggers: Self.storm,
            more: """
                blog:
                  streams:
                    access: { file: /var/log/blog.log, format: "$msec $status $request_time" }
                  triggers:
                    - { name: blog storm, when: "error_rate(access, 10s) > 25%", \
                    severity: medium, warm_up: 5s }
                """)
        let shop = try recording.write(
            "shop.log", traffic(0..<40) + traffic(40..<200, bad: 10))
        let blog = try recording.write(
            "blog.log", traffic(0..<150) + traffic(150..<200, bad: 10))
        let told = try recording.told(
            "--stream", "shop/access=\(shop)", "--stream", "blog/access=\(blog)", "--known-good",
            "shop=1.8.0", "--release", "shop=1.9.0@\(time(20))")
        #expect(told.times(.bad) == [73])
        #expect(told.times(.breached, "blog storm") == [153])
    }

    @Test func aRollbackThatIsStillUnderWayAtTheEndIsNoMore() throws {
        let told = try replay(recording(), until: 60).told
        #expect(told.decisions == ["rollback trigger:storm, gates-assumed"])
        #expect(told.of(.bad).isEmpty)
        let later = try replay(recording(), until: 60, "--until", time(120)).told
        #expect(later.times(.bad) == [73])
    }

    /// Two that break in the same second share a cause, whichever the configuration names first.
    @Test func whatBreaksInTheSameSecondIsKnownBeforeAnythingIsDone() throws {
        let recording = try Recording(
            triggers: Self.storm,
            more: """
                pay:
                  version: [ { symlink: /srv/pay/current } ]
                  bake: 10m
                  probes: { health: { http: "http://127.0.0.1:8081/health", every: 10s } }
                  streams:
                    access: { file: /var/log/pay.log, format: "$msec $status $request_time" }
                  triggers: [ \(Self.storm.dropFirst(2)) ]
                  rollback: { plan: go-back }
                """)
        let access = try recording.write(
            "access.log", traffic(0..<40) + traffic(40..<100, bad: 10))
        let health = try recording.write(
            "health.jsonl", [result(0, version: "1.8.0"), result(20, version: "1.9.0")])
        let told = try recording.replay(
            ["shop", "pay"].flatMap { name in
                [
                    "--stream", "\(name)/access=\(access)", "--probe",
                    "\(name)/health=\(health)", "--known-good", "\(name)=1.8.0",
                ]
            }
        ).told
        #expect(told.decisions == ["page common-cause", "page common-cause"])
        #expect(told.times(.decision) == [Self.decided, Self.decided])
    }
}
