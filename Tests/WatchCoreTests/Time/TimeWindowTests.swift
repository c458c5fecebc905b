// Weekly windows in local time, across midnight and across both changes of the clocks.

import Testing

@testable import WatchCore

@Suite struct TimeWindowTests {
    /// Berlin's clocks of 2026: forward on 29 March at 01:00 UTC, back on 25 October at 01:00 UTC.
    private static let berlin = ZoneTable(
        name: "Europe/Berlin", first: 3600,
        transitions: [
            .init(at: unix("2026-03-29T01:00:00Z"), offset: 7200),
            .init(at: unix("2026-10-25T01:00:00Z"), offset: 3600),
        ])

    private static func unix(_ text: String) -> Int64 {
        (WallTime(text: text)?.nanoseconds ?? 0) / 1_000_000_000
    }

    private func weekly(
        _ days: Set<Weekday>, _ from: Int, _ to: Int, zone: ZoneTable = TimeWindowTests.berlin
    ) -> TimeWindow {
        .weekly(WeeklyWindow(days: days, from: from, to: to, zone: zone))
    }

    /// `from to`, in UTC to the minute; `-` when the time is in no window.
    private func span(_ window: TimeWindow, _ at: String) throws -> String {
        let time = try #require(WallTime(text: at))
        guard let span = window.span(at: time) else { return "-" }
        return [span.from, span.to].map { $0.map { String($0.text.prefix(16)) } ?? "ever" }
            .joined(separator: " ")
    }

    @Test func aWindowIsOnItsDaysInLocalTime() throws {
        let window = weekly([.sat], 22 * 60, 23 * 60)
        // Saturday, 21 November 2026, 22:00 in Berlin.
        #expect(try span(window, "2026-11-21T20:59:59Z") == "-")
        #expect(try span(window, "2026-11-21T21:00:00Z") == "2026-11-21T21:00 2026-11-21T22:00")
        #expect(try span(window, "2026-11-21T21:59:59Z") == "2026-11-21T21:00 2026-11-21T22:00")
        #expect(try span(window, "2026-11-21T22:00:00Z") == "-")
        #expect(try span(window, "2026-11-20T21:30:00Z") == "-")
        // In summer an hour earlier.
        #expect(try span(window, "2026-07-04T20:30:00Z") == "2026-07-04T20:00 2026-07-04T21:00")
    }

    @Test func aWindowAcrossMidnightBelongsToTheDayOnWhichItBegins() throws {
        let window = weekly([.sat, .sun], 22 * 60, 2 * 60)
        #expect(try span(window, "2026-11-22T00:30:00Z") == "2026-11-21T21:00 2026-11-22T01:00")
        #expect(try span(window, "2026-11-23T00:30:00Z") == "2026-11-22T21:00 2026-11-23T01:00")
        // Friday night is not part of it.
        #expect(try span(window, "2026-11-21T00:30:00Z") == "-")
        let day = weekly(Set(Weekday.allCases), 0, 1440)
        #expect(try span(day, "2026-11-21T12:00:00Z") == "2026-11-20T23:00 2026-11-21T23:00")
    }

    @Test func aWindowAcrossTheSkippedHourIsAnHourShorter() throws {
        let window = weekly([.sat], 22 * 60, 4 * 60)
        #expect(try span(window, "2026-03-29T01:30:00Z") == "2026-03-28T21:00 2026-03-29T02:00")
    }

    @Test func aBeginningInTheSkippedHourCountsFromTheJump() throws {
        let window = weekly([.sun], 2 * 60 + 30, 4 * 60)
        #expect(try span(window, "2026-03-29T00:59:59Z") == "-")
        #expect(try span(window, "2026-03-29T01:00:00Z") == "2026-03-29T01:00 2026-03-29T02:00")
    }

    @Test func anEndInTheSkippedHourIsAsLongAfterTheJump() throws {
        let window = weekly([.sun], 60, 2 * 60 + 30)
        #expect(try span(window, "2026-03-29T01:29:00Z") == "2026-03-29T00:00 2026-03-29T01:30")
    }

    @Test func aWindowWithinTheSkippedHourKeepsItsPlace() throws {
        // 02:15 to 02:45 do not exist: from the jump to 03:45 by the new clock.
        let window = weekly([.sun], 2 * 60 + 15, 2 * 60 + 45)
        #expect(try span(window, "2026-03-29T01:10:00Z") == "2026-03-29T01:00 2026-03-29T01:45")
        #expect(try span(window, "2026-03-29T01:45:00Z") == "-")
    }

    @Test func aWindowWithinTheDoubledHourSpansBothTurns() throws {
        let window = weekly([.sun], 2 * 60 + 15, 2 * 60 + 45)
        for time in ["2026-10-25T00:15:00Z", "2026-10-25T01:10:00Z", "2026-10-25T01:44:00Z"] {
            #expect(try span(window, time) == "2026-10-25T00:15 2026-10-25T01:45")
        }
        #expect(try span(window, "2026-10-25T00:14:00Z") == "-")
        #expect(try span(window, "2026-10-25T01:45:00Z") == "-")
    }

    @Test func aWindowAcrossTheDoubledHourIsAnHourLonger() throws {
        let window = weekly([.sat], 22 * 60, 4 * 60)
        #expect(try span(window, "2026-10-25T02:30:00Z") == "2026-10-24T20:00 2026-10-25T03:00")
    }

    @Test func theNextStretchIsTold() throws {
        let window = weekly([.sun], 2 * 60, 3 * 60)
        let now = try #require(WallTime(text: "2026-11-22T01:30:00Z"))
        #expect(window.next(after: now)?.from?.text == "2026-11-29T01:00:00.000Z")
    }

    @Test func aSingleTimeEndsWhenItEnds() throws {
        let end = try #require(WallTime(text: "2026-12-01T00:00:00Z"))
        let window = TimeWindow.once(from: nil, to: end)
        #expect(try span(window, "2026-11-30T23:59:59Z") == "ever 2026-12-01T00:00")
        #expect(try span(window, "2026-12-01T00:00:00Z") == "-")
        #expect(window.next(after: end) == nil)
    }

    @Test func aZoneWithoutTransitionsIsOneOffset() throws {
        let window = weekly(Set(Weekday.allCases), 60, 120, zone: .utc)
        #expect(try span(window, "2026-11-21T01:30:00Z") == "2026-11-21T01:00 2026-11-21T02:00")
        #expect(window.text == "every day 01:00–02:00 UTC")
    }

    /// Against a naive reading of every minute of the two weeks in which clocks are moved.
    @Test func everyMinuteOfTheChangesIsAsTheClockOnTheWallSays() throws {
        let window = weekly([.sat, .sun], 23 * 60 + 30, 5 * 60)
        for start in ["2026-03-26T00:00:00Z", "2026-10-22T00:00:00Z"] {
            let first = Self.unix(start)
            for minute in 0..<(7 * 1440) {
                let now = first + Int64(minute) * 60
                let local = now + Self.berlin.offset(at: now)
                let day = Weekday(day: local.flooredDivision(by: 86_400))
                let clock = (local - local.flooredDivision(by: 86_400) * 86_400) / 60
                let begins = clock >= 23 * 60 + 30 && (day == .sat || day == .sun)
                let goesOn = clock < 5 * 60 && (day == .sun || day == .mon)
                let inside = window.span(at: WallTime(nanoseconds: now * 1_000_000_000)) != nil
                #expect(inside == (begins || goesOn), "\(now)")
            }
        }
    }
}
