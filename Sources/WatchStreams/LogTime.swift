// Times as logs write them, read from bytes: nginx's three ways, RFC 3339, and numbers since 1970.
// Nothing is guessed: a time without its year or its offset from UTC is none.

import WatchCore

enum LogTime {
    /// `21/Nov/2026:09:30:00 +0000`
    static let localLength = 26

    /// `$time_local`, nanoseconds since 1970.
    static func local(_ line: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int64? {
        guard end - start == localLength, line[start + 2] == 47, line[start + 6] == 47,
            line[start + 11] == 58, line[start + 20] == 32,
            let day = digits(line, start, 2), let month = month(line, start + 3),
            let year = digits(line, start + 7, 4), let clock = clock(line, start + 12),
            let hours = digits(line, start + 22, 2), let minutes = digits(line, start + 24, 2),
            let sign = sign(line[start + 21])
        else { return nil }
        return instant(year, month, day, clock, offset: sign * (hours * 3600 + minutes * 60))
    }

    /// Whatever of these it is: RFC 3339, nginx's local time, or a number since 1970 whose unit is
    /// 10^`exponent` nanoseconds.
    static func any(
        _ line: UnsafeRawBufferPointer, _ start: Int, _ end: Int, exponent: Int
    ) -> Int64? {
        guard end > start else { return nil }
        if end - start >= 20, line[start + 4] == 45 { return iso(line, start, end) }
        if end - start == localLength, line[start + 2] == 47 { return local(line, start, end) }
        var at = start
        guard let number = NumberText(line, &at, end), at == end,
            let time = number.whole(shift: exponent), time < limit
        else { return nil }
        return time
    }

    /// The year 2200.
    private static let limit: Int64 = 7_258_118_400_000_000_000

    /// `$time_iso8601`: `2026-11-21T09:30:00+00:00`; also `Z`, fractions of a second, a space
    /// instead of the `T` (RFC 3339 §5.6), small letters, and `+0000`.
    static func iso(_ line: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int64? {
        guard end - start >= 20, line[start + 4] == 45, line[start + 7] == 45,
            line[start + 10] | 32 == UInt8(ascii: "t") || line[start + 10] == 32,
            let year = digits(line, start, 4),
            let month = digits(line, start + 5, 2), let day = digits(line, start + 8, 2),
            let clock = clock(line, start + 11)
        else { return nil }
        var at = start + 19
        var fraction: Int64 = 0
        if line[at] == UInt8(ascii: ".") {
            at += 1
            let first = at
            var scale: Int64 = 100_000_000
            while at < end, let digit = digits(line, at, 1) {
                fraction += Int64(digit) * scale
                scale /= 10
                at += 1
            }
            guard at > first else { return nil }
        }
        guard at < end else { return nil }
        var offset = 0
        if line[at] | 32 == UInt8(ascii: "z") {
            guard at + 1 == end else { return nil }
        } else {
            let hasColon = at + 6 == end && line[at + 3] == 58
            guard hasColon || at + 5 == end, let sign = sign(line[at]),
                let hours = digits(line, at + 1, 2),
                let minutes = digits(line, hasColon ? at + 4 : at + 3, 2)
            else { return nil }
            offset = sign * (hours * 3600 + minutes * 60)
        }
        return instant(year, month, day, clock, offset: offset).map { $0 + fraction }
    }

    /// `$msec`: `1795253400.123`.
    static func epoch(_ line: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int64? {
        var at = start
        guard let value = decimal(line, &at, end), at == end else { return nil }
        return value
    }

    /// A decimal number from `at` on, in billionths; at most ten digits before the point.
    static func decimal(_ line: UnsafeRawBufferPointer, _ at: inout Int, _ end: Int) -> Int64? {
        var value: Int64 = 0
        let start = at
        while at < end, line[at] &- 48 <= 9 {
            guard at - start < 10 else { return nil }
            value = value * 10 + Int64(line[at] - 48)
            at += 1
        }
        guard at > start, value < 9_000_000_000 else { return nil }
        value *= 1_000_000_000
        guard at < end, line[at] == UInt8(ascii: ".") else { return value }
        at += 1
        let point = at
        var scale: Int64 = 100_000_000
        while at < end, line[at] &- 48 <= 9 {
            value += Int64(line[at] - 48) * scale
            scale /= 10
            at += 1
        }
        return at > point ? value : nil
    }

    /// Exactly so many decimal digits; the caller has checked that they are within the line.
    static func digits(_ line: UnsafeRawBufferPointer, _ at: Int, _ count: Int) -> Int? {
        var value = 0
        for index in at..<at + count {
            let digit = line[index] &- 48
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    /// Seconds of the day from `09:30:00`; a leap second is allowed.
    private static func clock(_ line: UnsafeRawBufferPointer, _ at: Int) -> Int? {
        guard line[at + 2] == 58, line[at + 5] == 58, let hour = digits(line, at, 2),
            let minute = digits(line, at + 3, 2), let second = digits(line, at + 6, 2), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func sign(_ byte: UInt8) -> Int? {
        byte == UInt8(ascii: "+") ? 1 : byte == UInt8(ascii: "-") ? -1 : nil
    }

    private static func month(_ line: UnsafeRawBufferPointer, _ at: Int) -> Int? {
        let name = Int(line[at]) << 16 | Int(line[at + 1]) << 8 | Int(line[at + 2])
        return switch name {
        case 0x4A616E: 1  // Jan
        case 0x466562: 2  // Feb
        case 0x4D6172: 3  // Mar
        case 0x417072: 4  // Apr
        case 0x4D6179: 5  // May
        case 0x4A756E: 6  // Jun
        case 0x4A756C: 7  // Jul
        case 0x417567: 8  // Aug
        case 0x536570: 9  // Sep
        case 0x4F6374: 10  // Oct
        case 0x4E6F76: 11  // Nov
        case 0x446563: 12  // Dec
        default: nil
        }
    }

    private static func instant(
        _ year: Int, _ month: Int, _ day: Int, _ clock: Int, offset: Int
    ) -> Int64? {
        guard (1970...2200).contains(year), (1...12).contains(month), (1...31).contains(day) else {
            return nil
        }
        let days = WallTime.days(year: year, month: month, day: day)
        return Int64(days * 86400 + clock - offset) * 1_000_000_000
    }
}
