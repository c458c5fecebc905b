// Stored moments in another boot: the wall time counts; when that went backwards, cooldowns and
// limits count as not elapsed, deadlines as elapsed.

import Testing

@testable import WatchCore

@Suite struct RebaseTests {
    private let stored = Moment(boot: .seconds(10_000), wall: .seconds(1_000_000))

    private func moment(_ offset: Double) -> Moment {
        Moment(boot: .seconds(10_000 + offset), wall: .seconds(1_000_000 + offset))
    }

    private func rebase(wall: Double, sameBoot: Bool = false) -> Rebase {
        Rebase(
            now: Moment(boot: .seconds(50), wall: .seconds(1_000_000 + wall)),
            isSameBoot: sameBoot, written: stored.wall)
    }

    @Test func theSameBootUsesTheInstant() {
        let rebase = rebase(wall: -500, sameBoot: true)
        var deadline = moment(60)
        rebase.deadline(&deadline)
        #expect(deadline == moment(60))
        var past = moment(-60)
        rebase(&past)
        #expect(past == moment(-60))
    }

    @Test func anotherBootUsesTheWallTime() {
        let rebase = rebase(wall: 100)
        var deadline = moment(160)
        rebase.deadline(&deadline)
        // 60 s are left of it, and it is not due at once.
        #expect(deadline.boot == .seconds(110))
        var gone = moment(30)
        rebase.deadline(&gone)
        #expect(gone.boot == .seconds(-20))
        var past = moment(-60)
        rebase(&past)
        #expect(past.boot == .seconds(50 - 160))
    }

    @Test func deadlinesCountAsElapsedWhenTheWallClockWentBackwards() {
        var deadline = moment(600)
        rebase(wall: -3600).deadline(&deadline)
        #expect(deadline.boot == .seconds(50))
    }

    @Test func cooldownsCountAsNotElapsedWhenTheWallClockWentBackwards() {
        var end = moment(-1000)
        rebase(wall: -3600).cooldown(&end)
        #expect(end.boot == .seconds(50))
        var fine = moment(-1000)
        rebase(wall: 10).cooldown(&fine)
        #expect(fine.boot == .seconds(50 - 1010))
    }

    @Test func whatIsForbiddenForATimeLastsItAnewWhenTheWallClockWentBackwards() {
        var until: Moment? = moment(600)
        rebase(wall: -3600).brake(&until, since: moment(-600))
        #expect(until?.boot == .seconds(50 + 1200))
        var fine: Moment? = moment(600)
        rebase(wall: 100).brake(&fine, since: moment(-600))
        #expect(fine?.boot == .seconds(50 + 500))
    }

    @Test func atLeastAsMuchTimeWentByAsWhenItWasWritten() {
        var past = moment(-60)
        rebase(wall: -3600)(&past)
        #expect(past.boot == .seconds(50 - 60))
    }
}
