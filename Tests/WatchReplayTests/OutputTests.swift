// DESIGN §6 "Replay", fourth paragraph: the lines that other programs read.

import Foundation
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct OutputTests {
    private static let storm =
        #"- { name: storm, when: "error_rate(access, 10s) > 25%", "#
        + #"severity: critical, mode: auto, warm_up: 5s, clear_for: 20s }"#

    private func bad(
        _ triggers: String = storm, plan: String = "", rest: String = "", _ more: String...
    ) throws -> Told {
        let recording = try Recording(triggers: triggers, plan: plan, rest: rest)
        let access = try recording.write(
            "access.log", traffic(0..<40) + traffic(40..<90, bad: 10))
        return try recording.replay(
            [
                "--stream", "shop/access=\(access)", "--known-good", "shop=1.8.0", "--release",
                "shop=1.9.0@\(time(20))",
            ] + more
        ).told
    }

    @Test func everyLineHasTheSameKeysInTheSameOrder() throws {
        let keys = [
            "time", "service", "event", "trigger", "severity", "release", "decision", "reason",
            "readings",
        ]
        let lines = try bad().lines.split(separator: "\n")
        #expect(lines.count > 8)
        for line in lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(Set(object?.keys ?? [:].keys) == Set(keys))
            let places = keys.compactMap { line.range(of: "\"\($0)\":")?.lowerBound }
            #expect(places == places.sorted() && places.count == keys.count)
        }
    }

    @Test func aDecisionIsThis() throws {
        let line = try #require(try bad().of(.decision).first).json
        #expect(
            line == """
                {"time":"\(time(43))","service":"shop","event":"decision","trigger":"storm",\
                "severity":"critical","release":{"version":"1.9.0","commit":null},\
                "decision":"rollback","reason":"trigger:storm, gates-assumed",\
                "readings":{"error_rate(access, 10s)":{"value":0.3,"samples":100}}}
                """)
    }

    @Test func aBreachHasNeitherDecisionNorReason() throws {
        let line = try #require(try bad().of(.breached).first).json
        #expect(
            line.contains(#""event":"trigger.breached","trigger":"storm","severity":"critical""#))
        #expect(line.contains(#""decision":null,"reason":null,"readings":{"#))
    }

    @Test func anUnknownReadingIsNull() throws {
        let line = try #require(try bad().of(.insufficient).first).json
        #expect(
            line.hasSuffix(#""readings":{"error_rate(access, 10s)":{"value":null,"samples":0}}}"#))
        #expect(line.contains(#""release":null"#))
    }

    @Test func aReleaseEventHasTheReleaseThatIsMeant() throws {
        let told = try bad("\(Self.storm)", plan: "", rest: "", "--until", time(200))
        let lines = (told.of(.detected) + told.of(.bad)).map(\.json)
        #expect(
            lines[0] == """
                {"time":"\(time(20))","service":"shop","event":"release.detected","trigger":null,\
                "severity":null,"release":{"version":"1.9.0","commit":null},"decision":null,\
                "reason":null,"readings":null}
                """)
        // At the same instant 1.8.0 runs and 1.9.0 is bad.
        #expect(lines[1].contains(#""event":"release.detected""#) && lines[1].contains("1.8.0"))
        #expect(lines[2].contains(#""event":"release.bad""#) && lines[2].contains("1.9.0"))
    }

    @Test func theFirstHealthyVerdictIsNotToldAndEachChangeIs() throws {
        let recording = try Recording(
            triggers:
                #"- { name: many, when: "count(access, 10s) > 50", "#
                + #"severity: low, warm_up: 0s, clear_for: 5s }"#
        )
        let access = try recording.write("access.log", traffic(0..<20) + [line(40)])
        let told = try recording.told("--stream", "shop/access=\(access)")
        #expect(told.events.map(\.kind) == [.breached, .decision, .cleared])
    }

    @Test func shadowTriggersAreRecordedWithWhatTheyWouldHaveDecided() throws {
        let shadow = Self.storm.replacingOccurrences(of: "mode: auto", with: "mode: shadow")
        #expect(try bad(shadow).decisions == ["record shadow:rollback"])
        let high = shadow.replacingOccurrences(of: "critical", with: "high")
        #expect(try bad(high).decisions == ["record shadow:page"])
        let low = shadow.replacingOccurrences(of: "critical", with: "low")
        #expect(try bad(low).decisions == ["record shadow:record"])
    }

    @Test func aShadowTriggerRollsNothingBack() throws {
        let shadow = Self.storm.replacingOccurrences(of: "mode: auto", with: "mode: shadow")
        let told = try bad(shadow, plan: "", rest: "", "--until", time(300))
        #expect(told.of(.bad).isEmpty)
    }

    @Test func aPageIsAPage() throws {
        let page = Self.storm.replacingOccurrences(of: "mode: auto", with: "mode: page")
        #expect(try bad(page).decisions == ["page trigger:storm"])
    }

    @Test func whatPolicyOnlyRecordsIsRecorded() throws {
        let low = Self.storm.replacingOccurrences(of: "critical", with: "low")
        #expect(try bad(low).decisions == ["record trigger:storm"])
    }

    @Test func aPlanOfWhichEachMethodNeedsAnApprovalIsHeld() throws {
        let told = try bad(
            plan: """
                - { name: restore, loses: "orders", steps: [ { unit: restore, timeout: 1m } ] }
                """)
        #expect(told.decisions == ["hold awaiting-approval"])
        #expect(told.of(.bad).isEmpty)
    }

    @Test func namesAreEscaped() throws {
        let told = try bad(
            Self.storm.replacingOccurrences(of: "name: storm", with: #"name: "a \"b\" \\ü""#))
        let line = try #require(told.of(.decision).first).json
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["trigger"] as? String == #"a "b" \ü"#)
    }

    @Test func noSecondChangesWhatIsTold() throws {
        // The same lines in one file or ten, read at once or in pieces: the same bytes.
        let first = try bad().lines
        for _ in 0..<3 { #expect(try bad().lines == first) }
    }

    @Test func numbersAreAsShortAsTheyCanBe() throws {
        let record = EventRecord(
            time: WallTime(nanoseconds: 0), service: "shop", kind: "trigger.breached",
            text: "",
            readings: [
                "b": Reading(value: 0.1, samples: 3), "a": Reading(value: 1200, samples: 7),
                "c": Reading(value: .infinity, samples: 1), "d": Reading(gap: .noData, samples: 0),
            ])
        #expect(
            ReplayEvent(record)?.json.contains(
                #""readings":{"a":{"value":1200,"samples":7},"b":{"value":0.1,"samples":3},"#
                    + #""c":{"value":null,"samples":1},"d":{"value":null,"samples":0}}"#) ?? false)
    }

    @Test func onlyEventsOfTheContractAreTold() throws {
        let known = Set(ReplayEvent.Kind.allCases.map(\.rawValue))
        #expect(
            known == [
                "trigger.breached", "trigger.cleared", "trigger.insufficient", "trigger.blind",
                "release.detected", "release.good", "release.bad", "decision",
            ])
        let record = EventRecord(
            time: WallTime(nanoseconds: 0), service: "shop", kind: "incident.opened", text: "")
        #expect(ReplayEvent(record) == nil)
    }
}
