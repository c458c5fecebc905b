// Times as logs write them, read without allocating, since there is one in every line.

import WatchCore

/// The last time that was read: lines of one second repeat it.
public struct TimeCache: Sendable {
    private var text: [UInt8] = []
    private var value: Int64?

    public init() {}

    mutating func time(
        _ bytes: UnsafeRawBufferPointer, _ parse: (UnsafeRawBufferPointer) -> Int64?
    ) -> Int64? {
        if bytes.count == text.count, bytes.elementsEqual(text) { return value }
        text = Array(bytes)
        value = parse(bytes)
        return value
    }
}

enum LogTime {
    private static let months: [UInt32: Int] = [
        code("Jan"): 1, code("Feb"): 2, code("Mar"): 3, code("Apr"): 4, code("May"): 5,
        code("Jun"): 6, code("Jul"): 7, code("Aug"): 8, code("Sep"): 9, code("Oct"): 10,
        code("Nov"): 11, code("Dec"): 12,
    ]

    /// `21/Nov/2026:09:30:00 +0000` (strftime `%d/%b/%Y:%H:%M:%S %z`); nanoseconds since 1970.
    static func local(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count == 26, let day = Digits.number(text, 0, 2),
            let month = months[code(text[3], text[4], text[5])],
            let year = Digits.number(text, 7, 4), let hour = Digits.number(text, 12, 2),
            let minute = Digits.number(text, 15, 2), let second = Digits.number(text, 18, 2),
            let zoneHours = Digits.number(text, 22, 2),
            let zoneMinutes = Digits.number(text, 24, 2),
            text[21] == UInt8(ascii: "+") || text[21] == UInt8(ascii: "-")
        else { return nil }
        let zone = (zoneHours * 60 + zoneMinutes) * (text[21] == UInt8(ascii: "-") ? -60 : 60)
        let days = WallTime.days(year: year, month: month, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - zone
        return Int64(seconds) * 1_000_000_000
    }

    /// `2026-11-21T09:30:00+00:00` (RFC 3339); nanoseconds since 1970.
    static func iso(_ text: UnsafeRawBufferPointer) -> Int64? {
        WallTime(text: String(decoding: text, as: UTF8.self))?.nanoseconds
    }

    private static func code(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt32 {
        UInt32(a) << 16 | UInt32(b) << 8 | UInt32(c)
    }

    private static func code(_ name: StaticString) -> UInt32 {
        code(name.utf8Start[0], name.utf8Start[1], name.utf8Start[2])
    }
}

enum Digits {
    /// `count` digits at `at`; nil when they are none.
    static func number(_ text: UnsafeRawBufferPointer, _ at: Int, _ count: Int) -> Int? {
        guard at + count <= text.count else { return nil }
        var value = 0
        for index in at..<at + count {
            let digit = Int(text[index]) - 48
            guard digit >= 0, digit <= 9 else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// `12.345` in billionths; at most 12 digits before the point, nine after count.
    static func decimal(_ text: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0
        var fraction = -1
        guard !text.isEmpty else { return nil }
        for byte in text {
            if byte == UInt8(ascii: "."), fraction < 0 {
                fraction = 0
                continue
            }
            let digit = Int64(byte) - 48
            guard digit >= 0, digit <= 9 else { return nil }
            if fraction >= 0 {
                if fraction == 9 { continue }
                fraction += 1
            } else if value > 9_000_000_000 {
                return nil
            }
            value = value * 10 + digit
        }
        for _ in Swift.max(0, fraction)..<9 {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = scaled
        }
        return value
    }
}
