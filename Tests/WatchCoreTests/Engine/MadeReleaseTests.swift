// A method that turns a release back may give it a name of its own: a revert is a new commit. Its
// check tells that from a release that other hands deployed meanwhile.

import Testing

@testable import WatchCore

@Suite struct MadeReleaseTests {
    private let target = ReleaseIdentity(version: "1.0.0", commit: "aaa")
    private let bad = ReleaseIdentity(version: "2.0.0", commit: "bbb")
    private let revert = ReleaseIdentity(version: "1.0.0", commit: "ccc")
    private let hotfix = ReleaseIdentity(version: "2.0.1", commit: "ddd")

    /// What runs, and whether the check says that the method did it.
    private final class Place {
        var runs: ReleaseIdentity
        var isReverted = false
        /// What the method puts there.
        var makes: ReleaseIdentity
        var checks = 0

        init(runs: ReleaseIdentity, makes: ReleaseIdentity) {
            self.runs = runs
            self.makes = makes
        }
    }

    private func world(
        hasCheck: Bool = true, makes: ReleaseIdentity? = nil, methods: Int = 1, reads: Int = 2,
        runsFirst: ReleaseIdentity? = nil
    ) -> (World, Place) {
        let place = Place(runs: runsFirst ?? target, makes: makes ?? revert)
        var method = Method(name: "revert", steps: [World.step("activate")])
        if hasCheck { method.check = .unit(name: "is-reverted", with: nil) }
        var next = Method(name: "redeploy", steps: [World.step("redeploy")])
        next.check = method.check
        var plan = World.plan(methods: Array([method, next].prefix(methods)))
        plan.verify.version = reads
        let world = World(World.configuration(plan: plan))
        world.reads = { _, _, _ in
            .version(place.runs.version, commit: place.runs.commit, fields: [:])
        }
        world.answer = { world, task in
            if case .unit("is-reverted", _) = task.action {
                place.checks += 1
                return TaskResult(ending: .exited(place.isReverted ? 0 : 1))
            }
            world.errorRate = 0
            place.runs = place.makes
            return TaskResult(ending: .exited(0))
        }
        if runsFirst != nil {
            #expect(world.pass(upTo: 30) { !$0.kinds("release.detected").isEmpty })
            place.runs = target
        }
        #expect(world.bakeFirst())
        place.runs = bad
        world.errorRate = 0.4
        return (world, place)
    }

    @Test func aRevertThatTheCheckConfirmsHasLanded() {
        let (world, place) = world()
        place.isReverted = true
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        let running = world.state.book.running
        #expect(running?.release == revert)
        #expect(running?.origin.code == "rollback")
        #expect(world.state.book.standing(of: bad) == .bad)
        #expect(world.state.book.standing(of: target) == .good)
        let landed = world.kinds("verify.landed").first?.text ?? ""
        #expect(landed.contains("1.0.0 (ccc)"))
        #expect(landed.contains("check passes"))
    }

    @Test func itIsNotRolledBackLaterAsIfSomebodyHadDeployedIt() {
        let (world, place) = world()
        place.isReverted = true
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        world.pass(120)
        world.errorRate = 0.5
        world.pass(60)
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == "no-release-suspect")
    }

    @Test func theCheckIsWaitedForWhileTheNewReleaseIsReadAlready() {
        let (world, place) = world()
        #expect(world.pass(upTo: 60) { $0.kinds("release.detected").count == 3 })
        world.pass(3)
        #expect(world.kinds("verify.landed").isEmpty)
        #expect(world.incident?.state == .verifying)
        place.isReverted = true
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func withoutACheckAReleaseThatNobodyKnowsIsOtherHandsWork() {
        let (world, _) = world(hasCheck: false)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "release-changed")
    }

    @Test func aCheckThatDeniesItToTheEndLeavesItToPeople() {
        let (world, _) = world(makes: hotfix, methods: 2)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "release-changed")
        #expect(world.methodTasks.filter { $0.contains("redeploy") }.isEmpty)
        #expect(world.state.book.running?.origin.code == "read")
    }

    @Test func aReleaseDeployedAfterItLandedIsOtherHandsWork() {
        let (world, place) = world()
        place.isReverted = true
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landed").isEmpty })
        place.runs = hotfix
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "release-changed")
    }

    /// Its check cannot tell: it only sees that the bad one is gone.
    @Test func aReleaseThatRanBeforeIsNotWhatTheMethodMade() {
        let older = ReleaseIdentity(version: "0.9.0", commit: "999")
        let (world, place) = world(makes: older, runsFirst: older)
        place.isReverted = true
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "release-changed")
        #expect(world.kinds("verify.landed").isEmpty)
        #expect(world.state.book.running?.origin.code == "read")
    }

    @Test func theCheckIsAskedAgainAboutAnotherReleaseThatIsRead() {
        let (world, place) = world(reads: 4)
        place.isReverted = true
        #expect(world.pass(upTo: 60) { $0.kinds("verify.landing").count == 1 })
        world.pass(1)
        place.isReverted = false
        place.runs = hotfix
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.kinds("verify.landed").isEmpty)
        #expect(world.incident?.reason == "release-changed")
    }

    @Test func aCheckThatWasAskedBeforeAHotfixWasReadSaysNothingOfIt() {
        let (world, place) = world(reads: 1)
        var asked: StepTask?
        let usual = world.answer
        world.answer = { world, task in
            guard case .unit("is-reverted", _) = task.action, asked == nil else {
                return usual(world, task)
            }
            // It saw the revert, and its answer takes a while.
            asked = task
            return nil
        }
        #expect(world.pass(upTo: 60) { _ in asked != nil })
        place.runs = hotfix
        #expect(world.pass(upTo: 10) { $0.state.rollback?.product == hotfix })
        if let asked { world.finish(asked, TaskResult(ending: .exited(0))) }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.kinds("verify.landed").isEmpty)
        #expect(world.incident?.reason == "release-changed")
    }

    @Test func itLandsAfterACrashToo() {
        let (world, place) = world()
        #expect(world.pass(upTo: 60) { $0.kinds("release.detected").count == 3 })
        world.pass(2)
        world.crash()
        place.isReverted = true
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.state.book.running?.release == revert)
        #expect(world.state.book.running?.origin.code == "rollback")
    }
}
