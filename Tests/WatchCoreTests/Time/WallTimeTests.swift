import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct WallTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0), ("2026-11-21T09:30:00.123Z", 1_795_253_400.123),
        ("2026-11-21t09:30:00z", 1_795_253_400), ("2026-11-21 10:30:00+01:00", 1_795_253_400),
        ("2026-11-21T01:30:00-08:00", 1_795_253_400), ("2000-02-29T00:00:00Z", 951_782_400),
        ("1969-12-31T23:59:59Z", -1), ("2016-12-31T23:59:60Z", 1_483_228_800),
        ("2026-11-21T09:30:00.5Z", 1_795_253_400.5),
    ])
    func rfc3339IsRead(text: String, seconds: Double) throws {
        let time = try #require(WallTime(text: text))
        // The expected value is a double: good to a microsecond.
        #expect(abs(time.nanoseconds - WallTime.seconds(seconds).nanoseconds) < 1000)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T09:30:00", "2026-11-21T09:30:00.Z", "2026-11-21T09:30Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T09:60:00Z",
        "2026-11-21T09:30:61Z", "2026-11-21T09:30:00+0100", "2026-11-21T09:30:00+25:00",
        "2026-11-21T09:30:00Zx", "2026-11-21X09:30:00Z", "x026-11-21T09:30:00Z",
        // Beyond 64 bits of nanoseconds.
        "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "1677-01-01T00:00:00Z",
        "2262-12-31T00:00:00Z",
    ])
    func whatIsNoDateTimeIsRefused(text: String) {
        #expect(WallTime(text: text) == nil)
    }

    @Test func itIsWrittenInUTCWithMilliseconds() {
        #expect(WallTime.seconds(1_795_253_400.1239).text == "2026-11-21T09:30:00.123Z")
        #expect(WallTime(nanoseconds: -1).text == "1969-12-31T23:59:59.999Z")
        #expect(WallTime(nanoseconds: 0).text == "1970-01-01T00:00:00.000Z")
    }

    @Test func writingAndReadingAgree() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<2000 {
            let milliseconds = Int64.random(
                in: -9_000_000_000_000...9_000_000_000_000, using: &random)
            let time = WallTime(nanoseconds: milliseconds * 1_000_000)
            #expect(WallTime(text: time.text) == time)
        }
    }

    @Test func itIsStoredAsText() throws {
        let time = WallTime.seconds(1_795_253_400)
        let data = try JSONEncoder().encode([time])
        #expect(String(decoding: data, as: UTF8.self) == #"["2026-11-21T09:30:00.000Z"]"#)
        #expect(try JSONDecoder().decode([WallTime].self, from: data) == [time])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([WallTime].self, from: Data(#"["yesterday"]"#.utf8))
        }
    }

    @Test func theOffsetOfTheClocksMovesBetweenThem() {
        let moment = Moment(boot: .seconds(100), wall: .seconds(1_000_000))
        #expect(moment.wall(at: .seconds(90)) == .seconds(999_990))
        #expect(moment.instant(at: .seconds(1_000_020)) == .seconds(120))
    }
}
