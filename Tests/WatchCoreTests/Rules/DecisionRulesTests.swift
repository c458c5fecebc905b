// DESIGN §5 "The decision", the sentences after the tables: what goes on while something is decided
// or done, what people may do in spite of what stops watchd, and what is decided about at all.

import Testing

@testable import WatchCore

@Suite struct DecisionRulesTests {
    private static let storm = World.trigger("storm", "error_rate(access, 10s) > 25%")
    private static let down = World.trigger("down", "failing(health) > 60%")
    private static let veto = World.trigger("frozen", "p50(access, 5s) > 100ms", .low, .veto)

    private func world(
        _ triggers: [TriggerConfiguration], plan: Plan = World.plan(),
        services: [ServiceConfiguration] = [],
        answer: @escaping (World, StepTask) -> TaskResult? = { $0.obey($1) }
    ) -> World {
        var configuration = World.configuration(
            services: [World.service(triggers: triggers)] + services, plan: plan)
        configuration.access = World.access
        let world = World(configuration)
        world.answer = answer
        #expect(world.bakeFirst())
        return world
    }

    /// Requests take so long that the veto is breached.
    private func freeze(_ world: World, _ isFrozen: Bool = true) {
        world.logs = { world, service in
            world.batch(
                50, errors: Int(50 * world.errorRate),
                latency: isFrozen && service == "shop" ? 0.5 : 0.02)
        }
    }

    // MARK: - Detection

    @Test(arguments: ["an approval is awaited", "a rollback runs", "it is verified"])
    func detectionGoesOnWhile(_ what: String) {
        let isOffered = what == "an approval is awaited"
        let storm = World.trigger(
            "storm", "error_rate(access, 10s) > 25%", .critical, isOffered ? .page : .auto)
        let world = world([storm, Self.down]) { world, task in
            what == "it is verified" ? TaskResult(ending: .exited(0)) : nil
        }
        world.deploy("2.0.0", errorRate: 0.4)
        let state: IncidentState =
            isOffered
            ? .awaitingApproval : what == "a rollback runs" ? .rollingBack : .verifying
        #expect(world.pass(upTo: 40) { $0.incident?.state == state })
        world.probePasses = false
        #expect(world.pass(upTo: 10) { $0.verdict("down") == .breached })
        #expect(world.kinds("trigger.breached").map(\.trigger) == ["storm", "down"])
        world.probePasses = true
        #expect(world.pass(upTo: 15) { $0.verdict("down") == .healthy })
        #expect(world.kinds("trigger.cleared").map(\.trigger).contains("down"))
    }

    // MARK: - What stops watchd and not people

    @Test func anApprovalMayBeGivenInMaintenance() {
        let world = World.offering()
        #expect(world.maintain().status == .done)
        world.pass(5)
        #expect(world.approve().status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func aPersonMayRollBackInSpiteOfAVeto() {
        let world = world([Self.storm, Self.veto])
        freeze(world)
        #expect(world.pass(upTo: 10) { $0.verdict("frozen") == .breached })
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { $0.lastDecision?.reason == "vetoed" })
        freeze(world, false)
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false),
            by: World.admin)
        #expect(reply.status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func aVetoForbidsOnlyWhileItIsBreached() {
        let world = world([Self.storm, Self.veto])
        freeze(world)
        #expect(world.pass(upTo: 10) { $0.verdict("frozen") == .breached })
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { $0.lastDecision?.reason == "vetoed" })
        freeze(world, false)
        world.errorRate = 0
        #expect(world.pass(upTo: 60) { $0.incident?.state == .cleared })
        world.errorRate = 0.4
        #expect(world.pass(upTo: 40) { !$0.methodTasks.isEmpty })
    }

    @Test func aVetoIsOfItsOwnServiceOnly() {
        var blog = World.service("blog", triggers: [Self.storm])
        blog.dependsOn = ["shop"]
        let world = world([Self.veto], services: [blog])
        world.reads = { world, service, _ in
            World.says(service == "blog" ? world.version : "1.0.0")
        }
        #expect(
            world.pass(upTo: 60) { world in
                world.kinds("release.good").contains { $0.service == "blog" }
            })
        freeze(world)
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { !$0.methodTasks.isEmpty })
        #expect(world.verdict("frozen") == .breached)
    }

    /// Whoever asked has seen more than the triggers do.
    @Test func aRollbackThatAPersonAskedForGoesOnThoughNoBreachIsLeft() {
        let gate = Gate(
            name: "ready", action: .unit(name: "gate", with: nil), timeout: .minutes(1))
        let world = world([Self.storm], plan: World.plan(gates: [gate])) { world, task in
            task.title.hasPrefix("gate") ? nil : world.obey(task)
        }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { !$0.tasks.isEmpty })
        world.command(.abort(rollback: world.state.rollback?.id ?? "", reason: "by hand"))
        world.finish(world.tasks[0], TaskResult(ending: .cancelled))
        world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false),
            by: World.admin)
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { $0.verdict("storm") == .healthy })
        #expect(world.methodTasks.isEmpty)
        if let gate = world.tasks.last { world.finish(gate, TaskResult(ending: .exited(0))) }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.count == 1)
    }

    @Test(arguments: ["watchd", "approval", "person"])
    func evidenceIsStoredBeforeTheFirstStepWhoeverAsks(_ asker: String) {
        let mode: TriggerConfiguration.Mode = asker == "watchd" ? .auto : .page
        let storm = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, mode)
        let world = world([storm, Self.down]) { world, task in
            let stored = world.stored.services["shop"]?.incident?.record.evidence
            #expect(stored?.readings["storm"]?["error_rate(access, 10s)"]?.value != nil)
            #expect(stored?.probes.map(\.name) == ["health"])
            return world.obey(task)
        }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { $0.incident != nil })
        if asker == "approval" { world.approve() }
        if asker == "person" {
            world.command(
                .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false))
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.count == 1)
    }

    // MARK: - Reasons

    /// What is breached by one signal while another one of its rule cannot be measured.
    @Test func aRuleOfWhichASignalIsBlindOnlyPages() {
        let either = World.trigger(
            "either", "error_rate(access, 10s) > 25% or failing(health) > 60%")
        let world = world([either])
        world.finds = { _, _, _ in .error("name not resolved") }
        world.pass(5)
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { $0.lastDecision != nil })
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == "blind")
        #expect(world.methodTasks.isEmpty)
        #expect(world.offer != nil)
    }

    @Test(
        arguments: [
            (.disarmed, "disarmed"), (.maintenance, "maintenance"), (.vetoed, "vetoed"),
            (.blind, "blind"), (.releaseUnknown, "release-unknown"),
            (.noReleaseSuspect, "no-release-suspect"),
            (.breachPredatesRelease, "breach-predates-release"), (.sameRelease, "same-release"),
            (.noKnownGood, "no-known-good"), (.targetQuarantined, "target-quarantined"),
            (.targetStale, "target-stale"), (.cooldown, "cooldown"),
            (.limitReached, "limit-reached"), (.commonCause, "common-cause"), (.busy, "busy"),
            (.gateBlocked("db"), "gate-blocked:db"), (.gateConsult("db"), "gate-consult:db"),
            (.awaitingApproval, "awaiting-approval"), (.held, "held"),
            (.releaseChanged, "release-changed"), (.storeUnavailable, "store-unavailable"),
            (.shadow, "shadow"), (.trigger("5xx storm"), "trigger:5xx storm"),
        ] as [(Reason, String)])
    func codesOfReasonsAreStable(_ reason: Reason, _ code: String) {
        #expect(reason.code == code)
    }
}
