// A person names a release that watchd never saw (it ran before watchd did), or one that is bad:
// what is offered then can be approved.

import Testing

@testable import WatchCore

@Suite struct UnseenTargetTests {
    private static let gate = Gate(
        name: "backup", action: .unit(name: "backup", with: World.template("${to.version}")),
        timeout: .seconds(20))
    private static let onlyRestore = World.plan(methods: [World.restore()])

    /// 2.0.0 runs, and nothing else was ever seen.
    private func world(_ plan: Plan = onlyRestore) -> World {
        var configuration = World.configuration(plan: plan)
        configuration.access = World.access
        let world = World(configuration)
        world.deploy("2.0.0")
        world.pass(5)
        return world
    }

    private func rollBack(
        _ world: World, to version: String, force: Bool = false, dryRun: Bool = false
    ) -> CommandReply {
        world.command(
            .rollback(
                service: "shop", to: version, reason: "now", dryRun: dryRun, force: force),
            by: World.admin)
    }

    private func restored(_ world: World, to version: String) {
        let reply = world.approve("restore", by: World.cto)
        #expect(reply.status == .done, "\(reply.message)")
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.version == version)
        #expect(world.runs == version)
        #expect(world.standing("2.0.0") == .bad)
        #expect(world.standing(version) == .baking)
    }

    @Test func withNothingKnownToBeGoodWhatIsOfferedCanBeApproved() {
        let world = world()
        #expect(rollBack(world, to: "1.0.0").reason == "awaiting-approval")
        #expect(world.offer?.ways.first?.steps == ["activate: activate:1.0.0"])
        restored(world, to: "1.0.0")
    }

    @Test func besideOneThatIsGoodToo() {
        let world = World.offering(plan: Self.onlyRestore)
        #expect(rollBack(world, to: "0.9.0").reason == "awaiting-approval")
        #expect(world.offer?.to.version == "0.9.0")
        restored(world, to: "0.9.0")
    }

    @Test func atItsTimeToo() {
        let world = world()
        let reply = world.command(
            .schedule(
                ScheduleRequest(
                    service: "shop", at: world.now.wall + .minutes(5), to: "1.0.0")),
            by: World.admin)
        #expect(reply.status == .done)
        world.pass(301)
        #expect(world.offer?.to.version == "1.0.0")
        restored(world, to: "1.0.0")
    }

    /// It may run where watchd would not go by itself, so watchd's own wishes do not replace it.
    @Test func aBreachThatCannotBeRolledBackLeavesTheOfferAlone() {
        let world = world()
        #expect(rollBack(world, to: "1.0.0").reason == "awaiting-approval")
        world.errorRate = 0.4
        #expect(world.pass(upTo: 60) { $0.lastDecision?.decision == "page" })
        #expect(world.offer?.to.version == "1.0.0")
        restored(world, to: "1.0.0")
    }

    @Test func norDoesABreachSendItElsewhere() {
        let world = World(World.configuration(plan: Self.onlyRestore))
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        #expect(rollBack(world, to: "0.9.0").reason == "awaiting-approval")
        world.errorRate = 0.4
        #expect(world.pass(upTo: 60) { $0.lastDecision != nil })
        #expect(world.offer?.to.version == "0.9.0")
    }

    /// What is left of the plan when a method that runs unattended did not bring it back.
    @Test func theMethodsThatAreLeftCanBeApproved() {
        let plan = World.plan(methods: [
            Method(name: "symlink", steps: [World.step("nothing")]), World.restore(),
        ])
        let world = world(plan)
        #expect(rollBack(world, to: "1.0.0").status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.offer?.to.version == "1.0.0")
        restored(world, to: "1.0.0")
    }

    @Test func itsGatesAreAskedDry() {
        var plan = Self.onlyRestore
        plan.gates = [Self.gate]
        let world = world(plan)
        #expect(rollBack(world, to: "1.0.0", dryRun: true).pending != nil)
        #expect(world.dryTasks.last?.variables["to.version"] == "1.0.0")
        let reply = rollBack(world, to: "1.0.0", dryRun: true)
        #expect(reply.pending == nil)
        #expect(
            reply.message.hasPrefix("would only offer to roll shop back to 1.0.0 with plan shop"))
        #expect(reply.reason == "awaiting-approval")
    }

    /// A person who asked is shown it, and what runs now is what is rolled back from.
    @Test func anotherReleaseWhileTheGateIsAskedIsRolledBackFrom() {
        let world = world(World.plan(gates: [Self.gate]))
        world.answer = { _, _ in nil }
        #expect(rollBack(world, to: "1.0.0").status == .done)
        world.deploy("2.0.1")
        world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        #expect(world.pass(upTo: 5) { !$0.kinds("rollback.from-changed").isEmpty })
        #expect(world.state.rollback?.from.version == "2.0.1")
        #expect(world.state.rollback?.variables["to.version"] == "1.0.0")
    }

    // MARK: - Bad

    @Test func whatIsBadAndWasForcedCanBeApprovedAndIsSaidToBeBad() {
        let world = World.offering(plan: Self.onlyRestore)
        world.command(.mark(service: "shop", version: "1.0.0", .bad, reason: "slow"))
        #expect(rollBack(world, to: "1.0.0").reason == "target-quarantined")
        #expect(rollBack(world, to: "1.0.0", force: true).reason == "awaiting-approval")
        #expect(world.lastPage?.text.contains("Against it: target-quarantined.") ?? false)
        #expect(world.approve("restore", by: World.cto).status == .done)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
    }

    @Test func whatIsFoundToBeBadAfterwardsCannot() {
        let world = World.offering(plan: Self.onlyRestore)
        #expect(rollBack(world, to: "1.0.0", force: true).reason == "awaiting-approval")
        world.command(.mark(service: "shop", version: "1.0.0", .bad, reason: "it loses data"))
        let reply = world.approve("restore", by: World.cto)
        #expect(reply.reason == "no-known-good")
        #expect(reply.message.contains("it loses data"))
    }

    @Test func theMethodsThatAreLeftOfAForcedOneCanBeApproved() {
        let plan = World.plan(methods: [
            Method(name: "symlink", steps: [World.step("nothing")]), World.restore(),
        ])
        let world = World.offering(plan: plan)
        world.command(.mark(service: "shop", version: "1.0.0", .bad, reason: "slow"))
        #expect(rollBack(world, to: "1.0.0", force: true).status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .handedOver })
        #expect(world.offer?.forcedBy == "alice")
        #expect(world.approve("restore", by: World.cto).status == .done)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
    }
}
