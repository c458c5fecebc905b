// What is only announced may not run for hours: a migration comes first. Until a source has read
// it, the old release runs, and what that does speaks neither for the new one nor against
// suspecting it.

import Testing

@testable import WatchCore

struct AnnouncedReleaseTests {
    private func world(_ operations: OperationRules = OperationRules()) -> World {
        var service = World.service()
        service.suspectFor = .minutes(1)
        service.operations = operations
        let world = World(World.configuration(services: [service]))
        #expect(world.bakeFirst())
        return world
    }

    private func begin(_ world: World, release: String? = "2.0.0") -> CommandReply {
        world.command(
            .beginOperation(
                OperationRequest(
                    service: "shop", operation: "deploy", estimate: .hours(2), lease: .hours(1),
                    release: release.map { ReleaseIdentity(version: $0) })))
    }

    @Test func itIsNotGoodBeforeASourceHasReadIt() {
        let world = world()
        world.announce("2.0.0")
        world.pass(300)
        #expect(world.runs == "2.0.0")
        #expect(world.standing("2.0.0") == .baking)
        world.version = "2.0.0"
        world.pass(30)
        #expect(world.standing("2.0.0") == .good)
    }

    /// Or a rollback would go to a release that never ran.
    @Test func afterALongOperationItIsNoTarget() {
        let world = world()
        #expect(begin(world).status == .done)
        world.pass(1800)
        #expect(world.standing("2.0.0") == .baking)
        world.announce("3.0.0")
        world.version = "3.0.0"
        world.pass(5)
        #expect(world.state.book.lastKnownGood?.identity.version == "1.0.0")
    }

    @Test(arguments: [false, true])
    func itIsSuspectFromWhenItRanThoughItWasAnnouncedLongBefore(_ restarts: Bool) {
        let world = world()
        #expect(begin(world).status == .done)
        world.pass(600)
        #expect(world.suspicion == nil)
        if restarts { world.restart() }
        world.version = "2.0.0"
        world.pass(30)
        #expect(world.suspicion == nil)
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { $0.lastDecision != nil })
        #expect(world.lastDecision?.decision == "rollback")
    }

    @Test func aMinuteLaterItIsNot() {
        let world = world()
        #expect(begin(world).status == .done)
        world.pass(600)
        world.version = "2.0.0"
        world.pass(70)
        #expect(world.suspicion == "no-release-suspect")
    }

    /// A reboot forgets what the sources said, and nobody may take the release for a new one then.
    @Test(arguments: ["announced first", "read first", "read long before"])
    func aMinuteLaterItIsNotThroughAReboot(_ how: String) {
        let world = world()
        if how == "announced first" {
            world.announce("2.0.0")
            world.version = "2.0.0"
            world.pass(5)
        } else {
            world.version = "2.0.0"
            world.pass(how == "read first" ? 1 : 10)
            world.announce("2.0.0")
        }
        world.pass(70)
        #expect(world.suspicion == "no-release-suspect")
        world.crash(sameBoot: false)
        #expect(world.suspicion == "no-release-suspect")
        world.pass(5)
        #expect(world.suspicion == "no-release-suspect")
    }

    /// Nobody can read it: what is said must do.
    @Test func withoutASourceItBakesAsAnnounced() {
        let service = World.service(version: [])
        let world = World(World.configuration(services: [service]))
        world.announce("2.0.0")
        world.pass(30)
        #expect(world.standing("2.0.0") == .good)
    }

    // MARK: - While it is rolled back

    /// Both would work on one database, and what the first one reached would be forgotten.
    @Test func noOperationBeginsWhileTheServiceIsRolledBack() {
        let world = world(OperationRules(severity: .critical, mode: .auto))
        #expect(begin(world).status == .done)
        world.command(.reachPhase(service: "shop", operation: "deploy", phase: "schema"))
        world.answer = { _, _ in nil }
        world.command(.endOperation(service: "shop", operation: "deploy", status: 1))
        #expect(world.pass(upTo: 20) { !$0.methodTasks.isEmpty })
        let again = begin(world)
        #expect(again.status == .refused)
        #expect(again.reason == "busy")
        #expect(again.message.contains(world.state.rollback?.id ?? "?"))
        #expect(world.state.phases(of: "deploy")?.phases == ["schema"])
        world.answer = { $0.obey($1) }
        if let task = world.tasks.last { world.finish(task, TaskResult(ending: .exited(0))) }
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(begin(world).status == .done)
    }

    // MARK: - ${from.began}

    /// A backup that was made since may hold what the bad release has done.
    @Test func stepsAreToldSinceWhenTheBadReleaseRuns() {
        let world = world()
        world.version = "2.0.0"
        world.pass(2)
        let began = world.deployments.last?.began.wall ?? .seconds(0)
        world.pass(10)
        // Deployed again with another configuration: it is the same code.
        world.now.boot = world.now.boot + .minutes(20)
        world.now.wall = world.now.wall + .minutes(20)
        world.announce("2.0.0")
        world.pass(5)
        #expect(world.deployments.count == 3)
        world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false))
        #expect(world.pass(upTo: 20) { !$0.methodTasks.isEmpty })
        let seconds = began.nanoseconds / 1_000_000_000
        #expect(world.tasks.first?.variables["from.began"] == "\(seconds)")
    }
}
