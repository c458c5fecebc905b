// A release that watchd rolled back from is deployed again, so soon that the reads of before are
// still remembered: somebody deployed it, which is not the to and fro of two releases.

import Testing

@testable import WatchCore

@Suite struct RedeployedReleaseTests {
    /// 2.0.0 was just rolled back, and 1.0.0 was read fewer times than make a mix forgotten.
    private func rolledBack(cures: Bool = true) -> World {
        var plan = World.plan()
        plan.verify.settle = .seconds(1)
        plan.verify.clearFor = .seconds(2)
        plan.verify.timeout = .seconds(4)
        plan.verify.probes = []
        let storm = World.trigger("storm", "error_rate(access, 5s) > 25%")
        let limits = Limits(maxRollbacks: 5, per: .hours(24), cooldown: .zero)
        let world = World(
            World.configuration(
                services: [World.service(triggers: [storm])], plan: plan, limits: limits))
        world.answer = { world, task in
            let result = world.obey(task)
            if !cures { world.errorRate = 0.6 }
            return result
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(
            world.pass(upTo: 60) {
                $0.incident?.state == (cures ? .recovered : .handedOver)
            })
        let reads = world.engine.services["shop"]?.tracker.sources[0].run ?? .max
        #expect(reads < VersionTracker.mixedSpan)
        return world
    }

    @Test func aBadReleaseDeployedAgainSoonAfterItsRollbackIsPagedAtOnce() {
        let world = rolledBack()
        let pages = world.pages.count
        let first = world.now.boot + .seconds(1)
        world.deploy("2.0.0")
        world.pass(2)
        #expect(world.runs == "2.0.0")
        #expect(world.deployments.last?.began.boot == first)
        #expect(world.kinds("release.mixed").isEmpty)
        #expect(world.kinds("release.bad-redeployed").count == 1)
        #expect(world.pages.count == pages + 1)
        #expect(world.pages.last == "shop: bad release 2.0.0 was deployed again")
    }

    @Test func itIsJudgedByItsOwnRequestsAndNeverRolledBackOnSight() {
        let world = rolledBack()
        world.deploy("2.0.0")
        world.pass(2)
        // Its windows begin with it: five seconds of warming up, and then it is healthy.
        #expect(world.verdict("storm") == .insufficient)
        world.pass(60)
        #expect(world.verdict("storm") == .healthy)
        #expect(world.methodTasks.count == 1)
    }

    @Test func whatFlickersAfterARollbackIsMixedAndNotDatedToTheTimeBeforeIt() {
        let world = rolledBack()
        let first = world.now.boot + .seconds(1)
        world.pass(reading: "2.0.0", "1.0.0", "2.0.0", "1.0.0")
        #expect(world.kinds("release.mixed").count == 1)
        #expect(world.runs == "2.0.0")
        #expect(world.deployments.last?.began.boot == first)
        #expect(world.deployments.count == 4)
    }

    /// It was not the release, so whoever looked puts it back.
    @Test func whatIsDeployedAgainAfterAHandOverIsADeploymentToo() {
        let world = rolledBack(cures: false)
        #expect(world.incident?.reason == "not-the-release")
        world.version = "2.0.0"
        world.pass(2)
        #expect(world.runs == "2.0.0")
        #expect(world.kinds("release.mixed").isEmpty)
        #expect(world.kinds("release.bad-redeployed").isEmpty)
    }

    /// Whatever stood before has ended with its release; that a bad one runs has not.
    @Test(arguments: ["nothing was open", "an incident had cleared", "an incident was open"])
    func thatABadReleaseRunsAgainWaitsForPeopleOrTheNextDeployment(_ before: String) {
        let world = rolledBack()
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        world.command(.disarm(service: nil, for: nil, reason: "people look"))
        if before != "nothing was open" {
            world.errorRate = 0.6
            #expect(world.pass(upTo: 40) { $0.incident != nil })
        }
        if before == "an incident had cleared" {
            world.errorRate = 0
            #expect(world.pass(upTo: 40) { $0.incident?.state == .cleared })
        }
        world.deploy("2.0.0")
        world.pass(20)
        #expect(world.kinds("release.bad-redeployed").count == 1)
        #expect(world.incident?.state == .open)
        world.pass(300)
        #expect(world.incident?.state == .open)
        world.deploy("2.0.1")
        #expect(world.pass(upTo: 10) { $0.incident?.state == .superseded })
        #expect(world.pass(upTo: 70) { $0.incident == nil })
        #expect(world.messages.last?.message.kind == .resolve)
    }

    @Test func oneThatIsRolledBackAgainClosesAfterItsProbation() {
        let world = rolledBack()
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        world.deploy("2.0.0", errorRate: 0.6)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.count == 2)
        #expect(world.pass(upTo: 70) { $0.incident == nil })
    }
}
