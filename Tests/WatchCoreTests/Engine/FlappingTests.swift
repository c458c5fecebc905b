// A trigger that flaps pages once: what people know is not told again, and what they do not know
// always is (docs/decisions/0025).

import Testing

@testable import WatchCore

@Suite struct FlappingTests {
    private static let storm = World.trigger(
        "storm", "error_rate(access, 5s) > 25%", .critical, .page)

    private func world(
        _ triggers: [TriggerConfiguration] = [storm], armed: Bool = true, plan: Plan = World.plan(),
        change: (inout Configuration) -> Void = { _ in }
    ) -> World {
        var configuration = World.configuration(
            services: [World.service(triggers: triggers)], plan: plan)
        configuration.access = World.access
        configuration.policy[.critical]?.respondWithin = .minutes(5)
        change(&configuration)
        let world = World(configuration, armed: armed)
        #expect(world.bakeFirst())
        return world
    }

    /// Breaks, and clears again.
    private func flap(_ world: World, rate: Double = 0.5) {
        let before = world.kinds("trigger.breached").count
        world.errorRate = rate
        #expect(world.pass(upTo: 40) { $0.kinds("trigger.breached").count > before })
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { !($0.state.incident?.hasOpenBreach ?? true) })
    }

    @Test func theFirstBreachPagesAtOnceAndTheSameAgainIsNotTold() {
        let world = world()
        flap(world)
        #expect(world.pages.count == 1)
        for _ in 1...8 { flap(world) }
        #expect(world.incident?.breaches.count == 9)
        // What came later is nobody's answer: the next step of the route, and no more.
        #expect(world.pages.count <= 3)
        #expect(world.kinds("page.not-repeated").first?.reason == "already-told")
        #expect(world.kinds("decision").count == 9)
    }

    @Test func aNewIncidentPagesAtOnce() {
        let world = world()
        flap(world)
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(world.messages.last?.message.kind == .resolve)
        flap(world)
        #expect(world.pages.count == 2)
    }

    @Test func whatTheNextDeploymentBreaksIsTold() {
        let world = world()
        flap(world)
        world.deploy("2.0.0")
        world.pass(10)
        world.errorRate = 0.5
        #expect(world.pass(upTo: 40) { $0.pages.count == 2 })
        #expect(world.kinds("incident.reopened").last?.incident == world.id)
    }

    @Test func anotherTriggerThatJoinsIsToldByItsNameOnce() {
        let low = World.trigger("some errors", "error_rate(access, 5s) > 5%", .high, .page)
        let down = World.trigger("down", "failing(health) > 60%", .high, .page)
        let world = world([Self.storm, low, down])
        world.errorRate = 0.5
        #expect(world.pass(upTo: 40) { $0.state.incident?.record.breaches.count == 2 })
        world.pass(5)
        // Whichever came second, both are known by name now.
        let said = world.messages.map { $0.message.title + $0.message.text }.joined()
        #expect(said.contains("storm") && said.contains("some errors"))
        let pages = world.pages.count
        world.probePasses = false
        #expect(world.pass(upTo: 20) { $0.pages.count > pages })
        #expect(world.pages.last?.contains("down") ?? false)
        for _ in 1...3 {
            world.probePasses = true
            world.pass(15)
            world.probePasses = false
            world.pass(15)
        }
        #expect(world.pages.count == pages + 1)
    }

    /// A trigger whose policy only records does not page because a graver one stands.
    @Test func whatIsOnlyRecordedJoinsWithoutAPage() {
        let low = World.trigger("down", "failing(health) > 60%", .low, .page)
        let world = world([Self.storm, low])
        world.errorRate = 0.5
        #expect(world.pass(upTo: 40) { $0.pages.count == 1 })
        world.probePasses = false
        #expect(world.pass(upTo: 20) { $0.incident?.breaches.count == 2 })
        world.pass(5)
        #expect(world.pages.count == 1)
    }

    @Test func anotherReasonIsTold() {
        let auto = World.trigger("storm", "error_rate(access, 5s) > 25%")
        let world = world([auto], armed: false)
        flap(world)
        #expect(world.pages.last?.contains("disarmed") ?? false)
        world.command(.arm(service: nil, reason: "now"))
        flap(world)
        #expect(world.pages.count == 2)
        #expect(world.pages.last?.contains("no-release-suspect") ?? false)
        flap(world)
        #expect(world.pages.count == 2)
    }

    @Test func aGateThatBlocksIsToldOnce() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .minutes(1))
        let auto = World.trigger("storm", "error_rate(access, 5s) > 25%")
        let world = world([auto], plan: World.plan(gates: [gate]))
        world.answer = { _, _ in TaskResult(ending: .exited(10)) }
        world.deploy("2.0.0")
        world.pass(10)
        for _ in 1...4 { flap(world) }
        #expect(world.kinds("rollback.withdrawn").count == 4)
        #expect(world.pages.filter { $0.contains("gate-blocked:migration") }.count == 1)
    }

    // MARK: - Answers

    @Test func whoLooksAfterItIsNotPagedForEachFlap() {
        let world = world()
        flap(world)
        world.command(.acknowledge(incident: world.id, comment: ""), by: World.admin)
        for _ in 1...20 { flap(world) }
        #expect(world.incident?.acknowledgedBy == "alice")
        #expect(world.pages.count == 1)
    }

    /// It had cleared, so whoever answered may have gone to bed.
    @Test func whatBreaksAgainAndStaysBrokenIsToldThoughItWasAnswered() {
        let world = world()
        flap(world)
        world.command(.acknowledge(incident: world.id, comment: ""), by: World.admin)
        world.pass(20)
        world.errorRate = 0.5
        world.pass(4 * 60)
        #expect(world.pages.count == 1)
        #expect(world.pass(upTo: 90) { $0.pages.count > 1 })
        #expect(world.kinds("ack.expired").count == 1)
        #expect(world.incident?.acknowledgedBy == nil)
    }

    @Test func theTimeForAnAnswerGoesOnThroughFlaps() {
        let world = world()
        flap(world)
        let clock = world.now.boot
        while world.now.boot - clock < .minutes(6) { flap(world) }
        // The second step of the route was told, though no single breach lasted so long.
        #expect(world.kinds("page.escalated").count == 1)
        #expect(world.messages.contains { $0.channel == "mail" })
    }

    @Test func whatIsOverIsNotEscalated() {
        let world = world()
        flap(world)
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(world.kinds("page.escalated").isEmpty)
    }

    @Test func whereNobodyAnswersAndNobodyIsLeftItIsToldNowAndThen() {
        let world = world { $0.routes[0].steps = [["chat"]] }
        let clock = world.now.boot
        while world.now.boot - clock < .minutes(60) { flap(world) }
        #expect((4...7).contains(world.pages.count))
    }

    @Test func afterADenialItIsToldAnew() {
        let world = world()
        world.deploy("2.0.0")
        world.pass(10)
        world.errorRate = 0.5
        #expect(world.pass(upTo: 40) { $0.offer != nil })
        world.deny("a load test")
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { $0.incident?.state == .cleared })
        flap(world)
        #expect(world.pages.count == 2)
    }

    // MARK: - Restart, and the end

    @Test(arguments: [true, false])
    func whatWasToldIsKnownAfterARestart(sameBoot: Bool) {
        let world = world()
        flap(world)
        world.command(.acknowledge(incident: world.id, comment: ""), by: World.admin)
        world.restart(sameBoot: sameBoot)
        world.pass(20)
        flap(world)
        #expect(world.incident?.breaches.count == 2)
        #expect(world.pages.count == 1)
    }

    @Test func whatWasPagedIsResolvedOnceHoweverOftenItFlapped() {
        let world = world()
        for _ in 1...4 { flap(world) }
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        let resolved = world.messages.filter { $0.message.kind == .resolve }.map(\.channel)
        let paged = Set(world.messages.filter { $0.message.kind == .page }.map(\.channel))
        #expect(resolved.sorted() == paged.sorted())
    }

    /// Kept back by a silence it was not told, so the next one still is.
    @Test func whatWasSilencedCountsAsNotTold() {
        let world = world()
        #expect(world.silence("shop", "storm", for: .minutes(1)).status == .done)
        flap(world)
        #expect(world.pages.isEmpty)
        world.pass(45)
        flap(world)
        #expect(world.pages.count == 1)
    }
}
