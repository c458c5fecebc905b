import Testing

@testable import WatchCore

@Suite struct DurationTests {
    @Test(arguments: [
        ("0", Duration.zero), ("0s", .zero), ("500ms", .milliseconds(500)), ("10s", .seconds(10)),
        ("1.5s", .milliseconds(1500)), ("5m", .minutes(5)), ("1h30m", .minutes(90)),
        ("7d", .days(7)), ("250us", .microseconds(250)), ("1d1h1m1s", .seconds(90_061)),
        ("-5s", .seconds(-5)),
    ])
    func whatPeopleWriteIsRead(text: String, duration: Duration) {
        #expect(Duration(text: text) == duration)
    }

    @Test(arguments: [
        "", "-", "5", "s", "5 s", "5x", "30m1h", "1h1h", "1..5s", "1e3s", "5m 30s", "99999999999d",
        "٣s", "5ms2", "+5s",
    ])
    func whatIsNoDurationIsRefused(text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.nanoseconds(999), "0us"), (.microseconds(250), "250us"),
        (.milliseconds(250), "250ms"), (.seconds(10), "10s"), (.milliseconds(12_400), "12.4s"),
        (.milliseconds(59_970), "1m"), (.minutes(5), "5m"), (.seconds(90), "1m30s"),
        (.minutes(90), "1h30m"), (.seconds(90_061), "1d1h"), (.seconds(-90), "-1m30s"),
        (.milliseconds(3_599_600), "1h"),
    ])
    func theTwoLargestUnitsAreShown(duration: Duration, text: String) {
        #expect(duration.text == text)
    }

    @Test func theLargestNumbersDoNoHarm() {
        #expect(Duration(nanoseconds: .min).text.hasPrefix("-106751d"))
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    }

    @Test func secondsRoundDownAlsoBeforeBoot() {
        #expect(Instant(nanoseconds: 1_999_999_999).second == 1)
        #expect(Instant(nanoseconds: -1).second == -1)
        #expect(Instant(nanoseconds: -1_000_000_000).second == -1)
        #expect(Int64(7).flooredDivision(by: 2) == 3)
        #expect(Int64(-7).flooredDivision(by: 2) == -4)
    }
}
