// A drill runs the plan with the same code, on a service of its own, and nobody else notices.

import Testing

@testable import WatchCore

@Suite struct DrillTests {
    let host = DrillHost()

    @Test func theWholePlanRunsOnTheServiceOfTheDrill() {
        let world = World.withDrill(host)
        let reply = world.drill()
        #expect(reply.status == .done)
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last != nil })
        #expect(
            world.tasks.map(\.title) == [
                "gate migration", "before: snapshot", "method symlink: activate", "after: open",
            ])
        #expect(world.tasks.allSatisfy { $0.service == "shop-drill" })
        #expect(world.tasks[0].variables["vars.database"] == "drill_db")
        #expect(world.tasks[0].variables["service"] == "shop-drill")
        #expect(host.versions == ["shop": "1.0.0", "shop-drill": "1.0.0"])
        let record = world.drillStatus?.last
        #expect(record?.outcome == .passed)
        #expect(record?.id == reply.rollback)
        #expect(record?.from.version == "2.0.0")
        #expect(record?.to.version == "1.0.0")
        #expect(record?.askedBy == "alice")
        #expect(record?.method == "symlink")
        #expect(world.drillStatus?.overdue == false)
        #expect(world.drillStatus?.text.contains("passed") ?? false)
    }

    @Test func noCredentialOfTheRealServiceIsUsed() {
        let world = World.withDrill(host)
        world.drill()
        guard case .exec(_, let settings) = world.tasks[0].action else {
            Issue.record("the gate is a program")
            return
        }
        #expect(settings?.environment[0].value.source == "${credential:drill-db}")
        // None of its output may be kept, either.
        #expect(world.configuration.secrets.contains(.credential("drill-db")))
    }

    @Test func nobodyIsPagedAndNothingIsLeftOpen() {
        let world = World.withDrill(host)
        let before = world.messages.count
        world.drill()
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last != nil })
        world.pass(120)
        #expect(world.messages.count == before)
        #expect(world.incident(of: "shop-drill") == nil)
        let record = world.records.values.first { $0.isDrill }
        #expect(record?.state == .closed)
        #expect(record?.drill?.outcome == .passed)
        #expect(record?.rollbacks.last?.state == .recovered)
        // What would have been said is on record.
        #expect(!world.kinds("drill.told-nobody").isEmpty)
    }

    @Test func noReleaseIsFoundBadAndNothingCounts() {
        let world = World.withDrill(host)
        world.drill()
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last != nil })
        let state = world.engine.services["shop-drill"]?.state
        #expect(state?.book.release(version: "2.0.0")?.standing != .bad)
        #expect(state?.automaticEnds.isEmpty ?? false)
    }

    /// A method that can lose data is what a drill is for; nobody need approve it, and it is named.
    @Test func whatOnlyRunsWithApprovalIsDrilledToo() {
        let world = World.withDrill(host)
        host.endings["method symlink: activate"] = 1
        let reply = world.drill()
        #expect(reply.plan == ["method restore loses, of shop-drill: orders since the last backup"])
        #expect(world.pass(upTo: 90) { $0.drillStatus?.last != nil })
        #expect(world.drillStatus?.last?.outcome == .passed)
        #expect(world.drillStatus?.last?.method == "restore")
        #expect(world.drillStatus?.last?.losses == ["orders since the last backup"])
    }

    @Test func oneMethodCanBeDrilledAlone() {
        let world = World.withDrill(host)
        world.drill(method: "restore")
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last != nil })
        #expect(world.methodTasks == ["method restore: restore"])
        #expect(world.drill(method: "prayer").message.contains("it has symlink, restore"))
    }

    @Test func aDryRunSaysWhatWouldRunAndRunsNothing() {
        let world = World.withDrill(host, plan: World.drilledPlan(target: .minutes(15)))
        let reply = world.drill(dryRun: true)
        #expect(reply.status == .done)
        let lines = reply.plan ?? []
        #expect(lines.contains { $0.contains("activate") && $0.contains("target 15m") })
        #expect(lines.contains { $0.hasPrefix("verify:") && $0.contains("target 30s") })
        #expect(lines.contains { $0.contains("loses orders since the last backup") })
        #expect(!lines.contains { $0.contains("only with approval") })
        #expect(world.tasks.isEmpty)
        #expect(world.incident(of: "shop-drill") == nil)
    }

    @Test func aGateThatForbidsItWithdrawsIt() {
        let world = World.withDrill(host)
        host.endings["gate migration"] = 10
        world.drill()
        world.pass(3)
        #expect(world.drillStatus?.last?.outcome == .withdrawn)
        #expect(world.drillStatus?.last?.reason == "gate-blocked:migration")
        #expect(world.drillStatus?.passed == nil)
        #expect(host.versions["shop-drill"] == "2.0.0")
    }

    @Test func oneThatDoesNotHelpHasFailed() {
        let world = World.withDrill(host)
        world.finds = { world, service, _ in
            service == "shop-drill" && world.version(host: self.host) == "1.0.0"
                ? .fail("502") : .pass
        }
        world.drill()
        #expect(world.pass(upTo: 120) { $0.drillStatus?.last != nil })
        #expect(world.drillStatus?.last?.outcome == .failed)
        #expect(world.drillStatus?.last?.reason == "not-the-release")
        #expect(world.drillStatus?.text.contains("none ever passed") ?? false)
        #expect(world.messages.allSatisfy { $0.message.service != "shop-drill" })
    }

    @Test func itCanBeStoppedAndAfterRuns() {
        let world = World.withDrill(host)
        host.holds = ["method symlink: activate"]
        let id = world.drill().rollback ?? ""
        world.pass(3)
        #expect(world.command(.abort(rollback: id, reason: "enough")).status == .done)
        if let task = world.tasks.last {
            world.finish(task, TaskResult(ending: .cancelled))
        }
        world.pass(2)
        #expect(world.tasks.last?.title == "after: open")
        #expect(world.drillStatus?.last?.outcome == .aborted)
        #expect(world.incident(of: "shop-drill") == nil)
    }

    @Test func aPersonsStepIsAnsweredAsAlways() {
        var plan = World.drilledPlan()
        plan.before = [
            Step(
                name: "freeze", action: .manual(Template(literal: "freeze the queue")),
                timeout: .minutes(5))
        ]
        let world = World.withDrill(host, plan: plan)
        let id = world.drill().rollback ?? ""
        world.pass(3)
        #expect(world.tasks.map(\.title) == ["gate migration"])
        #expect(world.kinds("drill.told-nobody").contains { $0.text.contains("freeze the queue") })
        let reply = world.command(.stepDone(rollback: id, succeeded: true, comment: ""))
        #expect(reply.status == .done)
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last?.outcome == .passed })
    }

    // MARK: - Crashes

    /// Wherever it dies, no step is run twice, and it has an end.
    @Test(arguments: [
        "gate migration", "before: snapshot", "method symlink: activate", "after: open",
    ])
    func itOutlivesACrash(_ at: String) {
        let world = World.withDrill(host)
        host.holds = [at]
        world.drill()
        world.pass(3)
        #expect(world.tasks.last?.title == at)
        host.holds = []
        world.crash()
        #expect(world.pass(upTo: 90) { $0.drillStatus?.last != nil })
        #expect(world.drillStatus?.last?.outcome == .passed)
        #expect(Set(world.tasks.map(\.id)).count == 4)
        #expect(world.messages.allSatisfy { $0.message.service != "shop-drill" })
    }

    @Test func whatWasDrilledIsKnownAfterAReboot() {
        let world = World.withDrill(host)
        world.drill()
        #expect(world.pass(upTo: 60) { $0.drillStatus?.last != nil })
        let before = world.drillStatus?.last
        world.crash(sameBoot: false)
        #expect(world.drillStatus?.last == before)
    }

    @Test func aServiceThatIsTakenAwayEndsIt() {
        let world = World.withDrill(host)
        host.holds = ["gate migration"]
        world.drill()
        var other = world.configuration
        other.services.removeLast()
        other.plans[0].drill = nil
        world.perform(world.engine.reconfigure(to: other, at: world.now))
        #expect(world.stored.host.drills(of: "shop")?.last?.outcome == .aborted)
        #expect(world.incident(of: "shop-drill") == nil)
    }
}

extension World {
    fileprivate func version(host: DrillHost) -> String? { host.versions["shop-drill"] }
}
