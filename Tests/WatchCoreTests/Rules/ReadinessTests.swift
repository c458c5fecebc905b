// What is built of DESIGN §5 "Readiness": status says whether a rollback would be allowed now, to
// which release, and if not why. Nothing is run for it.

import Testing

@testable import WatchCore

@Suite struct ReadinessTests {
    private func world(_ mode: TriggerConfiguration.Mode = .auto) -> World {
        World(
            World.configuration(services: [
                World.service(triggers: [
                    World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, mode)
                ])
            ]))
    }

    @Test func statusSaysToWhichReleaseARollbackWouldGo() {
        let world = world()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        let readiness = world.status?.readiness
        #expect(readiness?.ready ?? false)
        #expect(readiness?.target == "1.0.0")
        #expect(readiness?.reason == nil)
        #expect(readiness?.text == "would roll back to 1.0.0 with plan shop")
        #expect(world.tasks.isEmpty)
    }

    @Test func andIfNotWhy() {
        let world = world()
        world.pass(5)
        world.deploy("2.0.0")
        world.pass(5)
        #expect(world.status?.readiness.ready == false)
        #expect(world.status?.readiness.reason == "no-known-good")
        world.command(.mark(service: "shop", version: "1.0.0", .good, reason: "known"))
        world.command(.disarm(service: nil, for: nil, reason: "night"))
        #expect(world.status?.readiness.reason == "disarmed")
        #expect(world.status?.readiness.target == "1.0.0")
    }

    @Test func aServiceOfWhichNoRuleMayActSaysSo() {
        let world = world(.page)
        #expect(world.bakeFirst())
        #expect(world.status?.readiness.reason == "no-auto-trigger")
    }
}
