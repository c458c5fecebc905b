// Times in which watchd keeps quiet: once, or every week in the local time of some place, across
// midnight and across the changes of its clocks.

public enum Weekday: String, Hashable, Sendable, Codable, CaseIterable {
    case mon, tue, wed, thu, fri, sat, sun

    /// Of a count of days since 1970-01-01, which was a Thursday.
    init(day: Int64) {
        let index = Int((day + 3) - (day + 3).flooredDivision(by: 7) * 7)
        self = Self.allCases[index]
    }
}

public enum TimeWindow: Hashable, Sendable, Codable {
    /// `from` nil: since ever.
    case once(from: WallTime?, to: WallTime)
    case weekly(WeeklyWindow)

    public struct Span: Hashable, Sendable {
        /// nil: since ever.
        public var from: WallTime?
        /// Not part of it any more.
        public var to: WallTime

        public init(from: WallTime?, to: WallTime) {
            self.from = from
            self.to = to
        }
    }

    /// The stretch that `now` lies in; nil: it lies in none.
    public func span(at now: WallTime) -> Span? {
        switch self {
        case .once(let from, let to):
            (from.map { $0 <= now } ?? true) && now < to ? Span(from: from, to: to) : nil
        case .weekly(let window): window.span(at: now)
        }
    }

    /// The next stretch that begins after `now`; nil: none does.
    public func next(after now: WallTime) -> Span? {
        switch self {
        case .once(let from, let to):
            from.flatMap { $0 > now ? Span(from: $0, to: to) : nil }
        case .weekly(let window): window.next(after: now)
        }
    }

    /// For people: `sat, sun 22:00–02:00 Europe/Berlin`.
    public var text: String {
        switch self {
        case .once(let from, let to): "\(from.map { "\($0.text) " } ?? "")until \(to.text)"
        case .weekly(let window): window.text
        }
    }
}

/// Some days of each week, from one local time to another; when that is not later, it is the next
/// day's.
///
/// When clocks are moved, in doubt the window is the longer one: a beginning in the skipped hour
/// counts from the jump, an end in it as long after the jump; a beginning in the doubled hour means
/// its first turn, an end its second.
public struct WeeklyWindow: Hashable, Sendable, Codable {
    /// Days on which it begins.
    public var days: Set<Weekday>
    /// Minutes since local midnight; `to` is up to 1440.
    public var from: Int
    public var to: Int
    public var zone: ZoneTable

    public init(days: Set<Weekday>, from: Int, to: Int, zone: ZoneTable) {
        self.days = days
        self.from = from
        self.to = to
        self.zone = zone
    }

    private static let secondsOfDay: Int64 = 86_400

    func span(at now: WallTime) -> TimeWindow.Span? {
        let today = day(now)
        // The last one that began is the one that ends last.
        return (today - 2...today + 1).reversed().lazy.compactMap { span(on: $0) }
            .first { $0.from.map { $0 <= now } ?? true && now < $0.to }
    }

    func next(after now: WallTime) -> TimeWindow.Span? {
        let today = day(now)
        return (today - 1...today + 8).lazy.compactMap { span(on: $0) }
            .first { $0.from.map { $0 > now } ?? false }
    }

    private func day(_ now: WallTime) -> Int64 {
        let second = now.nanoseconds.flooredDivision(by: 1_000_000_000)
        return (second + zone.offset(at: second)).flooredDivision(by: Self.secondsOfDay)
    }

    /// The stretch that begins on a local date; nil: that is no day for it, or nothing is left of
    /// it.
    private func span(on day: Int64) -> TimeWindow.Span? {
        guard days.contains(Weekday(day: day)) else { return nil }
        let midnight = day * Self.secondsOfDay
        let next = to <= from ? Self.secondsOfDay : 0
        let begins = zone.beginning(local: midnight + Int64(from) * 60)
        let ends = zone.end(local: midnight + next + Int64(to) * 60)
        guard begins < ends else { return nil }
        return TimeWindow.Span(
            from: WallTime(nanoseconds: begins * 1_000_000_000),
            to: WallTime(nanoseconds: ends * 1_000_000_000))
    }

    var text: String {
        let days = Weekday.allCases.filter(days.contains).map(\.rawValue).joined(separator: ", ")
        let which = self.days.count == 7 ? "every day" : days
        return "\(which) \(Self.clock(from))–\(Self.clock(to)) \(zone.name)"
    }

    private static func clock(_ minutes: Int) -> String {
        let (hour, minute) = (minutes / 60, minutes % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}
