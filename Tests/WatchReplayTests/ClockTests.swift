// DESIGN §6 "Replay", first paragraph, sentence by sentence: engine time, the merge, evaluation,
// the end.

import Foundation
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct ClockTests {
    private static let storm =
        #"- { name: storm, when: "error_rate(access, 10s) > 25%", "#
        + #"severity: high, warm_up: 5s, clear_for: 20s }"#

    @Test func engineTimeStartsAtTheFirstRecordRoundedDownToASecond() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", [line(0.7), line(1.2)])
        let told = try recording.told("--stream", "shop/access=\(access)")
        #expect(told.judged.map(\.text) == [time(0), time(1), time(2)])
        #expect(told.times(.insufficient) == [0])
    }

    @Test func theFirstRecordIsThatOfAnyInput() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", [line(5)])
        let health = try recording.write("health.jsonl", [result(2.4)])
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)")
        #expect(told.judged.first?.text == time(2))
    }

    /// Records are merged by time: lines of the second in which a release came are its
    /// predecessor's.
    @Test func linesBeforeADeploymentAreNotOfItWithinASecondEither() throws {
        let recording = try Recording(
            triggers:
                #"- { name: any, when: "parse_failures(access, 10s) >= 0%", severity: low, "#
                + "warm_up: 0s }")
        let access = try recording.write("access.log", traffic(0..<60))
        let health = try recording.write(
            "health.jsonl", [result(0, version: "1.8.0"), result(50.9, version: "1.9.0")])
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)")
        // Twenty lines are two seconds' worth.
        #expect(told.times(.breached) == [2, 53])
    }

    @Test func theFirstSecondIsEvidenceAsEveryOther() throws {
        let recording = try Recording(
            triggers:
                #"- { name: many, when: "errors(access, 10s) > 100", severity: high, "#
                + "warm_up: 0s }")
        let access = try recording.write("access.log", traffic(0..<700, rate: 1))
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--release", "shop=1.9.0")
        #expect(told.times(.good) == [600])
    }

    @Test func whatCameBeforeTheFirstRecordIsNotCovered() throws {
        let recording = try Recording(
            triggers: #"- { name: storm, when: "error_rate(access, 5m) > 25%", severity: high }"#)
        let access = try recording.write("access.log", traffic(0..<130, bad: 10))
        let told = try recording.told("--stream", "shop/access=\(access)")
        // The default warm-up of 2 m, counted from the first record.
        #expect(told.times(.breached) == [120])
    }

    @Test func evaluationIsAtEveryWholeSecondAndAtNoOtherTime() throws {
        let recording = try Recording(triggers: Self.storm)
        let lines = (0..<300).map { line(Double($0) * 0.1 + 0.05, $0 > 100 ? 502 : 200) }
        let access = try recording.write("access.log", lines)
        let told = try recording.told("--stream", "shop/access=\(access)")
        #expect(told.judged.map(\.text) == (0...30).map { time(Double($0)) })
        #expect(told.events.allSatisfy { $0.time.nanoseconds % 1_000_000_000 == 0 })
        #expect(told.of(.breached).count == 1)
    }

    @Test func evaluationIsOverTheRecordsBeforeIt() throws {
        let recording = try Recording(
            triggers:
                #"- { name: some, when: "count(access, 10s) >= 1", severity: high, warm_up: 0s }"#)
        let access = try recording.write("access.log", [line(0), line(1)])
        let told = try recording.told("--stream", "shop/access=\(access)")
        // The record at 0 is not before 0.
        #expect(told.times(.breached) == [1])
        #expect(told.of(.breached).first?.readings?["count(access, 10s)"]?.value == 1)
    }

    @Test func gapsAreJudgedSecondBySecond() throws {
        let recording = try Recording(
            triggers: Self.storm + "\n"
                + #"- { name: quiet, when: "count(access, 10s) == 0", "#
                + #"severity: high, warm_up: 5s }"#
        )
        let access = try recording.write(
            "access.log", traffic(0..<10) + traffic(7200..<7210))
        let told = try recording.told("--stream", "shop/access=\(access)")
        #expect(told.judged.count == 7211)
        // The last line is of second 9: it has left the window when that begins at 10.
        #expect(told.times(.breached, "quiet") == [20])
        #expect(told.times(.insufficient, "storm") == [0, 19])
    }

    @Test func aBreachClearsInAGapAtItsTime() throws {
        let recording = try Recording(
            triggers:
                #"- { name: many, when: "count(access, 10s) > 50", "#
                + #"severity: high, warm_up: 5s, clear_for: 20s }"#
        )
        let access = try recording.write("access.log", traffic(0..<30) + [line(600)])
        let told = try recording.told("--stream", "shop/access=\(access)")
        #expect(told.times(.breached) == [6])
        // False from 35 (seconds 25…29 are left), for 20 s.
        #expect(told.times(.cleared) == [5, 55])
    }

    @Test func theEndIsTheFirstWholeSecondAfterTheLastRecord() throws {
        let recording = try Recording(triggers: Self.storm)
        for (last, end) in [(3.0, 4.0), (3.4, 4.0), (3.999, 4.0)] {
            let access = try recording.write("access.log", [line(0), line(last)])
            let told = try recording.told("--stream", "shop/access=\(access)")
            #expect(told.judged.last?.text == time(end), "\(last)")
        }
    }

    @Test func untilRunsTheTimersOn() throws {
        let recording = try Recording(
            triggers:
                #"- { name: many, when: "count(access, 10s) > 50", "#
                + #"severity: high, warm_up: 5s, clear_for: 20s }"#
        )
        let access = try recording.write("access.log", traffic(0..<30))
        #expect(try recording.told("--stream", "shop/access=\(access)").times(.cleared) == [5])
        let told = try recording.told("--stream", "shop/access=\(access)", "--until", time(100))
        #expect(told.times(.cleared) == [5, 55])
        #expect(told.judged.last?.text == time(100))
    }

    @Test func untilEndsBeforeTheRecordDoes() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", traffic(0..<60, bad: 10))
        let told = try recording.told("--stream", "shop/access=\(access)", "--until", time(3.5))
        #expect(told.judged.last?.text == time(3))
        #expect(told.of(.breached).isEmpty)
        #expect(throws: RequestProblem.self) {
            try recording.told("--stream", "shop/access=\(access)", "--until", time(-1))
        }
    }

    // MARK: - The merge

    @Test func recordsOfAllInputsAreMergedByTime() throws {
        let recording = try Recording(triggers: Self.storm)
        let a = try recording.write("a.jsonl", [result(1, version: "1"), result(5, version: "3")])
        let b = try recording.write("b.jsonl", [result(3, version: "2"), result(7, version: "4")])
        let told = try recording.told("--probe", "shop/health=\(a)", "--probe", "shop/ready=\(b)")
        #expect(told.of(.detected).map(\.release?.version) == ["1", "2", "3", "4"])
        #expect(told.times(.detected) == [1, 3, 5, 7])
    }

    @Test func equalTimesGoByTheCommandLineThenByTheLine() throws {
        let recording = try Recording(triggers: Self.storm)
        let a = try recording.write("a.jsonl", [result(1, version: "1"), result(1, version: "2")])
        let b = try recording.write("b.jsonl", [result(1, version: "3")])
        let first = try recording.told("--probe", "shop/health=\(a)", "--probe", "shop/ready=\(b)")
        #expect(first.of(.detected).map(\.release?.version) == ["1", "2", "3"])
        let second = try recording.told("--probe", "shop/ready=\(b)", "--probe", "shop/health=\(a)")
        #expect(second.of(.detected).map(\.release?.version) == ["3", "1", "2"])
    }

    @Test func equalTimesTakeProbesBeforeStreams() throws {
        let recording = try Recording(
            triggers:
                #"- { name: some, when: "count(access, 10s) >= 1", severity: high, warm_up: 0s }"#)
        let access = try recording.write("access.log", [line(0), line(20)])
        let health = try recording.write(
            "health.jsonl", [result(0, version: "1"), result(20, version: "2")])
        let told = try recording.told(
            "--stream", "shop/access=\(access)", "--probe", "shop/health=\(health)")
        // The windows restart at 20, with version 2; the line of the same time comes after that.
        #expect(told.times(.breached) == [1, 21])
        #expect(told.of(.breached).last?.release?.version == "2")
    }

    @Test func severalFilesOfOneStreamAreOneStream() throws {
        let recording = try Recording(triggers: Self.storm)
        let lines = traffic(0..<60, bad: 4)
        let whole = try recording.write("whole.log", lines)
        let parts = [
            try recording.write("rotated.log.2", Array(lines[..<200])),
            try recording.write("rotated.log.1", Array(lines[200..<350])),
            try recording.write("rotated.log", Array(lines[350...])),
        ]
        let expected = try recording.told("--stream", "shop/access=\(whole)")
        #expect(!expected.of(.breached).isEmpty)
        let told = try recording.replay(parts.flatMap { ["--stream", "shop/access=\($0)"] }).told
        #expect(told.lines == expected.lines)
        let named = try recording.told(
            "--stream", "shop/access=\(recording.path("rotated.log*"))")
        #expect(named.lines == expected.lines)
    }

    @Test func aLineBehindTheMergeGoesToItsSlice() throws {
        let recording = try Recording(
            triggers:
                #"- { name: five, when: "count(access, 10s) >= 5", "#
                + #"severity: high, warm_up: 0s, clear_for: 0s }"#
        )
        // Five lines of second 0…4, two of which come after one of second 6.
        let access = try recording.write(
            "access.log", [line(0), line(1), line(2), line(6), line(3), line(4), line(30)])
        let (told, replay) = try recording.replay(["--stream", "shop/access=\(access)"])
        #expect(told.times(.breached) == [7])
        // At 11 second 0 has left; the late ones left with their own seconds.
        #expect(told.times(.cleared).first == 12)
        #expect(replay.streams[0].tally.outOfOrder == 2)
        #expect(replay.streams[0].tally.late == 0)
    }

    @Test func aLineThatNoWindowCoversAnyMoreIsLate() throws {
        let recording = try Recording(
            triggers:
                #"- { name: two, when: "count(access, 10s) >= 2", severity: high, warm_up: 0s }"#)
        let access = try recording.write(
            "access.log", [line(0), line(100), line(1), line(2), line(3)])
        let (told, replay) = try recording.replay(["--stream", "shop/access=\(access)"])
        #expect(told.of(.breached).isEmpty)
        #expect(replay.streams[0].tally.late == 3)
    }

    @Test func aRecordThatSpansYearsIsRefusedByName() throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", ["0.500 200 0.1", line(0)])
        #expect(throws: InputProblem.self) {
            try recording.told("--stream", "shop/access=\(access)")
        }
    }
}
