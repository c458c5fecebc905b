// Figures of the inner loops, each beside a peer or a limit measured in the same run. Run it with
// `make bench` (release build); absolute numbers of a busy machine say little, ratios say more.

import Glibc
import WatchCore
import WatchPatterns
import WatchStreams

@main
enum Bench {
    static let format =
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
        + #""$http_referer" "$http_user_agent" $request_time"#

    /// The equivalent of `format`, with the three fields that are used captured.
    static let pattern =
        #"^(?:[^ ]*) - (?:[^ ]*) \[([^\]]*)\] "(?:[^"]*)" (\d{3}) (?:[^ ]*) "(?:[^"]*)" "(?:[^"]*)" ([0-9.]+)$"#

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        if !arguments.isEmpty { return try await command(Array(arguments)) }
        print("watchd's inner loops, best of 5; compare ratios, not machines")
        windows()
        try scanning()
        try parsing()
        try engine()
        try checkpoint()
        try replaying()
    }

    private static func command(_ arguments: [String]) async throws {
        do {
            try await Command.run(arguments)
        } catch let failure as Command.Failure {
            let text = Array("\(failure)\n".utf8)
            _ = write(STDERR_FILENO, text, text.count)
            exit(1)
        }
    }

    /// Seconds of the fastest of five runs.
    static func best(_ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<5 {
            let start = ContinuousClock.now
            try body()
            best = min(best, (ContinuousClock.now - start).seconds)
        }
        return best
    }

    static func row(_ what: String, _ figure: String, _ against: String) {
        let pad = String(repeating: " ", count: max(1, 44 - what.count))
        let gap = String(repeating: " ", count: max(1, 22 - figure.count))
        print("  \(what)\(pad)\(figure)\(gap)\(against)")
    }

    static func lines(_ count: Int) -> [[UInt8]] {
        (0..<count).map { number in
            let second = String(number % 60)
            let time = "21/Nov/2026:09:30:\(second.count == 1 ? "0" : "")\(second) +0000"
            let status = number % 50 == 0 ? 502 : 200
            return Array(
                (#"203.0.113.\#(number % 250) - - [\#(time)] "GET /api/orders/\#(number) HTTP/1.1" "#
                    + #"\#(status) 512 "-" "Mozilla/5.0 (X11; Linux x86_64)" 0.0\#(number % 90 + 10)"#)
                    .utf8)
        }
    }

    static func scanning() throws {
        let lines = lines(200_000)
        let format = try LogFormat(format)
        var parsed = 0
        let scanner = best {
            parsed = lines.reduce(0) { sum, line in
                line.withUnsafeBytes { format.parse($0) != nil ? sum + 1 : sum }
            }
        }
        precondition(parsed == lines.count, "the scanner must read every line")
        let compiled = try Pattern(pattern)
        var matched = 0
        let sample = lines.prefix(20_000)
        let regex = try best {
            matched = try sample.reduce(0) { sum, line in
                try compiled.firstMatch(in: line) != nil ? sum + 1 : sum
            }
        }
        precondition(matched == sample.count, "the pattern must match every line")
        let perSecond = Double(lines.count) / scanner
        let peer = Double(sample.count) / regex
        row(
            "scan a timed nginx line", "\(millions(perSecond)) M lines/s",
            "\(times(perSecond / peer)) our PCRE2-JIT wrapper on the equivalent regex")
    }

    static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    static func millions(_ value: Double) -> String { tenths(value / 1e6) }
    static func times(_ ratio: Double) -> String { "\((ratio * 100).rounded() / 100) ×" }
}
