// Breaches of one service are one incident; each that joins is decided anew, and nothing else
// decides.

import Testing

@testable import WatchCore

@Suite struct JoinTests {
    private func world(
        _ triggers: [TriggerConfiguration], armed: Bool = true, plan: Plan = World.plan(),
        change: (inout Configuration) -> Void = { _ in }
    ) -> World {
        var configuration = World.configuration(
            services: [World.service(triggers: triggers)], plan: plan)
        configuration.access = World.access
        change(&configuration)
        let world = World(configuration, armed: armed)
        #expect(world.bakeFirst())
        return world
    }

    private let pages = World.trigger("some errors", "error_rate(access, 5s) > 5%", .high, .page)
    private let acts = World.trigger("storm", "error_rate(access, 5s) > 25%", .critical, .auto)

    @Test func aBreachJoinsTheOpenIncidentAndIsDecidedAnew() {
        let world = world([pages, acts])
        world.deploy("2.0.0", errorRate: 0.1)
        #expect(world.pass(upTo: 30) { $0.incident?.state == .awaitingApproval })
        let id = world.id
        world.errorRate = 0.5
        #expect(world.pass(upTo: 30) { $0.incident?.state == .rollingBack })
        #expect(world.id == id)
        #expect(world.incident?.severity == .critical)
        #expect(world.kinds("decision").map(\.decision) == ["page", "rollback"])
        // What was offered is done now.
        #expect(world.offer == nil)
        #expect(world.incident?.answer?.kind == .void)
    }

    @Test func thePlanIsThatOfTheMostSevereBreach() {
        var mild = pages
        mild.plan = "other"
        let world = world([mild, acts]) {
            var other = World.plan()
            other.name = "other"
            $0.plans.append(other)
        }
        world.deploy("2.0.0", errorRate: 0.1)
        #expect(world.pass(upTo: 30) { $0.offer?.plan == "other" })
        world.errorRate = 0.5
        #expect(world.pass(upTo: 30) { $0.state.rollback?.plan.name == "shop" })
    }

    @Test func ofEqualBreachesThePlanIsThatOfTheFirstInTheFile() {
        var first = World.trigger("first", "count(access, 5s) < 100", .critical, .page)
        var second = World.trigger("second", "error_rate(access, 5s) > 25%", .critical, .page)
        first.plan = "one"
        second.plan = "two"
        let world = world([first, second]) {
            for name in ["one", "two"] {
                var plan = World.plan()
                plan.name = name
                $0.plans.append(plan)
            }
        }
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.offer?.plan == "two" })
        world.requestsPerSecond = 10
        #expect(world.pass(upTo: 30) { $0.incident?.breaches.count == 2 })
        #expect(world.offer?.plan == "one")
    }

    @Test func aTriggersOwnRouteIsTaken() {
        var own = pages
        own.page = "mailers"
        let world = world([own, acts], armed: false) {
            $0.routes.append(RouteConfiguration(name: "mailers", steps: [["mail"]]))
        }
        world.deploy("2.0.0", errorRate: 0.1)
        #expect(world.pass(upTo: 30) { !$0.messages.isEmpty })
        #expect(world.messages.map(\.channel) == ["mail"])
        // The worse one takes the route of its severity; those told before hear of it, too.
        world.errorRate = 0.5
        #expect(world.pass(upTo: 30) { $0.incident?.breaches.count == 2 })
        #expect(world.messages.dropFirst().map(\.channel).sorted() == ["chat", "mail"])
    }

    @Test func aWorseBreachIsPagedOnTheRouteOfItsSeverity() {
        let mild = World.trigger("some errors", "error_rate(access, 5s) > 5%", .medium, .page)
        let world = world([mild, acts], armed: false) {
            $0.routes[0].steps = [["mail"]]
        }
        world.deploy("2.0.0", errorRate: 0.1)
        #expect(world.pass(upTo: 30) { !$0.messages.isEmpty })
        #expect(Set(world.messages.map(\.channel)) == ["chat"])
        world.errorRate = 0.5
        #expect(world.pass(upTo: 30) { $0.messages.contains { $0.channel == "mail" } })
    }

    @Test func whileARollbackRunsJoinsDecideNothingAndMustBeCuredToo() {
        let down = World.trigger("down", "failing(health) > 60%", .critical, .auto)
        let world = world([acts, down])
        world.answer = { _, _ in nil }
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { !$0.methodTasks.isEmpty })
        world.probePasses = false
        #expect(world.pass(upTo: 20) { $0.incident?.breaches.count == 2 })
        #expect(world.kinds("decision").count == 1)
        world.version = "1.0.0"
        world.errorRate = 0
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
    }

    @Test func armingDecidesNothing() {
        let world = world([acts], armed: false)
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.lastDecision?.reason == "disarmed" })
        world.command(.arm(service: nil, reason: "late"))
        world.pass(120)
        #expect(world.kinds("decision").count == 1)
        #expect(world.tasks.isEmpty)
    }

    @Test func anElapsedCooldownDecidesNothing() {
        let world = world([acts]) { $0.limits.cooldown = .seconds(60) }
        world.edit { state, now in state.automaticEnds = [now] }
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.lastDecision?.reason == "cooldown" })
        world.pass(120)
        #expect(world.kinds("decision").count == 1)
        #expect(world.tasks.isEmpty)
    }

    @Test(arguments: [IncidentState.cleared, .superseded])
    func aNewBreachReopensAClearedOrSupersededIncident(_ ending: IncidentState) {
        let world = world([acts], armed: false)
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.incident != nil })
        let id = world.id
        world.command(.acknowledge(incident: id, comment: ""))
        if ending == .cleared { world.errorRate = 0 } else { world.deploy("2.0.1") }
        #expect(world.pass(upTo: 40) { $0.incident?.state == ending })
        world.pass(10)
        world.errorRate = 0.5
        #expect(world.pass(upTo: 30) { $0.incident?.state == .awaitingApproval })
        #expect(world.id == id)
        #expect(world.kinds("incident.reopened").count == 1)
        #expect(world.kinds("decision").count == 2)
        // The answer was to the breach before; for a while it holds for the same one, come back.
        #expect(world.incident?.acknowledgedBy == (ending == .cleared ? "root" : nil))
        #expect(world.incident?.release?.version == (ending == .cleared ? "2.0.0" : "2.0.1"))
    }

    // MARK: - Veto

    private let veto = World.trigger("data loss", "count(access, 5s) > 1000", .critical, .veto)

    @Test func aVetoThatBeginsStopsARollbackBeforeTheNextStep() {
        let plan = World.plan(
            methods: [Method(name: "link", steps: [World.step("drain"), World.step("activate")])],
            after: [World.step("open")])
        let world = world([acts, veto], plan: plan)
        world.answer = { _, task in task.title.contains("drain") ? nil : .init(ending: .exited(0)) }
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.tasks.count == 1 })
        world.requestsPerSecond = 500
        #expect(world.pass(upTo: 20) { $0.incident?.breaches.count == 2 })
        #expect(world.cancelled.isEmpty)
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(2)
        #expect(world.tasks.map(\.title) == ["method link: drain", "after: open"])
        #expect(world.incident?.state == .handedOver)
        #expect(world.incident?.reason == "vetoed")
    }

    @Test func aVetoThatBeginsBeforeTheFirstStepWithdrawsIt() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .minutes(1))
        let world = world([acts, veto], plan: World.plan(gates: [gate]))
        world.answer = { _, _ in nil }
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.tasks.count == 1 })
        world.requestsPerSecond = 500
        #expect(world.pass(upTo: 20) { $0.incident?.breaches.count == 2 })
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        world.pass(3)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.reason == "vetoed")
        #expect(world.offer?.conditions.contains { $0.hasPrefix("vetoed") } ?? false)
    }

    @Test func aVetoThatWasKnownDoesNotStopWhatPeopleApproved() {
        let world = world([pages, veto])
        world.deploy("2.0.0", errorRate: 0.1)
        world.requestsPerSecond = 500
        #expect(world.pass(upTo: 30) { $0.offer?.conditions.first?.hasPrefix("vetoed") ?? false })
        #expect(world.approve(by: World.admin).status == .done)
        #expect(world.pass(upTo: 20) { !$0.methodTasks.isEmpty })
    }

    @Test func whileVetoedOnlyAVetoAloneOffersNothing() {
        let world = world([acts, veto])
        world.requestsPerSecond = 500
        #expect(world.pass(upTo: 30) { $0.incident != nil })
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == "trigger:data loss")
        #expect(world.offer == nil)
        world.deploy("2.0.0", errorRate: 0.5)
        #expect(world.pass(upTo: 30) { $0.lastDecision?.reason == "vetoed" })
        #expect(world.offer != nil)
    }

    // MARK: - Rules that only page

    /// Whoever goes over from paging to acting has both for a while.
    @Test(arguments: [true, false])
    func aRuleThatOnlyPagesKeepsNoneFromActing(pagesFirst: Bool) {
        let slow = World.trigger("slow", "error_rate(access, 5s) > 5%", .critical, .page)
        let world = world(pagesFirst ? [slow, acts] : [acts, slow])
        world.deploy("2.0.0", errorRate: 0.1)
        #expect(world.pass(upTo: 30) { $0.incident != nil })
        world.pass(3)
        world.errorRate = 0.9
        #expect(world.pass(upTo: 30) { $0.incident?.state == .rollingBack })
        #expect(world.lastDecision?.reason == "trigger:storm")
    }

    @Test func aMilderRuleThatMayActDoesSo() {
        let slow = World.trigger("slow", "error_rate(access, 5s) > 5%", .critical, .page)
        let mild = World.trigger("storm", "error_rate(access, 5s) > 25%", .high, .auto)
        let world = world([slow, mild]) {
            $0.policy[.high] = Policy(action: .rollback, page: "oncall", respondWithin: nil)
        }
        world.deploy("2.0.0", errorRate: 0.9)
        #expect(world.pass(upTo: 30) { $0.incident?.state == .rollingBack })
    }

    /// Why the one that might have acted did not.
    @Test func ofEqualsTheRefusalOfTheOneThatMayActIsTold() {
        let slow = World.trigger("slow", "error_rate(access, 5s) > 5%", .critical, .page)
        let world = world([slow, acts], armed: false)
        world.deploy("2.0.0", errorRate: 0.9)
        #expect(world.pass(upTo: 30) { $0.incident != nil })
        world.pass(5)
        #expect(world.lastDecision?.reason == "disarmed")
    }

    // MARK: - After watchd has acted

    private func handedOver(_ joining: TriggerConfiguration) -> World {
        let world = world([acts, joining]) {
            $0.policy[.critical] = Policy(
                action: .rollback, page: "oncall", respondWithin: .seconds(60))
        }
        world.answer = { _, _ in TaskResult(ending: .exited(1)) }
        world.deploy("2.0.0", errorRate: 0.9)
        #expect(world.pass(upTo: 200) { $0.incident?.state == .handedOver })
        world.probePasses = false
        return world
    }

    /// The second step of the route on which an answer is awaited is asked all the same.
    @Test func aMilderBreachWithARouteOfItsOwnTakesNobodysPlace() {
        var mild = World.trigger("down", "not up(health)", .medium, .page)
        mild.page = "team"
        let world = handedOver(mild)
        #expect(
            world.pass(upTo: 30) {
                $0.incident?.breaches.contains { $0.trigger == "down" } ?? false
            })
        world.pass(90)
        #expect(world.kinds("page.escalated").contains { $0.text == "step 2 of the route" })
        #expect(world.messages.contains { $0.channel == "mail" })
    }

    @Test func whatIsOnlyRecordedPagesNobodyAfterAHandOver() {
        let mild = World.trigger("down", "not up(health)", .low, .page)
        let world = handedOver(mild)
        #expect(world.configuration.policy(.low).action == .record)
        let before = world.messages.count
        #expect(
            world.pass(upTo: 30) {
                $0.incident?.breaches.contains { $0.trigger == "down" } ?? false
            })
        #expect(world.lastDecision?.decision == "record")
        let told = world.messages.dropFirst(before).map(\.message.title)
        #expect(!told.contains("shop: down"), "\(told)")
    }

    /// Who was never told that it broke is not told that it is over.
    @Test func aMutedBreachBringsNobodyElseIn() {
        var mild = World.trigger("down", "not up(health)", .medium, .page)
        mild.page = "mailers"
        let world = world([acts, mild]) {
            $0.routes = [
                RouteConfiguration(name: "oncall", steps: [["chat"]]),
                RouteConfiguration(name: "mailers", steps: [["mail"]]),
            ]
        }
        world.answer = { _, _ in TaskResult(ending: .exited(1)) }
        world.deploy("2.0.0", errorRate: 0.9)
        #expect(world.pass(upTo: 200) { $0.incident?.state == .handedOver })
        _ = world.silence("shop", "down")
        world.probePasses = false
        let hasJoined = world.pass(upTo: 30) {
            $0.incident?.breaches.contains { $0.trigger == "down" } ?? false
        }
        #expect(hasJoined)
        world.command(.resolve(incident: world.id, comment: ""))
        #expect(!world.messages.contains { $0.channel == "mail" })
        #expect(world.messages.last?.message.kind == .resolve)
    }
}
