// Wall time, for people and for what must survive a reboot. Calendar arithmetic after Howard
// Hinnant, "chrono-Compatible Low-Level Date Algorithms" (civil_from_days, days_from_civil).

/// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Encoded as RFC 3339 text in
/// UTC with milliseconds.
public struct WallTime: Hashable, Comparable, Sendable, Codable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static func seconds(_ seconds: Double) -> WallTime {
        WallTime(nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    public static func < (a: WallTime, b: WallTime) -> Bool { a.nanoseconds < b.nanoseconds }

    public static func + (a: WallTime, b: Duration) -> WallTime {
        WallTime(nanoseconds: a.nanoseconds &+ b.nanoseconds)
    }

    public static func - (a: WallTime, b: Duration) -> WallTime {
        WallTime(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }

    public static func - (a: WallTime, b: WallTime) -> Duration {
        Duration(nanoseconds: a.nanoseconds &- b.nanoseconds)
    }

    /// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
    public static func days(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Year, month and day of a count of days since 1970-01-01.
    public static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let mp = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * mp + 2) / 5 + 1
        let month = mp < 10 ? mp + 3 : mp - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// `2026-11-21T09:30:00.123Z` (RFC 3339, UTC, milliseconds).
    public var text: String {
        let milliseconds = nanoseconds.flooredDivision(by: 1_000_000)
        let days = milliseconds.flooredDivision(by: 86_400_000)
        let rest = Int(milliseconds - days * 86_400_000)
        let (year, month, day) = Self.civil(days: Int(days))
        let time = "\(pad(rest / 3_600_000)):\(pad(rest / 60_000 % 60)):\(pad(rest / 1000 % 60))"
        return "\(pad(year, 4))-\(pad(month))-\(pad(day))T\(time).\(pad(rest % 1000, 3))Z"
    }

    /// Reads RFC 3339 date-times (`T`, `t` or a space; any fraction; `Z` or an offset).
    public init?(text: some StringProtocol) {
        let bytes = Array(text.utf8)
        func number(_ from: Int, _ count: Int) -> Int? {
            guard from + count <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[from..<from + count] {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, bytes[13] == 58, bytes[16] == 58,
            [84, 116, 32].contains(bytes[10]),
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 19
        var fraction: Int64 = 0
        if bytes[at] == 46 {
            at += 1
            var scale: Int64 = 100_000_000
            let start = at
            while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 {
                fraction += Int64(bytes[at] - 48) * scale
                scale /= 10
                at += 1
            }
            guard at > start else { return nil }
        }
        guard at < bytes.count else { return nil }
        var offset = 0
        switch bytes[at] {
        case 90, 122:
            guard at + 1 == bytes.count else { return nil }
        case 43, 45:
            guard at + 6 == bytes.count, bytes[at + 3] == 58, let hours = number(at + 1, 2),
                let minutes = number(at + 4, 2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[at] == 43 ? 60 : -60)
        default: return nil
        }
        let days = Self.days(year: year, month: month, day: day)
        // 30 February is no date, and 64 bits of nanoseconds end in 1677 and 2262.
        guard Self.civil(days: days) == (year, month, day), (1678...2261).contains(year) else {
            return nil
        }
        let whole = days * 86400 + hour * 3600 + minute * 60 + second - offset
        self.init(nanoseconds: Int64(whole) * 1_000_000_000 + fraction)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = WallTime(text: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no RFC 3339 date-time")
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

private func pad(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
