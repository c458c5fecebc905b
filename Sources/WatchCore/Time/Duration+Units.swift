// Durations as people write them (`500ms`, `10s`, `1h30m`) and as the engine counts them.

extension Duration {
    // Asked for at every event: by the one number that a duration is, not by way of its parts.

    public init(nanoseconds: Int64) {
        self.init(attoseconds: Int128(nanoseconds) * 1_000_000_000)
    }

    /// Whole nanoseconds, towards zero; clamped to what 64 bits hold (292 years).
    public var nanoseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000) }

    /// Seconds with fraction, for output and for expressions (durations are seconds there).
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    public static func minutes(_ n: Int) -> Duration { .seconds(n * 60) }
    public static func hours(_ n: Int) -> Duration { .seconds(n * 3600) }
    public static func days(_ n: Int) -> Duration { .seconds(n * 86400) }

    /// Reads `500ms`, `10s`, `1.5s`, `5m`, `1h30m`, `7d`. Units are required, except for a bare
    /// `0`; they must fall from large to small. A leading minus is read, so that the caller can
    /// say that a negative duration makes no sense; nil when the text is no duration.
    public init?(text: some StringProtocol) {
        var rest = Substring(text)
        var sign: Int64 = 1
        if rest.first == "-" {
            sign = -1
            rest.removeFirst()
        }
        if rest == "0" {
            self = .zero
            return
        }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        var lastScale = Double.infinity
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let scale = Self.scales[String(unit)],
                scale < lastScale
            else { return nil }
            lastScale = scale
            total += number * scale
        }
        guard total < 9e18 else { return nil }
        self = .nanoseconds(sign * Int64(total.rounded()))
    }

    private static let scales: [String: Double] = [
        "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86400e9,
    ]

    /// `1h30m`, `5m`, `12.4s`, `250ms`: the two largest units, for people.
    public var text: String {
        let total = nanoseconds
        if total < 0 { return "-" + Duration(nanoseconds: total == .min ? .max : -total).text }
        if total == 0 { return "0s" }
        if total < 1_000_000 { return "\(total / 1000)us" }
        if total < 1_000_000_000 { return "\(total / 1_000_000)ms" }
        if total < 60_000_000_000 {
            let tenths = (total + 50_000_000) / 100_000_000
            if tenths >= 600 { return "1m" }
            return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
        }
        let seconds = total / 1_000_000_000 + (total % 1_000_000_000 >= 500_000_000 ? 1 : 0)
        let units: [(Int64, String)] = [(86400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        guard let first = units.firstIndex(where: { seconds >= $0.0 }) else { return "0s" }
        let (scale, name) = units[first]
        let head = "\(seconds / scale)\(name)"
        guard first + 1 < units.count else { return head }
        let (next, nextName) = units[first + 1]
        let tail = seconds % scale / next
        return tail == 0 ? head : "\(head)\(tail)\(nextName)"
    }
}
