// A breach that goes on after somebody closed its incident: nobody decides about it again, not
// after a restart either, before it has cleared once.

import Testing

@testable import WatchCore

@Suite struct OngoingBreachTests {
    /// Disarmed, 2.0.0 is bad; armed since, and the rollback was refused by a person.
    private func refused(mode: TriggerConfiguration.Mode = .auto) -> World {
        let trigger = World.trigger("storm", "error_rate(access, 5s) > 25%", .critical, mode)
        let world = World(
            World.configuration(services: [World.service(triggers: [trigger])]), armed: false)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.9)
        let isDecided = world.pass(upTo: 60) { world in
            let decided = world.lastDecision?.release?.version
            return decided == "2.0.0" || mode == .veto && world.runs == "2.0.0"
        }
        #expect(isDecided)
        world.command(.arm(service: nil, reason: "from now on"))
        world.deny("it is the database")
        return world
    }

    @discardableResult
    private func resolve(_ world: World) -> CommandReply {
        world.command(.resolve(incident: world.id, comment: "it is the database"))
    }

    @Test(arguments: ["stop", "crash", "reboot"])
    func noRestartActsOnWhatAPersonHasClosed(_ how: String) {
        let world = refused()
        resolve(world)
        world.pass(3)
        let breaches = world.kinds("trigger.breached").count
        switch how {
        case "stop": world.restart()
        case "crash": world.crash()
        default: world.crash(sameBoot: false)
        }
        world.pass(120)
        #expect(world.incident == nil)
        #expect(world.kinds("trigger.breached").count == breaches)
        #expect(world.kinds("rollback.began").isEmpty)
        #expect(world.verdict("storm") == .breached)
    }

    @Test func anotherExpressionForTheSameRuleActsNoSooner() {
        let world = refused()
        resolve(world)
        var next = world.engine.configuration
        next.services[0].triggers[0].when = World.expression("error_rate(access, 5s) > 30%")
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        world.pass(60)
        #expect(world.kinds("rollback.began").isEmpty)
    }

    /// Nobody decided about what ended with the service.
    @Test func aServiceThatComesBackIsPagedFor() {
        let world = refused()
        let all = world.engine.configuration
        var none = all
        none.services = []
        world.perform(world.engine.reconfigure(to: none, at: world.now))
        #expect(world.incident == nil)
        world.perform(
            world.engine.reconfigure(to: all, stored: world.stored.services, at: world.now))
        #expect(world.pass(upTo: 60) { $0.incident != nil })
    }

    @Test func whatHasClearedOnceBreachesAnew() {
        let world = refused()
        resolve(world)
        world.errorRate = 0
        world.pass(20)
        #expect(world.state.ongoing == nil)
        world.errorRate = 0.9
        #expect(world.pass(upTo: 30) { $0.incident != nil })
    }

    /// The next release is judged by itself.
    @Test func anotherReleaseEndsIt() {
        let world = refused()
        resolve(world)
        world.deploy("3.0.0", errorRate: 0.9)
        world.pass(2)
        #expect(world.state.ongoing == nil)
        world.crash()
        #expect(world.pass(upTo: 60) { $0.lastDecision?.release?.version == "3.0.0" })
    }

    /// A veto that somebody has seen forbids still.
    @Test func aVetoForbidsThroughARestart() {
        let world = refused(mode: .veto)
        resolve(world)
        world.crash()
        #expect(world.engine.services["shop"]?.vetoes.map(\.name) == ["storm"])
    }

    @Test func whatIsTrueStillIsSaidToWhoeverResolves() {
        let world = refused()
        let reply = resolve(world)
        #expect(
            reply.message.hasSuffix(
                "resolved; 'storm' is breached still, and nobody is told of it again before it has "
                    + "cleared once"))
    }

    @Test func aResolveOfWhatIsOverSaysNothingMore() {
        let world = refused()
        world.errorRate = 0
        world.pass(20)
        #expect(resolve(world).message.hasSuffix("resolved"))
    }

    // MARK: - What would happen now

    private func explained(_ world: World) -> Explanation? {
        world.engine.explain(service: "shop", trigger: "storm", at: world.now)
    }

    @Test func nobodyIsPromisedARollbackOfWhatIsClosed() {
        let world = refused()
        resolve(world)
        world.pass(2)
        #expect(world.status?.readiness.ready == false)
        #expect(world.status?.readiness.reason == "handed-over")
        #expect(explained(world)?.decision == "page")
        #expect(explained(world)?.text.contains("is breached since") ?? false)
    }

    @Test func nobodyIsPromisedARollbackAfterAHandOver() {
        let world = World(World.configuration())
        world.answer = { _, _ in TaskResult(ending: .exited(1)) }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.9)
        #expect(world.pass(upTo: 200) { $0.incident?.state == .handedOver })
        #expect(world.status?.readiness.ready == false)
        #expect(world.status?.readiness.reason == "handed-over")
        #expect(world.status?.readiness.text.contains("watchctl resolve \(world.id)") ?? false)
        // What another release breaks is decided anew; this one came when all was bad already.
        world.deploy("2.1.0")
        world.pass(60)
        #expect(world.incident?.state == .handedOver)
        #expect(world.status?.readiness.ready == false)
        #expect(world.status?.readiness.reason == "breach-predates-release")
    }

    @Test func inProbationABreachPages() {
        let world = World(World.configuration())
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.9)
        #expect(world.pass(upTo: 200) { $0.incident?.state == .recovered })
        #expect(world.status?.readiness.reason == "probation")
    }
}
