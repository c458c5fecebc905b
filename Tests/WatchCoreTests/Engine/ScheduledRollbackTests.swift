// A rollback that was asked for in the afternoon and happens at night, if it still makes sense.

import Testing

@testable import WatchCore

@Suite struct ScheduledRollbackTests {
    private func world() -> World {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(10)
        return world
    }

    @discardableResult
    private func schedule(
        _ world: World, _ ahead: Duration = .minutes(5), to: String? = nil, dryRun: Bool = false
    ) -> CommandReply {
        world.command(
            .schedule(
                ScheduleRequest(
                    service: "shop", at: world.now.wall + ahead, to: to, reason: "quiet hour",
                    isDryRun: dryRun)), by: Peer(uid: 7, name: "alice", operates: true))
    }

    @Test func itHappensAtItsTimeAndNotBefore() {
        let world = world()
        let reply = schedule(world)
        #expect(reply.status == .done)
        #expect(world.status?.scheduled?.id == reply.rollback)
        world.pass(299)
        #expect(world.tasks.isEmpty)
        #expect(world.incident == nil)
        world.pass(2)
        #expect(world.incident?.decision == "rollback")
        #expect(world.incident?.reason == "person:alice")
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
        #expect(world.status?.scheduled == nil)
    }

    @Test(arguments: [true, false])
    func itOutlivesARestart(sameBoot: Bool) {
        let world = world()
        schedule(world)
        world.crash(sameBoot: sameBoot)
        world.pass(295)
        #expect(world.tasks.isEmpty)
        #expect(world.pass(upTo: 80) { $0.version == "1.0.0" })
    }

    /// The hour was chosen for a reason, and nobody can tell any more when it is.
    @Test func aClockThatWasSetBackOverARebootMakesItNobodysHour() {
        let world = world()
        schedule(world)
        world.now.wall = world.now.wall - .hours(3)
        world.crash(sameBoot: false)
        world.pass(30)
        #expect(world.tasks.isEmpty)
        #expect(world.lastPage?.title.contains("schedule-missed") ?? false)
        #expect(world.status?.scheduled == nil)
    }

    @Test func itCanBeTakenBack() {
        let world = world()
        let id = schedule(world).rollback ?? ""
        #expect(schedule(world).reason == "busy")
        #expect(world.command(.abort(rollback: id, reason: "no need")).status == .done)
        #expect(world.command(.abort(rollback: id, reason: "")).status == .notFound)
        world.pass(400)
        #expect(world.tasks.isEmpty)
        #expect(world.kinds("rollback.unscheduled").count == 1)
    }

    /// It would tell people at night to leave the release that was gone back to.
    @Test func oneThatWasDoneByHandMeanwhileIsTakenBackAndNobodyIsWoken() {
        let world = world()
        schedule(world)
        let peer = Peer(uid: 7, name: "alice", operates: true)
        let now = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false),
            by: peer)
        #expect(now.status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.status?.scheduled == nil)
        #expect(world.kinds("rollback.unscheduled").count == 1)
        world.pass(1300)
        #expect(!world.messages.contains { $0.message.title.contains("scheduled") })
        #expect(world.incident == nil)
    }

    /// A flag that was turned off left the release where it is, and somebody wants it gone.
    @Test func oneIsKeptWhereTheReleaseThatItIsToLeaveStillRuns() {
        var method = Method(name: "switch off", steps: [World.step("flag")])
        method.check = .unit(name: "is-off", with: nil)
        method.changes = .flag
        let world = World(World.configuration(plan: World.plan(methods: [method])))
        world.answer = { world, _ in
            world.errorRate = 0
            return TaskResult(ending: .exited(0))
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(10)
        let id = schedule(world).rollback
        world.errorRate = 0.4
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.state.book.running?.release.version == "2.0.0")
        #expect(world.status?.scheduled?.id == id)
        #expect(world.kinds("rollback.unscheduled").isEmpty)
    }

    @Test func anotherReleaseByThenIsNotRolledBackAndPeopleAreTold() {
        let world = world()
        schedule(world)
        world.deploy("2.1.0")
        world.pass(310)
        #expect(world.tasks.isEmpty)
        #expect(
            world.lastPage?.title == "shop: the scheduled rollback was not done, release-changed")
    }

    @Test func oneThatWasMissedIsNotMadeUpFor() {
        let world = world()
        schedule(world)
        world.now = Moment(boot: world.now.boot + .hours(2), wall: world.now.wall + .hours(2))
        world.crash()
        world.pass(30)
        #expect(world.tasks.isEmpty)
        #expect(world.lastPage?.title.contains("schedule-missed") ?? false)
    }

    @Test func itIsDecidedAnewWhenItIsDue() {
        let world = world()
        schedule(world)
        world.command(.mark(service: "shop", version: "1.0.0", .bad, reason: "found out"))
        world.pass(310)
        #expect(world.tasks.isEmpty)
        #expect(world.lastPage?.title.contains("no-known-good") ?? false)
    }

    /// Somebody must be awake then, and is told so.
    @Test func whereEachMethodNeedsAnApprovalAnOfferIsPromised() {
        let world = World(World.configuration(plan: World.plan(methods: [World.restore()])))
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(10)
        let dry = schedule(world, dryRun: true).message
        #expect(dry.hasPrefix("would only offer to roll shop back from 2.0.0 to 1.0.0"))
        let reply = schedule(world)
        #expect(reply.status == .done)
        #expect(reply.message.contains("will not roll shop back from 2.0.0 to 1.0.0"))
        #expect(reply.message.contains("by itself: it offers that then"))
        #expect(reply.message.contains("restore: role cto"))
        #expect(world.pass(upTo: 310) { $0.offer != nil })
        #expect(world.methodTasks.isEmpty)
    }

    @Test func whatMakesNoSenseIsRefusedAtOnce() {
        let world = World()
        #expect(schedule(world).status == .refused)
        #expect(world.bakeFirst())
        #expect(schedule(world).reason == "no-known-good")
        world.deploy("2.0.0")
        world.pass(10)
        for ahead in [Duration.zero, .seconds(-5), .days(8)] {
            #expect(schedule(world, ahead).reason == "bad-time")
        }
        #expect(schedule(world, to: "2.0.0").reason == "same-release")
        #expect(schedule(world, dryRun: true).plan?.isEmpty == false)
        #expect(world.status?.scheduled == nil)
    }
}
