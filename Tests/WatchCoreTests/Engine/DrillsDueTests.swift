// A plan that was never drilled, or not for long, is told; a drill that passes takes it back.

import Testing

@testable import WatchCore

@Suite struct DrillsDueTests {
    let host = DrillHost()

    private func world(_ every: Duration?) -> World {
        var drill = World.drill
        drill.every = every
        let world = World.withDrill(host, plan: World.drilledPlan(drill))
        return world
    }

    private func told(_ world: World) -> [Message] {
        world.messages.map(\.message).filter { $0.dedupKey == "watchd/drill/shop" }
    }

    /// Nothing else happens meanwhile.
    private func wait(_ duration: Duration, _ world: World) {
        world.now.boot = world.now.boot + duration
        world.now.wall = world.now.wall + duration
        world.pass(65)
    }

    @Test func aNewPlanIsOverdueAtOnceAndToldWhenItsTimeIsOver() {
        let world = world(.days(30))
        world.pass(130)
        #expect(world.drillStatus?.overdue ?? false)
        #expect(world.drillStatus?.text == "never drilled; a drill is due every 30d")
        #expect(world.drillStatus?.age == nil)
        #expect(told(world).isEmpty)
        wait(.days(29), world)
        #expect(told(world).isEmpty)
        wait(.days(1), world)
        #expect(told(world).map(\.kind) == [.page])
        #expect(told(world).first?.severity == .low)
        #expect(told(world).first?.text.contains("watchctl drill shop") ?? false)
        // Once, whatever happens.
        world.crash()
        wait(.days(3), world)
        #expect(told(world).count == 1)
    }

    @Test func aDrillThatPassesTakesItBackInTheSamePlace() {
        let world = world(.hours(1))
        world.pass(130)
        wait(.hours(2), world)
        #expect(told(world).map(\.kind) == [.page])
        world.drill()
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last?.outcome == .passed })
        world.pass(65)
        #expect(told(world).map(\.kind) == [.page, .resolve])
        #expect(world.drillStatus?.overdue == false)
        wait(.hours(3), world)
        #expect(world.drillStatus?.overdue ?? false)
        #expect(world.drillStatus?.text.hasPrefix("last drill 3h ago, passed in ") ?? false)
        #expect(told(world).map(\.kind) == [.page, .resolve, .page])
    }

    @Test func oneThatFailsIsNone() {
        let world = world(.hours(1))
        host.endings["gate migration"] = 10
        world.drill()
        world.pass(3)
        #expect(world.drillStatus?.last?.outcome == .withdrawn)
        #expect(world.drillStatus?.overdue ?? false)
    }

    @Test func whoWantsNoneIsNotTold() {
        let world = world(nil)
        world.pass(130)
        wait(.days(400), world)
        #expect(world.drillStatus?.overdue == false)
        #expect(world.drillStatus?.text == "never drilled")
        #expect(told(world).isEmpty)
    }

    /// Nobody would ever resolve it otherwise.
    @Test(arguments: [true, false])
    func whatWasToldIsTakenBackWhenNoDrillsAreAskedForAnyMore(_ isPlanGone: Bool) {
        let world = world(.hours(1))
        world.pass(130)
        wait(.hours(2), world)
        #expect(told(world).map(\.kind) == [.page])
        var next = world.configuration
        for index in next.plans.indices where next.plans[index].name == "shop" {
            if isPlanGone {
                next.plans[index].name = "other"
            } else {
                next.plans[index].drill = nil
            }
        }
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        #expect(told(world).map(\.kind) == [.page, .resolve])
        #expect(told(world).last?.title.contains("asked for any more") ?? false)
        // Asked for again it is a new plan.
        world.perform(world.engine.reconfigure(to: world.configuration, at: world.now))
        world.pass(130)
        #expect(told(world).count == 2)
    }
}
