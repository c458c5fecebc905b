// DESIGN "Verification": for `probation` after a rollback that helped a new breach pages at once
// and never acts. What a release breaks that was deployed since is decided anew.

import Testing

@testable import WatchCore

@Suite struct ProbationTests {
    /// 2.0.0 was rolled back, and all is well; its plan has a probation of ten minutes or so.
    private func recovered(
        probation: Duration = .minutes(10), cooldown: Duration = .zero, loses: String? = nil
    ) -> World {
        var plan = World.plan()
        plan.probation = probation
        let world = World(
            World.configuration(
                services: [World.service()], plan: plan,
                limits: Limits(maxRollbacks: 9, per: .hours(24), cooldown: cooldown)))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        return world
    }

    private func pages(_ world: World) -> Int {
        world.messages.filter { $0.message.kind == .page }.count
    }

    @Test func whatWasGoneBackToIsPagedAtOnceAndNeverActedUpon() {
        let world = recovered()
        let pages = pages(world)
        world.errorRate = 0.5
        #expect(world.pass(upTo: 60) { $0.lastDecision?.reason == "probation" })
        #expect(self.pages(world) == pages + 1)
        #expect(world.incident?.state == .recovered)
        // The reason is that of the latest decision.
        #expect(world.incident?.decision == "page")
        #expect(world.incident?.reason == "probation")
        world.pass(1000)
        #expect(world.methodTasks.count == 1)
        #expect(world.offer == nil)
    }

    @Test func aReleaseThatIsDeployedInItIsOfferedAndNeverActedUpon() {
        let world = recovered()
        let id = world.id
        let pages = pages(world)
        world.deploy("3.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.lastDecision?.reason == "probation" })
        #expect(self.pages(world) == pages + 1)
        #expect(world.id == id)
        #expect(world.incident?.state == .awaitingApproval)
        #expect(world.incident?.reason == "probation")
        #expect(world.incident?.cured == nil)
        #expect(world.offer?.from.text == "3.0.0")
        #expect(world.offer?.to.text == "1.0.0")
        #expect(world.lastPage?.text.contains("watchctl approve \(id)") ?? false)
        world.pass(60)
        #expect(world.methodTasks.count == 1)
        #expect(world.approve().status == .done)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
        #expect(world.incident?.rollbacks.count == 2)
        #expect(world.incident?.release?.version == "3.0.0")
        #expect(world.state.book.release(version: "3.0.0")?.standing == .bad)
    }

    /// The bad release itself is another deployment, too.
    @Test func theBadReleaseDeployedAgainIsOffered() {
        let world = recovered()
        world.pass(60)
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 60) { $0.offer != nil })
        #expect(world.incident?.reason == "probation")
        #expect(world.methodTasks.count == 1)
    }

    @Test func whatHealsByItselfIsClearedAndClosed() {
        let world = recovered()
        world.deploy("3.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.offer != nil })
        world.errorRate = 0
        #expect(world.pass(upTo: 120) { $0.incident?.state == .cleared })
        #expect(world.offer == nil)
        #expect(world.pass(upTo: 700) { $0.incident == nil })
    }

    /// What is still breached when the probation is over keeps the incident open.
    @Test func whenItIsOverALaterReleaseIsRolledBack() {
        let world = recovered(probation: .minutes(2))
        world.errorRate = 0.5
        #expect(world.pass(upTo: 60) { $0.incident?.reason == "probation" })
        world.pass(180)
        #expect(world.incident?.state == .recovered)
        world.deploy("3.0.0", errorRate: 0.5)
        // The trouble was there before.
        #expect(world.pass(upTo: 60) { $0.incident?.reason == "breach-predates-release" })
        #expect(world.incident?.state == .awaitingApproval)
        world.errorRate = 0
        #expect(world.pass(upTo: 120) { $0.incident?.state == .cleared })
        world.pass(30)
        world.deploy("4.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 60) { $0.methodTasks.count == 2 })
        #expect(world.incident?.reason == "trigger:storm")
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
    }

    @Test func itOutlivesACrash() {
        let world = recovered()
        world.deploy("3.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.offer != nil })
        world.crash()
        world.pass(60)
        #expect(world.methodTasks.count == 1)
        #expect(world.offer != nil)
    }

    /// Of a low severity, which is only recorded otherwise.
    @Test func aVetoIsPagedInItWhateverItsSeverity() {
        let triggers = [
            World.trigger("storm", "error_rate(access, 10s) > 25%"),
            World.trigger("data loss", "failing(health) > 60%", .low, .veto),
        ]
        let world = World(World.configuration(services: [World.service(triggers: triggers)]))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        let pages = pages(world)
        world.probePasses = false
        #expect(world.pass(upTo: 30) { $0.lastDecision?.reason == "probation" })
        #expect(world.lastDecision?.decision == "page")
        #expect(self.pages(world) == pages + 1)
    }

    /// The time that people take to answer is no part of the detection.
    @Test func detectionEndsWithTheFirstDecision() {
        let world = World.offering()
        world.pass(240)
        world.approve()
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.incident?.detectionTime ?? .hours(1) < .minutes(1))
        #expect(world.incident?.downtime ?? .zero > .minutes(4))
        #expect(world.incident?.executionTime ?? .hours(1) < .minutes(2))
    }
}
