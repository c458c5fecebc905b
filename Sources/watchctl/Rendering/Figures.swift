// Numbers and times as people read them.

import WatchCore

enum Figures {
    /// `31.2 %`, `0 %`, `100 %`.
    static func percent(_ ratio: Double) -> String { "\(decimal(ratio * 100)) %" }

    /// One digit after the point, none when it is zero.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        let tenths = Int64((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let whole = "\(sign)\(tenths.magnitude / 10)"
        return tenths % 10 == 0 ? whole : "\(whole).\(tenths.magnitude % 10)"
    }

    static func seconds(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e9 else { return "\(seconds)s" }
        return Duration.nanoseconds(Int64((seconds * 1e9).rounded())).text
    }

    static func percentage(_ ratio: Double?) -> String { ratio.map(percent) ?? "–" }
    static func latency(_ value: Double?) -> String { value.map(seconds) ?? "–" }

    /// `2026-11-21 09:30:00 UTC`.
    static func time(_ time: WallTime) -> String {
        let text = time.text
        return "\(text.prefix(10)) \(clock(time)) UTC"
    }

    /// `09:30:00`; always UTC.
    static func clock(_ time: WallTime) -> String {
        String(time.text.dropFirst(11).prefix(8))
    }

    /// `40s ago`, `in 8s`, `now`.
    static func relative(_ time: WallTime, to now: WallTime) -> String {
        let distance = now - time
        let whole = Duration.seconds(Int((distance.seconds).rounded()))
        if whole == .zero { return "now" }
        return whole > .zero ? "\(whole.text) ago" : "in \((.zero - whole).text)"
    }

    /// How long ago, without the word.
    static func age(_ time: WallTime, at now: WallTime) -> String {
        Duration.seconds(max(0, Int((now - time).seconds.rounded()))).text
    }

    /// `31.2 % of 2400`; what unit it has follows from the function.
    static func reading(_ operand: String, _ reading: Reading) -> String {
        guard let value = reading.value else { return gap(reading) }
        let inner =
            operand.hasPrefix("baseline(") ? operand.dropFirst("baseline(".count) : operand[...]
        let name = inner.prefix { $0 != "(" }
        let text = self.value(operand, value)
        let countsItself = [
            "up", "count", "matches", "restarts", "overrun", "release_age",
        ].contains(String(name))
        return countsItself ? text : "\(text) of \(reading.samples)"
    }

    /// A value of an operand, with the unit of its function.
    static func value(_ operand: String, _ value: Double) -> String {
        let name = operand.prefix { $0 != "(" }
        switch name {
        case "error_rate", "success_rate", "failing", "failing_routes", "affected",
            "parse_failures":
            return percent(value)
        case "mean", "max", "p", "release_age": return seconds(value)
        case "baseline": return self.value(String(operand.dropFirst(name.count + 1)), value)
        case _ where name.first == "p" && name.dropFirst().allSatisfy(\.isNumber):
            return seconds(value)
        default: return decimal(value)
        }
    }

    /// `1 234 567`
    static func grouped(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var at = digits.count - 3
        while at > 0 {
            digits.insert("\u{202F}", at: at)
            at -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    static func readings(_ readings: [String: Reading]) -> String {
        readings.sorted { $0.key < $1.key }.map { operand, value in
            let text = reading(operand, value)
            return readings.count == 1 ? text : "\(safe(operand)) \(text)"
        }.joined(separator: ", ")
    }

    private static func gap(_ reading: Reading) -> String {
        switch reading.gap {
        case .tooFewSamples(let needed): "\(reading.samples) of \(needed) samples"
        case .warmingUp: "warming up"
        case .blind(let why): "blind: \(safe(why))"
        case .noData: "no data"
        case .undefined: "undefined"
        case nil: "unknown"
        }
    }
}
