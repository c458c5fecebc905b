// A rollback that a person asked for and a gate refused: where nothing is wrong with the service,
// the incident that was opened for it does not stay open.

import Testing

@testable import WatchCore

@Suite struct WithdrawnRequestTests {
    /// 2.0.0 runs and is well, and the gate says no.
    private func world(errorRate: Double = 0) -> World {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(10))
        let triggers = [World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .page)]
        let world = World(
            World.configuration(
                services: [World.service(triggers: triggers)], plan: World.plan(gates: [gate])))
        world.answer = { world, task in
            task.title.hasPrefix("gate ") ? TaskResult(ending: .exited(10)) : world.obey(task)
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: errorRate)
        world.pass(30)
        return world
    }

    private func ask(_ world: World) -> CommandReply {
        world.command(
            .rollback(service: "shop", to: nil, reason: "odd", dryRun: false, force: false),
            by: World.admin)
    }

    @Test func anIncidentThatWasOnlyOpenedForItSettles() {
        let world = world()
        #expect(ask(world).status == .done)
        world.pass(1)
        #expect(world.incident?.state == .cleared)
        #expect(world.incident?.reason == "gate-blocked:migration")
        #expect(world.incident?.rollbacks.last?.state == .aborted)
        #expect(world.pass(upTo: 70) { $0.incident == nil })
        #expect(world.messages.last?.message.kind == .resolve)
        #expect(world.methodTasks.isEmpty)
    }

    @Test func askedTwiceItSettlesTwice() {
        let world = world()
        _ = ask(world)
        world.pass(5)
        _ = ask(world)
        world.pass(1)
        #expect(world.incident?.rollbacks.count == 2)
        #expect(world.pass(upTo: 70) { $0.incident == nil })
    }

    @Test func oneWithABreachStaysOpen() {
        let world = world(errorRate: 0.4)
        #expect(world.incident != nil)
        _ = ask(world)
        world.pass(5)
        #expect(world.incident?.state == .open || world.incident?.state == .awaitingApproval)
        world.pass(120)
        #expect(world.incident != nil)
    }

    /// Somebody closed it while it was bad still: nothing is well.
    @Test func oneOfAServiceThatIsStillBreachedStaysOpen() {
        let world = world(errorRate: 0.4)
        world.command(.resolve(incident: world.id, comment: "seen"))
        _ = ask(world)
        world.pass(120)
        #expect(world.incident?.state == .open)
    }

    @Test func whatAPersonDeclaredStaysOpen() {
        let world = world()
        world.command(.declare(service: "shop", severity: .high, reason: "checkout fails"))
        _ = ask(world)
        world.pass(120)
        #expect(world.incident?.state == .open)
    }

    /// Whoever wanted it at night is asleep: people must see that it was not done.
    @Test func oneThatWasScheduledIsLeftToPeople() {
        let world = world()
        world.command(
            .schedule(
                ScheduleRequest(
                    service: "shop", at: world.now.wall + .minutes(1), reason: "quiet hour")),
            by: World.admin)
        #expect(world.pass(upTo: 70) { !$0.kinds("rollback.withdrawn").isEmpty })
        world.pass(200)
        #expect(world.incident?.state == .open)
        #expect(world.lastPage?.title.contains("gate-blocked:migration") ?? false)
    }
}
