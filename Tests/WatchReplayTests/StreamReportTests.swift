// `watchctl stream`: exact figures of a log, and what cannot be read of it, as people and scripts
// get them.

import Foundation
import TestServers
import Testing
import WatchCore

@testable import WatchReplay

@Suite struct StreamReportTests {
    private let recording: Recording

    init() throws {
        recording = try Recording(
            triggers: #"- { name: storm, when: "error_rate(access, 2m) > 25%", severity: high }"#)
    }

    private func report(
        _ lines: [String], window: Duration = .minutes(2)
    ) throws -> StreamReport {
        let path = try recording.write("access.log", lines)
        let stream = try #require(recording.configuration.service("shop")?.stream("access"))
        return try StreamReport(of: path, stream, window: window)
    }

    private func stream(
        _ arguments: [String], input: String? = nil
    ) async throws -> ProgramResult {
        try await watchctl(
            ["stream"] + arguments + ["--config", recording.path("watchd.yaml")], input: input)
    }

    /// 60 lines of which 6 are errors, 3 that do not parse, 1 that is late.
    private var mixed: [String] {
        traffic(0..<6, bad: 1) + ["hello", "", "1795251600 2xx 0.1"]
            + [line(600, 404, 2), line(0, 200, 0.5)]
    }

    @Test func itCountsExactly() throws {
        let report = try report(mixed)
        #expect(report.lines == 65)
        #expect(report.parsed == 62)
        #expect(report.unparsed == 3)
        #expect(report.errors == 6)
        #expect(report.byStatus == [200: 55, 404: 1, 502: 6])
        #expect(report.latency.percentile(50) == 0.02)
        #expect(report.latency.max == 2)
        #expect(report.late == 1)
        #expect(report.first?.text == time(0))
        #expect(report.last?.text == time(600))
    }

    @Test func lateIsWhatNoRuleLooksBackTo() throws {
        let lines = [line(0), line(300), line(1), line(180.5), line(181)]
        #expect(try report(lines, window: .minutes(2)).late == 1)
        #expect(try report(lines, window: .minutes(5)).late == 0)
        let configuration = recording.configuration
        #expect(configuration.widestWindow(service: "shop", stream: "access") == .minutes(2))
        #expect(configuration.widestWindow(service: "shop", stream: "other") == .minutes(1))
    }

    @Test func theJSONIsTheContract() async throws {
        let log = try recording.write("access.log", mixed)
        let result = try await stream(["shop/access", "--input", log, "--json"])
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        let value = try #require(JSONValue(body: Array(result.output.utf8)))
        guard case .object(let members) = value else {
            Issue.record("no object: \(result.output)")
            return
        }
        #expect(
            Set(members.keys) == [
                "lines", "parsed", "unparsed", "late", "errors", "by_status", "latency",
                "patterns",
            ])
        #expect(
            result.output.hasPrefix(
                #"{"by_status":{"200":55,"404":1,"502":6},"errors":6,"late":1,"#
                    + #""latency":{"max":2,"p50":0.02,"#), "\(result.output)")
    }

    @Test func whatIsNotThereIsNull() async throws {
        let log = try recording.write("access.log", [String]())
        let result = try await stream(["shop/access", "--input", log, "--json"])
        #expect(
            result.output.contains(#""latency":{"max":null,"p50":null,"p95":null,"p99":null}"#))
        #expect(result.output.contains(#""patterns":{}"#))
        #expect(try await stream(["shop/access", "--input", log]).output.contains("log is empty"))
    }

    @Test func gzipAndStandardInputGiveTheSame() async throws {
        let plain = try recording.write("access.log", mixed)
        let packed = try recording.write(
            "access.log.gz", gzip(Data(mixed.map { $0 + "\n" }.joined().utf8)))
        let expected = try await stream(["shop/access", "--input", plain, "--json"]).output
        #expect(try await stream(["shop/access", "--input", packed, "--json"]).output == expected)
        for input in [plain, packed] {
            let result = try await stream(["shop/access", "--input", "-", "--json"], input: input)
            #expect(result.output == expected)
        }
    }

    @Test func peopleReadWhatDidNotParseAndWhy() async throws {
        let log = try recording.write("access.log", mixed)
        let result = try await stream(["shop/access", "--input", log])
        #expect(result.status == 0)
        for text in [
            "unparsed    3 (4.6 %)", "line 61: no ' ' follows $msec", "hello",
            "line 63: $status is '2xx', which is no status", "p50 20ms",
        ] {
            #expect(result.output.contains(text), "\(text) in \(result.output)")
        }
    }

    @Test func aLogThatIsHardlyReadableIsSaidToBlind() async throws {
        let log = try recording.write("access.log", ["a", "b", line(0)])
        #expect(
            try await stream(["shop/access", "--input", log]).output.contains("stream blind"))
    }

    @Test func exitStatusesAreThoseOfTheContract() async throws {
        let log = try recording.write("access.log", mixed)
        for arguments in [
            ["--input", log], ["shop/access"], ["shop/acces", "--input", log],
            ["shop", "--input", log], ["shoop/access", "--input", log],
        ] {
            let result = try await stream(arguments)
            #expect(result.status == 2, "\(arguments): \(result.errors)")
            #expect(result.output.isEmpty)
        }
        #expect(try await watchctl(["stream", "shop/access", "--input", log]).status == 2)
        let missing = try await stream(["shop/access", "--input", log + ".7"])
        #expect(missing.status == 3)
        #expect(missing.errors.contains("there is no such file"))
        let cut = try gzip(Data(mixed.joined().utf8)).dropLast(9)
        let damaged = try recording.write("cut.gz", Data(cut))
        #expect(try await stream(["shop/access", "--input", damaged]).status == 3)
    }

    @Test func recordsOfSeveralLinesCountOnce() async throws {
        let traced = "\tat com.example.Orders.place(Orders.java:17)"
        let lines = [line(0), line(1, 500), traced, traced, line(2), "hello", traced]
        var stream = try #require(recording.configuration.service("shop")?.stream("access"))
        stream.multiline = MultilineRule(.java)
        stream.patterns = [.init("trace", "^\\s+at ")]
        let report = try StreamReport(
            of: recording.write("app.log", lines), stream, window: .minutes(1))
        #expect(report.lines == 4)
        #expect(report.parsed == 3)
        #expect(report.complaints.map(\.line.number) == [6])
        #expect(report.patterns == ["trace": 2])
    }

    @Test func aMisspeltNameIsSuggested() async throws {
        let result = try await stream(["shop/acess", "--input", "-"])
        #expect(result.errors.contains("did you mean 'access'?"))
    }
}
