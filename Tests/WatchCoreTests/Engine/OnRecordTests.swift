// What people did is on record with their uid, and an approval with the role by which it counted.

import Testing

@testable import WatchCore

@Suite struct OnRecordTests {
    private func text(_ world: World, _ kind: String) -> String {
        world.kinds(kind).last?.text ?? ""
    }

    @Test func anApprovalSaysByWhichRoleItCounted() {
        let world = World.offering(severity: .high)
        #expect(world.approve(by: World.senior).status == .done)
        let who = "bob (uid 1002, role senior-admin)"
        #expect(text(world, "approval.approved").hasSuffix("approved by \(who)"))
        #expect(text(world, "decision").hasPrefix("\(who) approved rollback 2.0.0 → 1.0.0"))
    }

    @Test func whereWhoeverMayOperateMayApproveThatIsSaid() {
        let world = World.offering(severity: .high) { $0.access.approve = [:] }
        #expect(world.approve(by: World.admin).status == .done)
        #expect(text(world, "decision").hasPrefix("alice (uid 1001, may operate) approved"))
    }

    @Test func rootNeedsNoRole() {
        let world = World.offering(severity: .high)
        #expect(world.approve(by: Peer(uid: 0, name: "root")).status == .done)
        #expect(text(world, "decision").hasPrefix("root (uid 0) approved"))
    }

    @Test func ofTwoPeopleBothAreNamed() {
        var method = World.restore(role: "senior-admin")
        method.secondApprover = "cto"
        let world = World.offering(plan: World.plan(methods: [method]))
        #expect(world.approve("restore", by: World.senior).status == .done)
        let first = "bob (uid 1002, role senior-admin)"
        #expect(text(world, "approval.given").hasPrefix("\(first) approved; it takes another"))
        #expect(world.approve("restore", by: World.cto).status == .done)
        let both = "\(first) and carol (uid 1003, role cto)"
        #expect(text(world, "approval.approved").hasSuffix("approved by \(both)"))
        #expect(text(world, "decision").hasPrefix("\(both) approved rollback"))
    }

    @Test func denialAbortAndArmingSayTheUid() {
        let world = World.offering()
        world.deny("no")
        #expect(text(world, "approval.denied") == "denied by alice (uid 1001): no")
        world.command(.disarm(service: "shop", for: nil, reason: "work"), by: World.admin)
        #expect(text(world, "disarmed") == "shop disarmed by alice (uid 1001): work")
        world.command(.arm(service: nil, reason: "done"), by: World.admin)
        #expect(text(world, "armed") == "host armed by alice (uid 1001): done")
        world.answer = { _, _ in nil }
        world.command(
            .rollback(service: "shop", to: nil, reason: "now", dryRun: false, force: false),
            by: World.admin)
        #expect(text(world, "decision") == "alice (uid 1001) asked for it: now")
        world.command(
            .abort(rollback: world.state.rollback?.id ?? "", reason: "wait"), by: World.admin)
        #expect(text(world, "rollback.stopping") == "aborted by alice (uid 1001): wait")
    }

    @Test func whoeverHoldsAnswersOrResolvesIsOnRecordToo() {
        let who = "alice (uid 1001)"
        var world = World.offering()
        world.hold(.minutes(1))
        #expect(text(world, "incident.held") == "held for 1m by \(who): a hotfix")
        world.command(.acknowledge(incident: world.id, comment: "on it"), by: World.admin)
        #expect(text(world, "incident.acknowledged") == "\(who) answered: on it")
        world.command(.falseAlarm(incident: world.id, comment: "load"), by: World.admin)
        #expect(text(world, "incident.false-alarm") == "marked as a false alarm by \(who): load")
        world.command(.resolve(incident: world.id, comment: "done"), by: World.admin)
        #expect(text(world, "incident.closed") == "resolved by \(who): done")
        world = World()
        #expect(world.bakeFirst())
        world.command(
            .declare(service: "shop", severity: .high, reason: "checkout"), by: World.admin)
        #expect(text(world, "incident.declared") == "\(who) declared it: checkout")
    }

    @Test func markingSchedulingAndQuietAreOnRecordToo() {
        let who = "alice (uid 1001)"
        let world = World()
        #expect(world.bakeFirst())
        world.command(
            .mark(service: "shop", version: "1.0.0", .bad, reason: "leaks"), by: World.admin)
        #expect(text(world, "release.bad") == "1.0.0: marked by \(who): leaks")
        world.command(.mark(service: "shop", version: "1.0.0", .good, reason: ""), by: World.admin)
        world.deploy("2.0.0")
        world.pass(5)
        world.command(
            .schedule(
                ScheduleRequest(service: "shop", at: world.now.wall + .hours(1), reason: "night")),
            by: World.admin)
        #expect(text(world, "rollback.scheduled").contains(": \(who) wants to roll shop back"))
        let quiet = QuietRequest(service: "shop", lasts: .hours(1), reason: "work")
        world.command(.silence(quiet), by: World.admin)
        #expect(text(world, "silence.began").hasSuffix("by \(who): work"))
        world.command(.maintain(quiet), by: World.admin)
        #expect(text(world, "maintenance.began").hasSuffix("by \(who): work"))
        world.command(.endMaintenance(service: "shop"), by: World.admin)
        #expect(text(world, "maintenance.ended").hasSuffix("ended by \(who)"))
    }

    @Test func deploymentsAndOperationsAreOnRecordToo() {
        let who = "alice (uid 1001)"
        let world = World()
        #expect(world.bakeFirst())
        world.command(
            .announce(service: "shop", release: ReleaseIdentity(version: "2.0.0"), fields: [:]),
            by: World.admin)
        #expect(text(world, "release.announced") == "\(who) announced 2.0.0")
        world.command(
            .beginOperation(OperationRequest(service: "shop", operation: "migration")),
            by: World.admin)
        #expect(text(world, "operation.began") == "operation 'migration' began, by \(who)")
        world.command(
            .reachPhase(service: "shop", operation: "migration", phase: "schema"),
            by: World.admin)
        #expect(
            text(world, "operation.phase")
                == "operation 'migration' reached phase schema, said \(who)")
        world.command(
            .endOperation(service: "shop", operation: "migration", status: 0), by: World.admin)
        #expect(text(world, "operation.ended").hasSuffix("ended after 0s, said \(who)"))
    }

    /// Nobody is told that it was approved by nobody.
    @Test func anAccountWithoutANameIsKnownByItsNumber() {
        func named(_ account: String, _ uid: UInt32) -> Peer {
            Peer(uid: uid, name: Peer.name(account, uid: uid))
        }
        #expect(named("1234", 1234).onRecord == "uid 1234")
        #expect(named("nobody", 65534).onRecord == "uid 65534 (nobody)")
        #expect(named("alice", 1001).onRecord == "alice (uid 1001)")
        let world = World.offering(severity: .high)
        var nobody = named("nobody", 65534)
        nobody.roles = ["senior-admin"]
        #expect(world.approve(by: nobody).status == .done)
        #expect(world.incident?.answer?.by == "uid 65534 (nobody)")
        #expect(
            text(world, "decision").hasPrefix("uid 65534 (nobody, role senior-admin) approved"))
    }
}
