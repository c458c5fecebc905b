// The rule by which a zone's clocks will be moved for all time: the TZ string of POSIX (XBD §8.3),
// with the hours of RFC 8536 §3.3.1 (-167 to 167). `CET-1CEST,M3.5.0,M10.5.0/3`.

import WatchCore

struct PosixZone {
    /// When in a year the clocks are moved, in local time before the change.
    private struct Change {
        enum Day {
            /// 1 to 365, 29 February never counted.
            case withoutLeapDay(Int)
            /// 0 to 365, counted in.
            case ofYear(Int)
            /// The weekday's first, …, fourth or (5) last one of the month; Sunday is 0.
            case ofMonth(month: Int, week: Int, weekday: Int)
        }

        var day: Day
        /// Seconds after midnight.
        var time: Int64
    }

    /// Seconds east of UTC.
    let standard: Int64
    private let summer: (offset: Int64, begins: Change, ends: Change)?

    /// nil: that is no such rule.
    init?(_ text: String) {
        var rest = Substring(text)
        guard Self.name(&rest), let offset = Self.offset(&rest) else { return nil }
        standard = -offset
        guard !rest.isEmpty else {
            summer = nil
            return
        }
        guard Self.name(&rest) else { return nil }
        var shifted = standard + 3600
        if let next = rest.first, next != "," {
            guard let offset = Self.offset(&rest) else { return nil }
            shifted = -offset
        }
        let parts = rest.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, let begins = Self.change(parts[1]),
            let ends = Self.change(parts[2])
        else { return nil }
        summer = (shifted, begins, ends)
    }

    /// In order of time.
    func transitions(from first: Int, to last: Int) -> [ZoneTable.Transition] {
        guard let summer else { return [] }
        return (first...last).flatMap { year in
            [
                ZoneTable.Transition(
                    at: local(summer.begins, year) - standard, offset: summer.offset),
                ZoneTable.Transition(
                    at: local(summer.ends, year) - summer.offset, offset: standard),
            ]
        }.sorted { $0.at < $1.at }
    }

    private func local(_ change: Change, _ year: Int) -> Int64 {
        let newYear = WallTime.days(year: year, month: 1, day: 1)
        let march = WallTime.days(year: year, month: 3, day: 1)
        let day: Int
        switch change.day {
        case .withoutLeapDay(let number):
            let isLeap = march - newYear == 60
            day = newYear + number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .ofYear(let number): day = newYear + number
        case .ofMonth(let month, let week, let weekday):
            let start = WallTime.days(year: year, month: month, day: 1)
            let next =
                month == 12
                ? WallTime.days(year: year + 1, month: 1, day: 1)
                : WallTime.days(year: year, month: month + 1, day: 1)
            // 1970-01-01 was a Thursday.
            let shift = ((weekday - (start + 4) % 7) % 7 + 7) % 7
            var found = start + shift + (week - 1) * 7
            while found >= next { found -= 7 }
            day = found
        }
        return Int64(day) * 86_400 + change.time
    }

    // MARK: - Reading

    /// Letters, or anything in angle brackets.
    private static func name(_ rest: inout Substring) -> Bool {
        if rest.first == "<" {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let letters = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    /// `-1`, `5:30`, `-167:00:00`: in seconds.
    private static func offset(_ rest: inout Substring) -> Int64? {
        var sign: Int64 = 1
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            rest = rest.dropFirst()
        }
        let text = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ":") }
        rest = rest.dropFirst(text.count)
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
        guard (1...3).contains(parts.count), let hours = parts[0], (0...167).contains(hours) else {
            return nil
        }
        var seconds = hours * 3600
        for (part, unit) in zip(parts.dropFirst(), [60, 1] as [Int64]) {
            guard let part, (0..<60).contains(part) else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    private static func change(_ text: Substring) -> Change? {
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = halves.first, let day = day(date) else { return nil }
        guard halves.count == 2 else { return Change(day: day, time: 7200) }
        var rest = halves[1]
        guard let time = offset(&rest), rest.isEmpty else { return nil }
        return Change(day: day, time: time)
    }

    private static func day(_ text: Substring) -> Change.Day? {
        switch text.first {
        case "J":
            guard let number = Int(text.dropFirst()), (1...365).contains(number) else { return nil }
            return .withoutLeapDay(number)
        case "M":
            let parts = text.dropFirst().split(separator: ".").compactMap { Int($0) }
            guard parts.count == 3, (1...12).contains(parts[0]), (1...5).contains(parts[1]),
                (0...6).contains(parts[2])
            else { return nil }
            return .ofMonth(month: parts[0], week: parts[1], weekday: parts[2])
        default:
            guard let number = Int(text), (0...365).contains(number) else { return nil }
            return .ofYear(number)
        }
    }
}
