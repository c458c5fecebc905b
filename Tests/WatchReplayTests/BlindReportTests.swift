// The report of a record that could not be measured: silence about it would read as "all is well".

import TestServers
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct BlindReportTests {
    private static let storm =
        #"- { name: storm, when: "error_rate(access, 10s) > 25%", "#
        + #"severity: critical, mode: auto, warm_up: 5s }"#

    /// 1.9.0 is deployed at 60 s, and logs in another format from then on.
    private func report(_ broken: Range<Int>, _ after: Range<Int>? = nil) async throws -> String {
        let recording = try Recording(triggers: Self.storm)
        let lines =
            traffic(0..<60)
            + broken.flatMap { second in
                (0..<10).map { "{\"at\":\(second),\"n\":\($0),\"code\":502}" }
            } + (after.map { traffic($0) } ?? [])
        let access = try recording.write("access.log", lines)
        let result = try await watchctl(
            [
                "replay", "--config", recording.path("watchd.yaml"), "--stream",
                "shop/access=\(access)", "--known-good", "shop=1.8.0", "--release",
                "shop=1.9.0@\(time(60))", "--until", time(660),
            ])
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    private func flat(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test func aRuleThatWasBlindSaysSinceWhenAndWhy() async throws {
        // Then nothing more: the lines that do not fit leave the window after a minute.
        let report = try await report(60..<120)
        let text = flat(report)
        #expect(text.contains("storm could not be judged"), "\(report)")
        #expect(text.contains("09:01:0"))
        #expect(text.contains("lines do not fit the format"))
    }

    @Test func aRecordThatEndsBlindIsNoRecordOfHealth() async throws {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write(
            "access.log",
            traffic(0..<60) + ["{\"code\":502}"]
                + (60..<900).flatMap { second in
                    ["\(line(Double(second)))"] + Array(repeating: "{\"code\":502}", count: 3)
                })
        let report = try await watchctl(
            [
                "replay", "--config", recording.path("watchd.yaml"), "--stream",
                "shop/access=\(access)", "--known-good", "shop=1.8.0", "--release",
                "shop=1.9.0@\(time(60))",
            ]
        ).output
        let text = flat(report)
        #expect(text.contains("storm could not be judged"), "\(report)")
        #expect(text.contains("and still at the end: error_rate(access, 10s): unparsed: "))
        #expect(text.contains("PAGE access cannot be measured"))
        #expect(text.contains("Live, somebody is paged about it after 5m"))
        #expect(!text.contains("Nothing would have been done."))
        #expect(
            text.contains(
                "shop: access could not be measured (unparsed), so 'storm' was not judged"))
        #expect(text.contains("watchctl stream shop/access"))
        #expect(text.contains("It would have decided: 1 page about what cannot be measured"))
        let others = report.split(separator: "\n").drop { $0 != "What was assumed" }
        #expect(
            !others.isEmpty && others.allSatisfy { $0.count <= 100 || $0.contains(access) },
            "\(report)")
    }

    @Test func blindnessThatOnlyARecordIsWantedOfPagesNobody() async throws {
        let recording = try Recording(triggers: Self.storm, service: "no_data: record")
        let access = try recording.write(
            "access.log",
            (0..<900).flatMap { second in
                ["\(line(Double(second)))"] + Array(repeating: "{\"code\":502}", count: 3)
            })
        let report = try await watchctl(
            [
                "replay", "--config", recording.path("watchd.yaml"), "--stream",
                "shop/access=\(access)",
            ]
        ).output
        #expect(flat(report).contains("RECORD access cannot be measured"), "\(report)")
        #expect(flat(report).contains("> 25%: could not be measured"))
        #expect(!report.contains("Nothing would have been done."))
    }

    // MARK: - Options that change nothing

    /// 9 runs and is known to be good; 10 is deployed so many seconds after the start of a record
    /// of five minutes.
    private func report(deployedAt seconds: Double) async throws -> String {
        let recording = try Recording(triggers: Self.storm)
        let access = try recording.write("access.log", traffic(0..<300))
        return try await watchctl(
            [
                "replay", "--config", recording.path("watchd.yaml"), "--stream",
                "shop/access=\(access)", "--release", "shop=9", "--release",
                "shop=10@\(time(seconds))", "--known-good", "shop=9",
            ]
        ).output
    }

    @Test func optionsThatChangeNothingAreSaidToBeSo() async throws {
        let report = try await report(deployedAt: 3600)
        let text = flat(report)
        #expect(
            text.contains(
                "shop 10 was deployed after the end of the record, 2026-11-21 10:00:00: that "
                    + "--release changes nothing"), "\(report)")
        #expect(
            text.contains(
                "shop 9 is known to be good (--known-good), and it is what runs: nothing can be "
                    + "rolled back to it"), "\(report)")
        #expect(!text.contains("shop 10 was deployed at"))
    }

    @Test func whatIsRolledBackToIsOfUse() async throws {
        let report = try await report(deployedAt: 60)
        #expect(!report.contains("changes nothing") && !report.contains("rolled back to it"))
        #expect(report.contains("shop 9 is known to be good (--known-good)"))
    }

    @Test func whatIsOfAServiceOfWhichNothingIsGivenIsSaidToBeSo() async throws {
        let recording = try Recording(
            triggers: Self.storm,
            more: #"blog: { streams: { access: { file: /b.log, format: nginx-combined } } }"#)
        let access = try recording.write("access.log", traffic(0..<60))
        let report = try await watchctl(
            [
                "replay", "--config", recording.path("watchd.yaml"), "--stream",
                "shop/access=\(access)", "--release", "blog=2", "--known-good", "blog=1",
            ]
        ).output
        let text = flat(report)
        let remark = "nothing of blog is given, so that it changes nothing"
        #expect(text.contains("blog 2 runs since before the record (--release); \(remark)"))
        #expect(text.contains("blog 1 is known to be good (--known-good); \(remark)"))
    }
}
