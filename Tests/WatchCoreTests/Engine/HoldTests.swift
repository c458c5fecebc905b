// `hold ID --for 5m`: a hotfix is on its way, the action waits once.

import Testing

@testable import WatchCore

@Suite struct HoldTests {
    /// An automatic rollback whose gate is being asked.
    private func inGate() -> World {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .minutes(5))
        var configuration = World.configuration(plan: World.plan(gates: [gate]))
        configuration.access = World.access
        let world = World(configuration)
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { !$0.tasks.isEmpty })
        return world
    }

    @Test func aHoldDelaysTheActionAndThenItIsDecidedAnew() {
        let world = inGate()
        #expect(world.hold(.minutes(1)).status == .done)
        #expect(world.incident?.reason == "held")
        #expect(world.cancelled == [world.tasks[0].id])
        #expect(world.state.automaticEnds.isEmpty)
        world.pass(55)
        #expect(world.tasks.count == 1)
        world.answer = { $0.obey($1) }
        #expect(world.pass(upTo: 10) { $0.incident?.state == .rollingBack })
        #expect(world.kinds("hold.ended").count == 1)
        #expect(world.lastDecision?.reason == "trigger:storm")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func aDryRunAtTheInstantAtWhichAHoldEndsAsksNoGate() {
        let world = inGate()
        world.hold(.minutes(1))
        world.pass(55)
        world.answerDry = { _, _ in nil }
        let asked = world.dryTasks.count
        // No second comes in between.
        world.suspend(6)
        world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: true, force: false))
        #expect(world.incident?.state == .rollingBack)
        #expect(world.dryTasks.count == asked)
    }

    @Test func aHotfixWithinTheHoldMakesTheRollbackNeedless() {
        let world = inGate()
        world.hold(.minutes(5))
        world.deploy("2.0.1")
        #expect(world.pass(upTo: 10) { $0.incident?.state == .superseded })
        world.pass(400)
        #expect(world.methodTasks.isEmpty)
        #expect(world.version == "2.0.1")
    }

    @Test func onlyOnce() {
        let world = inGate()
        world.hold(.seconds(30))
        let again = world.hold(.seconds(30))
        #expect(again.status == .refused)
        #expect(again.reason == "held")
        world.pass(35)
        #expect(world.hold(.minutes(5)).reason == "held")
    }

    @Test func whileHeldAFurtherBreachPagesWithTheReason() {
        let world = inGate()
        world.hold(.minutes(5))
        world.probePasses = false
        #expect(world.pass(upTo: 10) { $0.incident?.breaches.count == 2 })
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == "held")
        #expect(world.methodTasks.isEmpty)
    }

    @Test func anApprovalIsStrongerThanAHold() {
        let world = World.offering()
        world.hold(.minutes(5))
        #expect(world.offer != nil)
        #expect(world.approve().status == .done)
        world.pass(5)
        #expect(!world.methodTasks.isEmpty)
    }

    @Test func aHoldStopsTheDeadlineOfAnApproval() {
        let world = World.offering {
            $0.policy[.critical]?.approveWithin = .seconds(30)
            $0.policy[.critical]?.onTimeout = .rollback
        }
        world.hold(.minutes(2))
        world.pass(118)
        #expect(world.tasks.isEmpty)
        // Decided anew, with a deadline of its own.
        #expect(world.pass(upTo: 5) { $0.offer?.until != nil })
        #expect(world.pass(upTo: 40) { $0.incident?.state == .rollingBack })
    }

    @Test func stepsThatHaveBegunAreNotHeld() {
        let world = World()
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { !$0.methodTasks.isEmpty })
        let reply = world.hold(.minutes(5))
        #expect(reply.reason == "busy")
        #expect(reply.message.contains("watchctl abort"))
    }

    @Test func aHoldHasABoundAndNeedsSomethingToDelay() {
        let world = World.offering()
        #expect(world.hold(.hours(25)).reason == "bad-duration")
        #expect(world.hold(.zero).reason == "bad-duration")
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { $0.incident?.state == .cleared })
        #expect(world.hold(.minutes(5)).reason == "nothing-to-hold")
    }

    @Test func whereThereIsNothingToGoBackToNothingIsHeld() {
        let triggers = [World.trigger("storm", "error_rate(access, 10s) > 25%")]
        let world = World(World.configuration(services: [World.service(triggers: triggers)]))
        world.errorRate = 0.4
        #expect(world.pass(upTo: 60) { $0.incident != nil })
        let reply = world.hold(.minutes(5), by: Peer(uid: 0, name: "root"))
        #expect(reply.reason == "nothing-to-hold")
        #expect(reply.message.contains("known to be good"))
        #expect(world.incident?.heldUntil == nil)
    }

    /// It would be decided anew when the time is over, against what somebody has said.
    @Test func whatWasDeniedIsNotHeld() {
        let world = World.offering()
        world.deny("it is the CDN")
        let reply = world.hold(.minutes(1))
        #expect(reply.status == .refused)
        #expect(reply.reason == "nothing-to-hold")
        #expect(reply.message.contains("alice denied the rollback"))
        #expect(reply.message.contains("watchctl disarm shop"))
        world.pass(90)
        #expect(world.offer == nil)
        #expect(world.kinds("hold.refused").count == 1)
    }

    @Test func whoMayNeitherOperateNorApproveMayNotHold() {
        #expect(World.offering().hold(.minutes(1), by: World.reader).reason == "role-needed")
        #expect(World.offering(severity: .high).hold(.minutes(1), by: World.senior).status == .done)
    }

    @Test func aHoldOutlivesACrash() {
        let world = inGate()
        world.hold(.minutes(1))
        world.crash()
        world.pass(50)
        #expect(world.tasks.count == 1)
        world.answer = { $0.obey($1) }
        #expect(world.pass(upTo: 15) { $0.incident?.state == .rollingBack })
    }
}
