// When a drill may begin, and that it never stands in the way of anything real.

import Testing

@testable import WatchCore

@Suite struct DrillRefusalTests {
    let host = DrillHost()

    @Test func aPlanThatIsNotThereOrHasNoDrillIsRefused() {
        var plan = World.drilledPlan()
        plan.drill = nil
        let world = World.withDrill(host, plan: plan)
        #expect(world.drill().reason == "no-plan")
        #expect(world.command(.drill(DrillRequest(plan: "shup"))).status == .notFound)
    }

    @Test func thereMustBeSomethingToGoBackTo() {
        let world = World.withDrill(host, deployed: false)
        #expect(world.drill().reason == "no-known-good")
        let reply = world.drill(to: "1.0.0")
        #expect(reply.reason == "same-release")
        #expect(reply.message.contains("deploy there what is to be rolled back"))
        #expect(world.drill(to: "0.9.0").status == .done)
    }

    /// The next drill after one that passed would roll forward.
    @Test func whatADrillHasPutThereIsNotGoneBackFrom() {
        let world = World.withDrill(host)
        world.drill()
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last?.outcome == .passed })
        #expect(world.drill().reason == "same-release")
        host.versions["shop-drill"] = "2.0.0"
        world.pass(10)
        #expect(world.drill().status == .done)
        #expect(world.tasks.last?.variables["to.version"] == "1.0.0")
    }

    @Test func thePlanCanSayWhereTo() {
        var drill = World.drill
        drill.to = "0.9.0"
        let world = World.withDrill(host, plan: World.drilledPlan(drill))
        world.drill()
        #expect(world.tasks.first?.variables["to.version"] == "0.9.0")
    }

    /// What seldom runs never becomes good: then it is the one that ran before.
    @Test func withoutAGoodReleaseItIsTheOneBefore() {
        let world = World.withDrill(host)
        world.command(
            .mark(service: "shop-drill", version: "1.0.0", .baking, reason: "never proven"))
        world.drill()
        #expect(world.tasks.first?.variables["to.version"] == "1.0.0")
    }

    @Test func oneAtATime() {
        let world = World.withDrill(host)
        host.holds = ["gate migration"]
        #expect(world.drill().status == .done)
        #expect(world.drill().reason == "busy")
        #expect(
            world.command(.declare(service: "shop-drill", severity: .high, reason: "x")).reason
                == "busy")
    }

    @Test func whatIsInTroubleIsNotDrilled() {
        let world = World.withDrill(host)
        host.errorRates["shop-drill"] = 0.6
        #expect(world.pass(upTo: 60) { $0.incident(of: "shop-drill") != nil })
        let reply = world.drill()
        #expect(reply.reason == "busy")
        #expect(reply.message.contains("watchctl resolve shop-drill-"))
    }

    @Test func noneBeginsWhileARealRollbackRuns() {
        let world = World.withDrill(host)
        host.holds = ["method symlink: activate"]
        host.versions["shop"] = "2.0.0"
        host.errorRates["shop"] = 0.6
        #expect(world.pass(upTo: 60) { $0.methodTasks.count == 1 })
        #expect(world.drill().reason == "busy")
    }

    /// The other way round nothing waits, is refused, or is taken for a common cause, though the
    /// drill breaks its own service in the same second.
    @Test func aRealRollbackBeginsWhileADrillRuns() {
        let world = World.withDrill(host)
        host.holds = ["after: open"]
        world.drill()
        world.pass(3)
        host.errorRates = ["shop": 0.6, "shop-drill": 0.6]
        host.versions["shop"] = "2.0.0"
        host.holds = ["after: open"]
        #expect(
            world.pass(upTo: 60) { world in
                world.tasks.contains { $0.service == "shop" && $0.title.hasPrefix("method") }
            })
        #expect(world.kinds("decision").last { $0.service == "shop" }?.decision == "rollback")
        #expect(world.incident(of: "shop-drill")?.isDrill ?? false)
    }

    /// What broke in a drill says nothing of others after it, either; it is paged then.
    @Test func whatADrillBrokeIsAnIncidentOfItsOwnAfterwards() {
        let world = World.withDrill(host)
        host.holds = ["after: open"]
        world.drill()
        world.pass(3)
        host.errorRates["shop-drill"] = 0.6
        #expect(
            world.pass(upTo: 60) { !($0.incident(of: "shop-drill")?.breaches.isEmpty ?? true) })
        let drill = world.incident(of: "shop-drill")
        #expect(world.pages(of: "shop-drill").isEmpty)
        if let task = world.tasks.last { world.finish(task, TaskResult(ending: .exited(0))) }
        #expect(world.pass(upTo: 120) { $0.drillStatus?.last != nil })
        #expect(world.drillStatus?.last?.outcome == .failed)
        let after = world.incident(of: "shop-drill")
        #expect(after?.id != drill?.id)
        #expect(after?.isDrill == false)
        #expect(!world.pages(of: "shop-drill").isEmpty)
        host.versions["shop"] = "2.0.0"
        host.errorRates["shop"] = 0.6
        #expect(
            world.pass(upTo: 60) { world in
                world.kinds("decision").contains { $0.service == "shop" }
            })
        #expect(world.kinds("decision").last { $0.service == "shop" }?.decision == "rollback")
    }

    /// Services that depend on the one that is drilled are heard all the same.
    @Test func aDrillHoldsNoPageOfOthersBack() {
        let world = World.withDrill(host)
        host.holds = ["gate migration"]
        world.drill()
        if let id = world.incident(of: "shop-drill")?.id {
            world.command(.acknowledge(incident: id, comment: ""))
        }
        let neighbours = world.engine.neighbours(now: world.now.boot)
        #expect(neighbours.allSatisfy { $0.incident == nil && !$0.isRollingBack })
    }
}
