import Testing
import WatchCore

@testable import WatchProbes

@Suite struct SlotsTests {
    let start = Instant.seconds(5000)

    @Test func slotsNeverDriftHoweverLateOneIsAsked() {
        let slots = Slots(name: "shop/health", start: start, every: .seconds(10))
        var slot = slots.next(after: slots.anchor)
        for round in 1...1000 {
            #expect(slot == slots.anchor + .seconds(10 * round))
            slot = slots.next(after: slot + .milliseconds(round % 9999))
        }
    }

    @Test func whatWentByIsNotMadeUp() {
        let slots = Slots(name: "shop/health", start: start, every: .seconds(10))
        let late = slots.anchor + .seconds(3605)
        #expect(slots.next(after: late) == slots.anchor + .seconds(3610))
    }

    @Test("the first run comes soon, the second neither at once nor very late", arguments: 0..<50)
    func firstRuns(number: Int) {
        for every in [Duration.seconds(1), .seconds(10), .minutes(1), .hours(1)] {
            let slots = Slots(name: "shop/probe-\(number)", start: start, every: every)
            #expect(slots.first >= start && slots.first - start <= .seconds(10))
            let second = slots.next(after: slots.first)
            #expect(second - slots.first >= every / 2)
            #expect(second - slots.first <= every * 3 / 2)
        }
    }

    @Test func targetsAreSpreadOverTheInterval() {
        var seconds = [Int](repeating: 0, count: 60)
        for number in 0..<600 {
            seconds[Int(Slots.fraction("service-\(number)/health") * 60)] += 1
        }
        #expect((seconds.max() ?? 0) < 30, "600 targets, 10 a second would be even: \(seconds)")
        #expect(seconds.filter { $0 == 0 }.count < 3)
    }

    @Test func aTargetKeepsItsPlaceAfterARestart() {
        #expect(Slots.fraction("shop/health") == Slots.fraction("shop/health"))
        #expect(Slots.fraction("shop/health") != Slots.fraction("shop/signin"))
    }
}
