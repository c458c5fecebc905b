// What was refused because the store took nothing does not happen later.

import Testing

@testable import WatchCore

struct RecordingTests {
    private static let root = Peer(uid: 0, name: "root")

    /// As the daemon does it; `works`: whether it becomes durable.
    @discardableResult
    private func command(_ command: Command, works: Bool, _ world: World) -> CommandReply {
        world.storeWorks = works
        let (reply, effects) = world.engine.perform(
            command.untilRecorded, by: Self.root, at: world.now)
        world.perform(effects)
        // What came of it is written with the next transaction that is taken.
        world.storeWorks = true
        world.perform(
            works
                ? world.engine.recorded(command, by: Self.root, at: world.now)
                : world.engine.takeBack(command, reply, effects, because: "full", at: world.now))
        world.handle(.storeRecovered)
        return reply
    }

    private func begin(_ release: String) -> Command {
        .beginOperation(
            OperationRequest(
                service: "shop", operation: "deploy", lease: .seconds(60),
                release: ReleaseIdentity(version: release)))
    }

    @Test func anOperationThatWasRefusedNeverBeganAndItsReleaseIsNotAnnounced() {
        let world = World()
        #expect(world.bakeFirst())
        command(begin("2.0.0"), works: false, world)
        world.pass(120)
        #expect(world.state.operation("deploy") == nil)
        #expect(world.state.latestPhases == nil)
        #expect(world.state.book.running?.release.version == "1.0.0")
        #expect(world.incident == nil)
        #expect(world.stored.services["shop"]?.operations == nil)
        command(begin("2.0.0"), works: true, world)
        #expect(world.state.operation("deploy") != nil)
        #expect(world.state.book.running?.release.version == "2.0.0")
    }

    /// Its undo would otherwise begin at no phase.
    @Test func thePhasesOfTheOneBeforeStayKnown() {
        let world = World()
        #expect(world.bakeFirst())
        command(begin("2.0.0"), works: true, world)
        let phase = Command.reachPhase(service: "shop", operation: "deploy", phase: "schema")
        command(phase, works: true, world)
        world.command(.endOperation(service: "shop", operation: "deploy", status: 1))
        command(begin("2.0.0"), works: false, world)
        #expect(world.state.phases(of: "deploy")?.phases == ["schema"])
        command(begin("2.0.0"), works: true, world)
        #expect(world.state.phases(of: "deploy")?.phases == [])
    }

    @Test func aPhaseThatWasRefusedIsNotReached() {
        let world = World()
        command(begin("1.0.0"), works: true, world)
        let phase = Command.reachPhase(service: "shop", operation: "deploy", phase: "schema")
        command(phase, works: false, world)
        #expect(world.state.phases(of: "deploy")?.phases == [])
        command(phase, works: true, world)
        #expect(world.stored.services["shop"]?.phases(of: "deploy")?.phases == ["schema"])
    }

    /// Before the engine hears that the store takes nothing: by then there may be room again.
    @Test func aRollbackThatWasRefusedIsWithdrawnAtOnce() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        #expect(world.pass(upTo: 60) { $0.state.book.running?.release.version == "2.0.0" })
        let ask = Command.rollback(
            service: "shop", to: nil, reason: "test", dryRun: false, force: false)
        let (reply, effects) = world.engine.perform(ask, by: Self.root, at: world.now)
        #expect(reply.status == .done)
        #expect(ask.mustBeRecorded(reply))
        #expect(world.state.rollback != nil)
        world.perform(
            world.engine.takeBack(ask, reply, effects, because: "full", at: world.now))
        #expect(world.state.rollback == nil)
        #expect(world.kinds("rollback.withdrawn").count == 1)
        world.pass(120)
        #expect(world.tasks.isEmpty)
    }

    @Test func aScheduledRollbackThatWasRefusedIsNotDone() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        #expect(world.pass(upTo: 60) { $0.state.book.running?.release.version == "2.0.0" })
        let request = ScheduleRequest(service: "shop", at: world.now.wall + .minutes(10))
        #expect(command(.schedule(request), works: false, world).status == .done)
        #expect(world.state.scheduled == nil)
        world.pass(900)
        #expect(world.tasks.isEmpty)
        #expect(world.kinds("rollback.unscheduled").count == 1)
        #expect(world.stored.services["shop"]?.scheduled == nil)
    }
}
