// Figures of the inner loops, each beside a peer or a limit measured in the same run. Run it with
// `make bench` (release build); absolute numbers of a busy machine say little, ratios say more.

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

    static func main() throws {
        print("watchd's inner loops, best of 5; compare ratios, not machines")
        try scanning()
        sketching()
        try evaluating()
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

    static func sketching() {
        let values = (0..<100_000).map { 0.001 + Double($0 % 977) * 0.0007 }
        var sketch = LatencySketch()
        let record = best {
            sketch = LatencySketch()
            for value in values { sketch.record(seconds: value) }
        }
        let each = record / Double(values.count) * 1e9
        row("record a latency", "\(tenths(each)) ns", "\(times(each / 15)) the limit of 15 ns")
        var sum = 0.0
        let read = best { for _ in 0..<1000 { sum += sketch.percentile(95) ?? 0 } }
        precondition(sum > 0)
        let p95 = read / 1000 * 1e9
        row("read a P95", "\(tenths(p95)) ns", "\(times(p95 / 1000)) the limit of 1 µs")
    }

    static func evaluating() throws {
        let rule = try Expression("error_rate(access, 2m) > 25%")
        let reading = Reading(value: 0.12, samples: 2400)
        var breached = 0
        let took = best {
            for _ in 0..<10_000 where rule.evaluate(.plain, { _ in reading }).truth == .true {
                breached += 1
            }
        }
        precondition(breached == 0)
        row(
            "evaluate 10 000 ratio triggers", "\(tenths(took * 1000)) ms",
            "\(times(took / 0.010)) the limit of 10 ms (without reading windows)")
    }

    static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    static func millions(_ value: Double) -> String { tenths(value / 1e6) }
    static func times(_ ratio: Double) -> String { "\((ratio * 100).rounded() / 100) ×" }
}
