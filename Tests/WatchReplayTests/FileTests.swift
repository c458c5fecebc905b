// What files can be like: compressed, cut, damaged, hostile, absent.

import Foundation
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct FileTests {
    private static let storm =
        #"- { name: storm, when: "error_rate(access, 10s) > 25%", "#
        + #"severity: high, warm_up: 5s, clear_for: 20s }"#

    private static let lines = traffic(0..<60, bad: 0) + traffic(60..<120, bad: 5)
    private static let data = Data(lines.map { $0 + "\n" }.joined().utf8)

    private func told(_ data: Data, _ name: String) throws -> (told: Told, replay: Replay) {
        let recording = try Recording(triggers: Self.storm)
        let path = try recording.write(name, data)
        return try recording.replay(["--stream", "shop/access=\(path)"])
    }

    private func plain() throws -> Told { try told(Self.data, "access.log").told }

    /// Each of its lines would count twice, and a rule that asks for many would fire.
    @Test func aFileThatIsGivenTwiceIsRefused() throws {
        let recording = try Recording(triggers: Self.storm)
        let path = try recording.write("access.log", Self.data)
        let link = path + ".link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        for second in [path, link, path + "*"] {
            #expect {
                try recording.replay([
                    "--stream", "shop/access=\(path)", "--stream", "shop/access=\(second)",
                ])
            } throws: { error in
                let text = (error as? RequestProblem)?.text ?? ""
                return text.contains("given twice for --stream shop/access")
                    && text.contains("each line would count twice")
            }
        }
        // Two files with the same lines are two files.
        let other = try recording.write("other.log", Self.data)
        _ = try recording.replay([
            "--stream", "shop/access=\(path)", "--stream", "shop/access=\(other)",
        ])
    }

    @Test func gzipIsReadAsWhatIsInIt() throws {
        let plain = try plain()
        #expect(!plain.of(.breached).isEmpty)
        #expect(try told(gzip(Self.data), "access.log.gz").told.lines == plain.lines)
        // Whatever its name.
        #expect(try told(gzip(Self.data), "access.log").told.lines == plain.lines)
    }

    @Test func severalMembersAreOneFile() throws {
        let cut = Self.data.count / 3 + 7
        let members = try gzip(Self.data[..<cut]) + gzip(Self.data[cut...])
        #expect(try told(members, "a.gz").told.lines == plain().lines)
        // Padding after the last one, as tapes have it.
        #expect(try told(members + Data(count: 1000), "a.gz").told.lines == plain().lines)
        #expect(try told(members + Data(count: 300_000), "a.gz").replay.problems.isEmpty)
    }

    @Test func aGzipFileThatWasCutSaysWhereAndIsUsedAsFarAsItGoes() throws {
        let whole = try gzip(Self.data)
        let (told, replay) = try told(whole[..<(whole.count - 200)], "a.gz")
        let problem = try #require(replay.problems.first)
        #expect(problem.text.contains("after \(whole.count - 200) bytes"))
        #expect(replay.streams[0].tally.lines > 0)
        #expect(replay.streams[0].tally.unparsed == 0)
        #expect(told.of(.insufficient).count == 1)
    }

    @Test func aDamagedGzipFileSaysWhere() throws {
        let whole = try gzip(Self.data)
        var damaged = whole
        for index in 300..<340 { damaged[index] ^= 0x5A }
        let replay = try told(damaged, "a.gz").replay
        #expect(replay.problems.first?.text.contains("damaged near byte") ?? false)
        // Not one line could be read: that is the answer.
        #expect { try told(whole[..<30], "a.gz") } throws: { error in
            ((error as? InputProblem)?.text ?? "").contains("after 30 bytes")
        }
        let garbage = try told(gzip(Self.data) + Data("garbage".utf8), "a.gz")
        #expect(garbage.replay.problems.count == 1)
        #expect(garbage.replay.streams[0].tally.lines == Self.lines.count)
    }

    @Test func whatIsCalledGzAndIsNotIsRefused() throws {
        for data in [Data("plain text\n".utf8), Data()] {
            #expect { try told(data, "a.gz") } throws: { error in
                ((error as? InputProblem)?.text ?? "").contains("gzip")
            }
        }
    }

    @Test func aLastLineWithoutANewlineCounts() throws {
        #expect(try told(Self.data.dropLast(), "a.log").told.lines == plain().lines)
    }

    @Test func linesLongerThanTheBoundAreCountedAndSkipped() throws {
        let long = Data(repeating: 65, count: 200_000) + Data("\n".utf8)
        let (told, replay) = try told(long + Self.data + long + long.dropLast(), "a.log")
        #expect(replay.streams[0].tally.unparsed == 3)
        #expect(replay.streams[0].tally.lines == Self.lines.count + 3)
        #expect(told.times(.breached) == (try plain()).times(.breached))
    }

    @Test func hostileLinesChangeNothing() throws {
        var hostile: [UInt8] = []
        for index in 0..<200 {
            hostile += (0..<60).map { UInt8(truncatingIfNeeded: index &* 31 &+ $0 &* 7) }
            hostile += Array("\n\u{1B}]0;owned\u{7}\n\0\0\0\n1795251600.000 200\n\n".utf8)
        }
        let (told, replay) = try told(Data(hostile) + Self.data, "a.log")
        #expect(told.times(.breached).isEmpty == false)
        let shown = replay.streams[0].tally.firstUnparsed?.text ?? ""
        #expect(shown.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }

    @Test func aFileWithoutASingleRecordIsAnError() throws {
        for data in [Data(), Data("nothing\nof\nthis\n".utf8)] {
            #expect(throws: InputProblem.self) { try told(data, "a.log") }
        }
    }

    @Test(arguments: [
        ("{\"time\"", "is no JSON"), ("[1]", "an array"), ("{\"ok\": true}", "no \"time\""),
        ("{\"time\": \"yesterday\", \"ok\": true}", "not RFC 3339"),
        ("{\"time\": \"2026-11-21T09:00:01Z\"}", "neither"),
        ("{\"time\": \"2026-11-21T09:00:01Z\", \"ok\": \"yes\"}", "\"ok\""),
        ("{\"time\": \"2026-11-21T09:00:01Z\", \"ok\": true, \"status\": 2e9}", "\"status\""),
        ("{\"time\": \"2026-11-21T09:00:01Z\", \"ok\": true, \"latency_ms\": -1}", "latency_ms"),
        (
            "{\"time\": \"2026-11-21T09:00:01Z\", \"ok\": true, \"version\": \"$(reboot)\"}",
            "version"
        ),
    ])
    func aLineOfAProbeFileThatIsNoRecordIsNamed(line: String, what: String) throws {
        let recording = try Recording(triggers: Self.storm)
        let path = try recording.write("health.jsonl", [result(0), "", line, result(10)])
        let (told, replay) = try recording.replay(["--probe", "shop/health=\(path)"])
        let problem = try #require(replay.problems.first)
        #expect(problem.line == 3)
        #expect(problem.sentence.contains(what), "\(problem.sentence)")
        // The others are judged.
        #expect(told.judged.last?.text == time(11))
    }

    @Test func ofManyBadLinesSomeAreNamedAndAllAreCounted() throws {
        let recording = try Recording(triggers: Self.storm)
        let path = try recording.write(
            "health.jsonl", [result(0)] + Array(repeating: "no", count: 1000))
        let problems = try recording.replay(["--probe", "shop/health=\(path)"]).replay.problems
        #expect(problems.count == 6)
        #expect(problems.last?.text == "995 more lines are no records")
    }

    @Test func timesMayBeSecondsSince1970() throws {
        let recording = try Recording(triggers: Self.storm)
        let path = try recording.write(
            "health.jsonl", [#"{"time": \#(Recording.start).25, "ok": true, "version": "1"}"#])
        let told = try recording.told("--probe", "shop/health=\(path)")
        #expect(told.of(.detected).first?.time.text == time(0.25))
    }

    @Test func whatIsNotThereIsNamedWithWhatIs() throws {
        let recording = try Recording(triggers: Self.storm)
        let path = try recording.write("access.log", Self.data)
        let cases: [([String], String)] = [
            (["--stream", "shop/acess=\(path)"], "did you mean 'access'?"),
            (["--stream", "shpo/access=\(path)"], "did you mean 'shop'?"),
            (["--probe", "shop/helth=\(path)"], "did you mean 'health'?"),
            (["--stream", "shop/access"], "names no file"),
            (["--stream", "access=\(path)"], "SERVICE/STREAM=PATH"),
            (["--stream", "shop/access=\(path)", "--release", "shop"], "names no version"),
            (["--stream", "shop/access=\(path)", "--release", "shop=$(x)"], "names no version"),
            (["--stream", "shop/access=\(path)", "--release", "shop=1@noon"], "RFC 3339"),
            (
                ["--stream", "shop/access=\(path)", "--known-good", "shpo=1"],
                "did you mean 'shop'?"
            ),
            (["--stream", "shop/access=-", "--probe", "shop/health=-"], "only one"),
            ([], "nothing to replay"),
        ]
        for (arguments, what) in cases {
            #expect(throws: RequestProblem.self) { try recording.replay(arguments) }
            do { try recording.replay(arguments) } catch {
                #expect((error as? RequestProblem)?.text.contains(what) ?? false, "\(error)")
            }
        }
        for (name, what) in [("none.log", "no such file"), (".", "is a directory")] {
            do {
                _ = try recording.told("--stream", "shop/access=\(recording.path(name))")
                Issue.record("\(name) was read")
            } catch {
                #expect((error as? InputProblem)?.sentence.contains(what) ?? false)
            }
        }
    }
}
