// Site Reliability Workbook, chapter 5, "Incrementing alert duration": an unbroken `for` misses
// outages with gaps, however bad. Ours wants 90 % of the seconds, and a window needs none at all.

import Testing

@testable import WatchCore

@Suite struct UnbrokenForTests {
    /// The longest time for which the condition was true without a break: what an unbroken `for`
    /// waits for.
    private func longestRun(_ traffic: Traffic, of trigger: String) -> Double {
        var longest = 0.0
        var began: WallTime?
        for event in traffic.events where event.trigger == trigger {
            if event.kind == "trigger.breached" { began = event.time }
            if event.kind == "trigger.cleared", let start = began {
                longest = max(longest, (event.time - start).seconds)
                began = nil
            }
        }
        if let began { longest = max(longest, (traffic.now.wall - began).seconds) }
        return longest
    }

    /// Almost all is bad; a moment of calm comes every five minutes.
    @Test func oneGoodSampleResetsAnUnbrokenForAndNotOurs() {
        let plain = Traffic.trigger("plain", "error_rate(access, 10s) > 10%", .shadow)
        let ours = Traffic.trigger(
            "ours", "error_rate(access, 10s) > 10%", sustainedFor: .minutes(10))
        var traffic = Traffic([plain, ours])
        traffic.judgesEverySecond = true
        traffic.pass(600)
        for _ in 0..<10 {
            traffic.pass(285, errors: 0.5)
            traffic.pass(15)
        }
        let breached = traffic.events.filter { $0.kind == "trigger.breached" }
        #expect(breached.contains { $0.trigger == "ours" })
        // The condition was never true for ten minutes on end.
        #expect(longestRun(traffic, of: "plain") < 600)
    }

    /// Five minutes of outage in every ten: the condition holds half of the time.
    @Test func tenMinutesOfForNeverSeeFiveMinuteOutagesAndAWindowDoes() {
        let waiting = Traffic.trigger(
            "waiting", "error_rate(access, 1m) > 10%", sustainedFor: .minutes(10))
        let window = Traffic.trigger("window", "burn_rate(access, 1h) > 14.4")
        var traffic = Traffic([waiting, window])
        traffic.judgesEverySecond = true
        traffic.pass(3700)
        for _ in 0..<6 {
            traffic.pass(300, errors: 1)
            traffic.pass(300)
        }
        let names = Set(traffic.events.filter { $0.kind == "trigger.breached" }.map(\.trigger))
        #expect(names == ["window"])
    }
}
