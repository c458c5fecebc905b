// The scanner against a slow reference that builds the line itself and so knows the answer, and
// against damaged lines, which must never be read as anything but what the bytes say.

import Testing
import WatchCore
import WatchStreams

@Suite struct ScannerPropertyTests {
    private static let variables = [
        "remote_addr", "status", "request_time", "time_local", "body_bytes_sent", "request",
        "upstream_addr", "upstream_response_time", "pipe", "http_user_agent",
    ]

    /// A random format that names `status` once, and a line of it.
    private func example(
        _ random: inout Seeded
    ) -> (format: String, line: String, expected: LogLine) {
        var names = Self.variables.shuffled(using: &random)
            .prefix(Int.random(in: 1...8, using: &random)).filter { $0 != "status" }
        names.insert("status", at: Int.random(in: 0...names.count, using: &random))
        var expected = LogLine()
        var format = Bool.random(using: &random) ? "> " : ""
        var line = format
        let hasRequestTime = names.contains("request_time")
        for (index, name) in names.enumerated() {
            let isQuoted = ["request", "http_user_agent"].contains(name)
            let separator = [" ", " | ", " - ", "; "].randomElement(using: &random) ?? " "
            let end = index + 1 < names.count ? separator : ""
            let value = value(of: name, &random, &expected, hasRequestTime)
            format += isQuoted ? "\"$\(name)\"\(end)" : "$\(name)\(end)"
            line += isQuoted ? "\"\(value)\"\(end)" : "\(value)\(end)"
        }
        return (format, line, expected)
    }

    private func value(
        of name: String, _ random: inout Seeded, _ expected: inout LogLine, _ hasTime: Bool
    ) -> String {
        switch name {
        case "status":
            expected.status = Int.random(in: 100...599, using: &random)
            return String(expected.status)
        case "request_time":
            let milliseconds = Int.random(in: 0...99_999, using: &random)
            expected.latency = Double(Int64(milliseconds) * 1_000_000) / 1e9
            return decimal(milliseconds)
        case "upstream_response_time":
            let parts = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                Int.random(in: 0...9999, using: &random)
            }
            if !hasTime {
                expected.latency = Double(Int64(parts.reduce(0, +)) * 1_000_000) / 1e9
            }
            return list(parts.map(decimal), &random)
        case "upstream_addr":
            return list(
                (0..<Int.random(in: 1...3, using: &random)).map { "10.0.0.\($0):80" }, &random)
        case "time_local":
            let second = Int.random(in: 10...59, using: &random)
            expected.time = WallTime(text: "2026-11-21T09:30:\(second)Z")?.nanoseconds
            return "21/Nov/2026:10:30:\(second) +0100"
        case "request", "http_user_agent":
            let words = ["GET", "/a", "HTTP/1.1", "500", "\\x22", "\\\"", "-", "é", "a;b", " | "]
            return (0..<Int.random(in: 0...6, using: &random))
                .map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " ")
        default: return String(Int.random(in: 0...9999, using: &random))
        }
    }

    private func decimal(_ milliseconds: Int) -> String {
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction)"
    }

    private func list(_ parts: [String], _ random: inout Seeded) -> String {
        parts.dropFirst().reduce(parts[0]) {
            $0 + (Bool.random(using: &random) ? ", " : " : ") + $1
        }
    }

    @Test(arguments: 0..<20)
    func whatWasWrittenIsRead(seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        for _ in 0..<200 {
            let (format, line, expected) = example(&random)
            #expect(parse(try LogFormat(format), line) == expected, "\(format)\n\(line)")
        }
    }

    @Test(arguments: 0..<10)
    func damagedLinesNeverCrashNorTakeLong(seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        for _ in 0..<200 {
            let (text, line, _) = example(&random)
            let format = try LogFormat(text)
            var bytes = Array(line.utf8)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            case 1: bytes.removeFirst(Int.random(in: 0...bytes.count, using: &random))
            case 2: bytes.shuffle(using: &random)
            default:
                for _ in 0..<3 where !bytes.isEmpty {
                    let at = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[at] = UInt8.random(in: 0...255, using: &random)
                }
            }
            if let parsed = parse(format, bytes) { #expect((0...999).contains(parsed.status)) }
        }
    }
}
