// Whose turn it is in a journey, and until when: on a clock that stands still.

import Testing
import WatchCore

@testable import WatchProbes

@Suite struct JourneyWalkTests {
    private static let start = Instant.seconds(100)

    private func walk(_ steps: [JourneyCheck.Step]) -> JourneyWalk {
        JourneyWalk(
            JourneyCheck(steps: steps), ProbeRun(timeout: .seconds(10)), started: Self.start)
    }

    @Test func cleanUpsKeepBackTheirOwnTimeOrAFifth() throws {
        let step = try JourneyCheck.Step.step("a", "http://127.0.0.1/")
        var cleanUp = try JourneyCheck.Step.step("z", "http://127.0.0.1/").cleaningUp()
        var walk = walk([step, cleanUp])
        let now = Self.start + .seconds(1)
        #expect(walk.deadline(of: step, number: 1, now: now) == Self.start + .seconds(8))
        #expect(walk.deadline(of: cleanUp, number: 2, now: now) == Self.start + .seconds(10))
        cleanUp.timeout = .seconds(3)
        walk = self.walk([step, cleanUp])
        #expect(walk.deadline(of: step, number: 1, now: now) == Self.start + .seconds(7))
        #expect(walk.deadline(of: cleanUp, number: 2, now: now) == Self.start + .seconds(4))
        walk = self.walk([step])
        #expect(walk.deadline(of: step, number: 1, now: now) == Self.start + .seconds(10))
    }

    @Test func aStepsOwnTimeIsNeverMoreThanWhatIsLeft() throws {
        var step = try JourneyCheck.Step.step("a", "http://127.0.0.1/")
        step.timeout = .seconds(4)
        var walk = walk([step])
        #expect(
            walk.deadline(of: step, number: 1, now: Self.start) == Self.start + .seconds(4))
        #expect(
            walk.deadline(of: step, number: 1, now: Self.start + .seconds(9))
                == Self.start + .seconds(10))
    }

    @Test func aStepForWhichNoTimeIsLeftIsATimeOutAndTheCleanUpHasItsTurn() throws {
        let step = try JourneyCheck.Step.step("orders", "http://127.0.0.1/")
        let cleanUp = try JourneyCheck.Step.step("out", "http://127.0.0.1/").cleaningUp()
        var walk = walk([step, cleanUp])
        let late = Self.start + .seconds(8)
        #expect(walk.deadline(of: step, number: 1, now: late) == nil)
        #expect(walk.deadline(of: cleanUp, number: 2, now: late) == Self.start + .seconds(10))
        let result = walk.report(took: .seconds(8)).result
        #expect(
            result.outcome
                == .fail(
                    "step 1 (orders) was not asked: the steps before it used up the journey's 8s"))
        #expect(result.timedOut == true)
        #expect(result.steps == [])
    }
}
