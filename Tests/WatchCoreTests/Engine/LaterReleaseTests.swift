// An incident that was handed over and forgotten: what a later release breaks is another cause, and
// is decided anew as the mode says. What people look after is theirs.

import Testing

@testable import WatchCore

@Suite struct LaterReleaseTests {
    /// 2.0.0 was rolled back in vain, by the database's fault; then all is well, and nobody closes
    /// the incident.
    private func forgotten(
        _ mode: TriggerConfiguration.Mode = .auto,
        _ change: (inout Configuration) -> Void = { _ in }
    ) -> World {
        let triggers = [
            World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, mode),
            World.trigger("down", "failing(health) > 60%"),
        ]
        var configuration = World.configuration(
            services: [World.service(triggers: triggers)],
            limits: Limits(maxRollbacks: 9, per: .hours(24), cooldown: .minutes(1)))
        configuration.access = World.access
        change(&configuration)
        let world = World(configuration)
        world.answer = { world, task in
            let result = world.obey(task)
            if world.version == "1.0.0", !world.isWell { world.errorRate = 0.4 }
            return result
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { $0.lastDecision != nil })
        if mode == .page { world.approve() }
        #expect(world.pass(upTo: 240) { $0.incident?.state == .handedOver })
        world.isWell = true
        world.errorRate = 0
        world.pass(120)
        #expect(world.incident?.state == .handedOver)
        return world
    }

    @Test func aReleaseThatIsDeployedLaterAndBreaksIsRolledBack() {
        let world = forgotten()
        let id = world.id
        let first = world.incident?.rollbacks.count ?? 0
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { ($0.incident?.rollbacks.count ?? 0) > first })
        #expect(world.id == id)
        #expect(world.incident?.rollbacks.last?.from.version == "3.0.0")
        #expect(world.lastDecision?.reason == "trigger:storm")
        #expect(world.kinds("incident.later-release").count == 1)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
        // The figures are those of the later release.
        #expect(world.incident?.detectionTime ?? .hours(1) < .minutes(1))
        #expect(world.incident?.release?.version == "3.0.0")
    }

    @Test func inModePageItIsOffered() {
        let world = forgotten(.page)
        #expect(world.offer == nil)
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.offer != nil })
        #expect(world.offer?.from.version == "3.0.0")
        #expect(world.lastPage?.text.contains("watchctl approve") ?? false)
        #expect(world.approve().status == .done)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
    }

    @Test func whatPeopleLookAfterIsTheirsAndOffered() {
        let world = forgotten { $0.policy[.critical]?.ackExpires = .hours(1) }
        world.command(.acknowledge(incident: world.id, comment: "on it"), by: World.admin)
        let tasks = world.methodTasks.count
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.lastDecision?.reason == "handed-over" })
        #expect(world.lastDecision?.text.contains("alice looks after it") ?? false)
        #expect(world.offer?.from.version == "3.0.0")
        world.pass(60)
        #expect(world.methodTasks.count == tasks)
    }

    /// It was rolled back from in this incident, and that did not help: not twice for one cause.
    @Test func theReleaseThatTheIncidentIsAboutIsPagedOnly() {
        let world = forgotten()
        let tasks = world.methodTasks.count
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.lastDecision?.reason == "not-the-release" })
        world.pass(60)
        #expect(world.methodTasks.count == tasks)
        #expect(world.offer == nil)
    }

    @Test func allThatForbidsARollbackForbidsItHereToo() {
        let world = forgotten()
        world.command(.disarm(service: nil, for: nil, reason: "work"))
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.lastDecision?.reason == "disarmed" })
        #expect(world.offer != nil)
        #expect(world.incident?.state == .handedOver)
    }

    @Test func itIsStillHandedOverWhenAGateForbidsIt() {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(10))
        let world = forgotten { $0.plans[0].gates = [gate] }
        world.answer = { world, task in
            task.title.hasPrefix("gate ") ? TaskResult(ending: .exited(10)) : world.obey(task)
        }
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { !$0.kinds("rollback.withdrawn").isEmpty })
        #expect(world.incident?.state == .handedOver)
        #expect(world.offer?.from.version == "3.0.0")
    }

    @Test func itOutlivesACrash() {
        let world = forgotten()
        world.crash(sameBoot: false)
        world.pass(60)
        world.deploy("3.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.rollbacks.last?.from.version == "3.0.0" })
    }
}
