// Times in which watchd keeps quiet: `days`, `from`, `to` and `zone` for every week, or two moments
// in RFC 3339 for once.

import WatchCore
import WatchSystem

struct TimeWindowReader {
    let section: Section
    let problems: Problems

    init(_ section: Section) {
        self.section = section
        problems = section.problems
    }

    private enum Point {
        /// Minutes since midnight.
        case clock(Int)
        case moment(WallTime)
    }

    /// nil, and a diagnostic, when it says no time.
    func read() -> TimeWindow? {
        let from = point("from")
        let to = point("to")
        if section.has("from") && from == nil || section.has("to") && to == nil { return nil }
        switch (from, to) {
        case (.clock(let from), .clock(let to)): return weekly(from, to)
        case (.moment(let from), .moment(let to)): return once(from, to)
        case (.clock, .moment), (.moment, .clock):
            problems.error(
                section.place("to"), "'from' is a time of day and 'to' a date, or the other way",
                "write both as in \"22:00\", or both as in 2026-12-01T22:00:00Z")
        case (.some, nil), (nil, .some):
            let missing = from == nil ? "from" : "to"
            problems.error(
                section.place, "\(section.table.what) needs '\(missing)' too",
                "add \(missing): \"22:00\", or a moment such as 2026-12-01T22:00:00Z")
        case (nil, nil):
            problems.error(
                section.place, "\(section.table.what) says no time",
                "add days: [sat, sun], from: \"22:00\", to: \"02:00\", zone: Europe/Berlin")
        }
        return nil
    }

    private func once(_ from: WallTime, _ to: WallTime) -> TimeWindow? {
        for key in section.given(["days", "zone"]) {
            problems.error(
                section.keyPlace(key) ?? section.place,
                "'\(key)' goes with times of day; a moment has its date and offset",
                "remove '\(key)', or write from: \"22:00\" and to: \"02:00\"")
        }
        guard from < to else {
            problems.error(
                section.place("to"), "it ends before it begins",
                "write a 'to' that is later than \(from.text)")
            return nil
        }
        return .once(from: from, to: to)
    }

    private func weekly(_ from: Int, _ to: Int) -> TimeWindow? {
        guard from != to, from < 1440 else {
            problems.error(
                section.place("to"), "a window of zero length",
                "for a whole day write from: \"00:00\" and to: \"24:00\"")
            return nil
        }
        let days = days()
        guard let zone = zone(), let days else { return nil }
        return .weekly(WeeklyWindow(days: days, from: from, to: to, zone: zone))
    }

    private func days() -> Set<Weekday>? {
        guard section.has("days") else { return Set(Weekday.allCases) }
        let all = Weekday.allCases.map(\.rawValue)
        let texts = section.texts("days")
        if section.value("days")?.items?.isEmpty == true {
            problems.error(
                section.place("days"), "there is no day in it",
                "name some of \(all.joined(separator: ", ")), or leave 'days' out for every day")
        }
        let days = texts.compactMap { text -> Weekday? in
            if let day = Weekday(rawValue: text.value) { return day }
            let near = all.first { text.value.lowercased().hasPrefix($0) }
            problems.error(
                text.place, "'\(printable(text.value, limit: 40))' is no day",
                near.map { "did you mean '\($0)'?" }
                    ?? "write some of \(all.joined(separator: ", "))"
            )
            return nil
        }
        return days.isEmpty || days.count < texts.count ? nil : Set(days)
    }

    private func zone() -> ZoneTable? {
        guard let name = section.text("zone") else {
            if !section.has("zone") {
                problems.error(
                    section.place, "times of day need a 'zone'",
                    "add zone: Europe/Berlin (timedatectl list-timezones), or zone: UTC")
            }
            return nil
        }
        let place = section.place("zone")
        switch Result(catching: { () throws(ZoneFile.Failure) in try ZoneFile.table(name) }) {
        case .success(let table): return table
        case .failure(.unknown):
            let near = problems.isFull ? nil : Self.near(name)
            problems.error(
                place, "no time zone '\(printable(name, limit: 60))'",
                near.map { "did you mean '\($0)'?" }
                    ?? "write it as in Europe/Berlin (timedatectl list-timezones), or UTC")
        case .failure(.noDatabase):
            problems.error(
                place, "this host has no time zones (\(ZoneFile.directory) is not there)",
                "install tzdata, or write zone: UTC")
        case .failure(.unreadable(let why)):
            problems.error(
                place, "the time zone '\(printable(name, limit: 60))' cannot be read: \(why)",
                "reinstall tzdata, or write another zone")
        }
        return nil
    }

    /// People write the town alone, or in small letters.
    private static func near(_ name: String) -> String? {
        let names = ZoneFile.names()
        let wanted = name.lowercased()
        return names.first {
            let zone = $0.lowercased()
            return zone == wanted || zone.hasSuffix("/" + wanted)
        } ?? Suggestion.nearest(to: name, among: names)
    }

    private func point(_ key: String) -> Point? {
        guard let text = section.text(key) else { return nil }
        if let minutes = Self.clock(text) { return .clock(minutes) }
        if let moment = WallTime(text: text) { return .moment(moment) }
        let advice = MomentAdvice(text)
        problems.error(
            section.place(key),
            advice?.message ?? "'\(printable(text, limit: 40))' is no time",
            advice?.remedy
                ?? "write a time of day as in \"22:00\", or a moment as in 2026-12-01T22:00:00Z")
        return nil
    }

    /// `00:00` to `24:00`.
    private static func clock(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard (4...5).contains(bytes.count), bytes[bytes.count - 3] == UInt8(ascii: ":"),
            bytes.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ":") })
        else { return nil }
        let parts = text.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, parts[1] < 60, parts[0] < 24 || (parts[0] == 24 && parts[1] == 0)
        else { return nil }
        return parts[0] * 60 + parts[1]
    }
}
