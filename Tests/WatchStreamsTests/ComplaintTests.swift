// Why a line does not parse: whoever wrote a format wants to know which part of it is wrong.

import Testing
import WatchCore

@testable import WatchStreams

@Suite struct ComplaintTests {
    private func complaint(
        _ line: String, _ stream: StreamConfiguration
    ) throws -> String {
        let parser = try LineParser(stream)
        return Array(line.utf8).withUnsafeBytes { parser.complaint($0) }
    }

    private func nginx(_ line: String, _ format: String) throws -> String {
        try complaint(line, .made(.nginx(format)))
    }

    @Test func ofNginxItNamesTheVariableAndWhatShouldFollow() throws {
        let format = #"$remote_addr [$time_local] "$request" $status $request_time"#
        let stamp = "[21/Nov/2026:09:30:00 +0000]"
        for (line, reason) in [
            (#"1.2.3.4 - bob "GET / HTTP/1.1" 200 0.01"#, "no ' [' follows $remote_addr"),
            (
                #"1.2.3.4 \#(stamp) "GET / HTTP/1.1" abc 0.01"#,
                "$status is 'abc', which is no status (three digits)"
            ),
            (
                #"1.2.3.4 \#(stamp) "GET / HTTP/1.1" 200 fast"#,
                "$request_time is 'fast', which is no number of seconds"
            ),
            (#"1.2.3.4 \#(stamp) "GET / HTTP/1.1 200 0.01"#, "no '\" ' follows $request"),
            ("", "no ' [' follows $remote_addr"),
        ] {
            #expect(try nginx(line, format) == reason, "\(line)")
        }
        #expect(
            try nginx(#"1.2.3.4 [21/Nov/2026 09:30:00 +0000] "GET /" 200 1"#, format)
                .contains("which is no time like 21/Nov/2026:09:30:00 +0000"))
    }

    @Test func aPrefixARestAndDamageAreNamed() throws {
        #expect(try nginx("access 200", "log: $status") == "it does not begin with 'log: '")
        #expect(try nginx("<200> more", "<$status>") == "text follows where the format ends")
        #expect(try nginx("20\u{0}0", "$status").hasPrefix("byte 3 is NUL"))
    }

    @Test func ofJSONItNamesTheValue() throws {
        let stream = try StreamConfiguration.made(
            .json, [.status: "$.status", .latency: "$.took", .time: "$.at"])
        for (line, reason) in [
            (#"{"status": 200"#, "it is no whole JSON value"), ("", "it is empty"),
            (#"{"status": "up"}"#, "its status is 'up', which is no number up to 999"),
            (#"{"status": 200, "took": "long"}"#, "its latency is 'long', which is no duration"),
            (
                #"{"status": 200, "at": "noon"}"#,
                "its time is 'noon', which is no time that can be read"
            ),
            (#"{"code": 200}"#, "it has none of the values that 'error' asks for"),
        ] {
            #expect(try complaint(line, stream) == reason, "\(line)")
        }
        let parser = try LineParser(stream)
        #expect([0xFF, 0x7B].withUnsafeBytes { parser.complaint($0) } == "it is not UTF-8")
    }

    @Test func ofOtherFormatsItSaysWhichItIsNot() throws {
        #expect(
            try complaint("hello", .made(.logfmt, [.status: "status"]))
                == "it is no line of key=value pairs")
        #expect(
            try complaint("hello", .made(.regex(#"(?<status>\d+)"#), [.status: "status"]))
                == "the format's pattern is not found in it")
        #expect(
            try complaint(
                String(repeating: "a", count: LineParser.lineLimit + 1), .made(.lines)
            ).hasPrefix("it is longer than 64 KB"))
    }

    /// A file with texts of the journal has no priorities.
    @Test func aLevelThatIsNotInTheTextIsSaid() throws {
        var stream = StreamConfiguration(name: "app", kind: .journal(.init()), format: .lines)
        stream.error = try LineCondition("level >= error")
        #expect(
            try complaint("broken", stream)
                == "it has none of the values that 'error' asks for: the level that it came with "
                + "is not in its text")
    }

    /// Whatever bytes come: a reason, and the same verdict as the scanner's.
    @Test func everyUnparsedLineHasAReason() throws {
        let format = #"$remote_addr - $remote_user [$time_local] "$request" $status $request_time"#
        let good = #"1.2.3.4 - - [21/Nov/2026:09:30:00 +0000] "GET /a HTTP/1.1" 200 0.010"#
        let parsing = try Parsing(.made(.nginx(format)))
        #expect(parsing(good).outcome == .counted)
        for cut in 0..<good.utf8.count {
            var line = Array(good.utf8)
            line.remove(at: cut)
            guard parsing(line).outcome == .unparsed else { continue }
            let reason = line.withUnsafeBytes { parsing.parser.complaint($0) }
            #expect(!reason.isEmpty && !reason.contains("pattern needs"), "\(cut): \(reason)")
        }
    }
}
