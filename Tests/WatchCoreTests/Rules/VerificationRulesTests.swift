// DESIGN §5 "Verification", its numbers and edges: how often the target must be read and how often
// it is asked for, what must hold and for how long, and what the time-out makes of each.

import Testing

@testable import WatchCore

@Suite struct VerificationRulesTests {
    private static let storm = World.trigger("storm", "error_rate(access, 10s) > 25%")

    private func world(
        _ service: ServiceConfiguration = World.service(triggers: [storm]),
        verify: Verify = World.plan().verify,
        answer: @escaping (World, StepTask) -> TaskResult? = { $0.obey($1) }
    ) -> World {
        var plan = World.plan()
        plan.verify = verify
        let world = World(World.configuration(services: [service], plan: plan))
        world.answer = answer
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.kinds("verify.landing").count == 1 })
        return world
    }

    /// Its source is asked by its schedule once an hour, so what is read is read for the rollback.
    private func seldomRead() -> ServiceConfiguration {
        World.service(triggers: [Self.storm], version: [World.source(every: 3600)])
    }

    /// Nothing is read but what is said here.
    private func readByHand(_ needed: Int) -> World {
        var verify = World.plan().verify
        verify.version = needed
        return world(verify: verify) { world, task in
            let result = world.obey(task)
            world.reads = { _, _, _ in nil }
            return result
        }
    }

    private func read(_ world: World, _ versions: String...) {
        for version in versions {
            world.reads = { _, _, _ in World.says(version) }
            world.readVersion("shop", 0)
        }
        world.reads = { _, _, _ in nil }
        world.handle(.tick)
    }

    // MARK: - Landed

    @Test(arguments: [1, 2, 3]) func theTargetIsReadSoManyTimesInARow(_ needed: Int) {
        let world = readByHand(needed)
        for _ in 1..<needed { read(world, "1.0.0") }
        #expect(world.kinds("verify.landed").isEmpty)
        read(world, "1.0.0")
        #expect(world.kinds("verify.landed").count == 1)
    }

    @Test func aContraryReadBeginsTheRowAgain() {
        let world = readByHand(3)
        read(world, "1.0.0", "1.0.0", "2.0.0", "1.0.0", "1.0.0")
        #expect(world.kinds("verify.landed").isEmpty)
    }

    @Test func sourcesAreAskedEveryTwoSeconds() {
        let world = World(World.configuration(services: [seldomRead()]))
        world.command(.announce(service: "shop", release: World.first, fields: [:]))
        world.readVersion("shop", 0)
        #expect(world.bakeFirst())
        world.announce("2.0.0")
        world.errorRate = 0.4
        world.answer = { _, _ in TaskResult(ending: .exited(0)) }
        #expect(world.pass(upTo: 60) { $0.kinds("verify.landing").count == 1 })
        var asked: [Int64] = []
        world.reads = { world, _, _ in
            asked.append(world.now.boot.second)
            return World.silent
        }
        world.pass(8)
        #expect(asked.count == 4)
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $1 - $0 == 2 })
    }

    @Test(arguments: [7, 11]) func itLandsWithinLandWithinOrNot(_ after: Int) {
        let world = world { world, task in
            if task.title.contains("redeploy") { return nil }
            return TaskResult(ending: .exited(0))
        }
        // land_within is 10 s, and two reads are needed.
        world.pass(after)
        world.version = "1.0.0"
        world.errorRate = 0
        world.pass(2)
        #expect(world.kinds("verify.landed").count == (after < 10 ? 1 : 0))
        #expect(world.methodTasks.count == (after < 10 ? 1 : 2))
    }

    /// A source that disagreed before has no say, wherever the configuration lists it.
    @Test(arguments: ["reload", "restart"])
    func whoHasNoSayStaysSoThoughTheSourcesAreListedAnew(_ how: String) {
        let link = World.source("link")
        let stale = World.source("stale")
        let service = World.service(triggers: [Self.storm], version: [link, stale])
        let world = World(World.configuration(services: [service]))
        var staleAt = 1
        world.reads = { world, _, source in World.says(source == staleAt ? "0.1.0" : world.version)
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        world.answer = { _, _ in nil }
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        var next = world.configuration
        next.services[0].version = [stale, link]
        staleAt = 0
        if how == "reload" {
            world.perform(world.engine.reconfigure(to: next, at: world.now))
        } else {
            world.engine = Engine(
                configuration: next, stored: world.stored, storedBootID: "a", bootID: "a",
                now: world.now)
            world.perform(world.engine.resume(at: world.now))
        }
        if let done = world.obey(world.tasks[0]) { world.finish(world.tasks[0], done) }
        world.answer = { $0.obey($1) }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        // The one that was under way is asked after when watchd starts again.
        #expect(Set(world.methodTasks).count == 1)
    }

    // MARK: - Cured

    @Test func everyConditionHoldsForClearForAfterTheSettling() {
        let world = world()
        #expect(world.pass(upTo: 20) { !$0.kinds("verify.landed").isEmpty })
        let landed = world.now.boot
        #expect(world.pass(upTo: 20) { !$0.kinds("verify.settled").isEmpty })
        #expect(world.now.boot - landed >= .seconds(2))
        let settled = world.now.boot
        #expect(world.pass(upTo: 30) { $0.incident?.state == .recovered })
        #expect(world.now.boot - settled >= .seconds(5))
        #expect(world.now.boot - settled <= .seconds(8))
    }

    @Test func anExpressionOfWhenMustBeTrue() {
        // No trigger of the incident minds three errors in a hundred.
        let world = world { world, task in
            let result = world.obey(task)
            world.errorRate = 0.04
            return result
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-the-release")
        #expect(
            world.incident?.rollbacks.last?.note?.contains("error_rate(access, 5s) < 1%") ?? false)
    }

    @Test func aProbeThatFailsOnceMoreBeginsClearForAgain() {
        var verify = World.plan().verify
        verify.clearFor = .seconds(10)
        let world = world(verify: verify)
        #expect(world.pass(upTo: 20) { !$0.kinds("verify.settled").isEmpty })
        world.pass(8)
        world.probePasses = false
        world.pass(1)
        world.probePasses = true
        world.pass(8)
        #expect(world.incident?.state == .verifying)
        #expect(world.pass(upTo: 5) { $0.incident?.state == .recovered })
    }

    @Test func settlingStandsForTheWarmUp() {
        var slow = Self.storm
        slow.judgement.warmUp = .seconds(10)
        let world = world(World.service(triggers: [slow]))
        #expect(world.pass(upTo: 20) { !$0.kinds("verify.settled").isEmpty })
        // One second of requests is enough of an answer, ten would have to be waited for.
        #expect(world.pass(upTo: 7) { $0.incident?.state == .recovered })
        #expect(world.incident?.unconfirmed == [])
    }

    @Test func afterTheSettlingWindowsAnswerWithMinSamples() {
        let world = world { world, task in
            let result = world.obey(task)
            // Twenty are needed: ten seconds of two a second.
            world.requestsPerSecond = 2
            return result
        }
        #expect(world.pass(upTo: 20) { !$0.kinds("verify.settled").isEmpty })
        let settled = world.now.boot
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.now.boot - settled >= .seconds(14))
    }

    // MARK: - The time-out

    @Test func cureIsWaitedForFromLandedOn() {
        let world = world { world, task in
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        #expect(world.pass(upTo: 20) { !$0.kinds("verify.landed").isEmpty })
        world.pass(59)
        #expect(world.incident?.state == .verifying)
        world.pass(2)
        #expect(world.incident?.state == .handedOver)
    }

    @Test func whatIsUnknownAtTheTimeOutFailsItWhereAProbeDoesNotPass() {
        let world = world { world, task in
            let result = world.obey(task)
            world.requestsPerSecond = 0
            return result
        }
        #expect(world.pass(upTo: 20) { !$0.kinds("verify.settled").isEmpty })
        world.pass(40)
        world.probePasses = false
        #expect(world.pass(upTo: 40) { $0.incident?.state == .handedOver })
        #expect(world.incident?.reason == "not-the-release")
    }

    // MARK: - The end

    @Test func probationLastsItsTimeAndThenABreachIsANewIncident() {
        let world = world()
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        let first = world.id
        world.pass(58)
        #expect(world.incident?.state == .recovered)
        #expect(world.pass(upTo: 3) { $0.incident == nil })
        world.deploy("3.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 40) { $0.incident != nil })
        #expect(world.id != first)
        #expect(world.lastDecision?.reason == "cooldown")
    }
}

extension World {
    static let first = ReleaseIdentity(version: "1.0.0")
}
