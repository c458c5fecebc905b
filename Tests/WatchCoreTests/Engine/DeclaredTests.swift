// A person declares an incident. No rule offers a rollback for it, so whoever declares or looks is
// told how to roll back, and whether that would work now.

import Testing

@testable import WatchCore

@Suite struct DeclaredTests {
    private func world(_ plan: Plan = World.plan()) -> World {
        let world = World(World.configuration(plan: plan))
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        return world
    }

    private func declare(_ world: World, _ severity: Severity = .critical) -> CommandReply {
        world.command(
            .declare(service: "shop", severity: severity, reason: "checkout fails"),
            by: World.admin)
    }

    private func advice(_ world: World) -> String? {
        world.engine.rollbackAdvice(incident: world.id, at: world.now)
    }

    @Test func theReplyThePageAndTheIncidentSayHowToRollBack() {
        let world = world()
        let how = "`watchctl rollback shop`, which would roll 2.0.0 back to 1.0.0"
        let reply = declare(world)
        #expect(reply.message == "incident \(world.id) is open; to roll back: \(how)")
        #expect(advice(world) == how)
        #expect(world.lastPage?.text.contains("checkout fails. To roll back: \(how).") ?? false)
        // Nothing is done because of it.
        world.pass(30)
        #expect(world.tasks.isEmpty)
        // And it does what was said.
        let act = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false),
            by: World.admin)
        #expect(act.status == .done)
        #expect(advice(world) == nil)
    }

    @Test func whatWouldNotWorkIsSaid() {
        let world = world()
        world.command(.mark(service: "shop", version: "1.0.0", .bad, reason: "leaks"))
        let text = declare(world).message
        #expect(
            text.contains("`watchctl rollback shop`, which would not work now (no-known-good): "),
            "\(text)")
        #expect(advice(world)?.contains("no-known-good") ?? false)
    }

    @Test func whoMustApproveIsSaid() {
        let world = world(World.plan(methods: [World.restore()]))
        let text = declare(world).message
        #expect(
            text.hasSuffix("; each method waits for an approval (restore: role cto)"), "\(text)")
    }

    @Test func aServiceWithoutAPlanSaysSo() {
        var service = World.service()
        service.plan = nil
        let world = World(World.configuration(services: [service]))
        #expect(world.bakeFirst())
        #expect(declare(world).message.contains("watchd cannot, because shop has no rollback plan"))
    }

    @Test func ofAMinorOneNobodyWantsToKnow() {
        let world = world()
        #expect(declare(world, .medium).message == "incident \(world.id) is open")
        #expect(advice(world) == nil)
    }
}
