// The main job: a bad release is found and rolled back, once, and that it helped is proven.

import Testing

@testable import WatchCore

@Suite struct MainJobTests {
    @Test func aReleaseBecomesGoodAfterItsBakeOfEvidence() {
        let world = World()
        #expect(world.bakeFirst())
        #expect(world.state.book.release(version: "1.0.0")?.standing == .good)
    }

    @Test func aBadReleaseIsRolledBackAndTheCureIsProven() throws {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
        #expect(world.methodTasks == ["method symlink: activate"])
        #expect(world.lastDecision?.decision == "rollback")
        #expect(world.lastDecision?.reason == "trigger:storm")
        #expect(world.state.book.release(version: "2.0.0")?.standing == .bad)
        let titles = world.messages.map(\.message.title)
        #expect(titles.contains { $0.contains("rollback in progress, 2.0.0 → 1.0.0") })
        #expect(titles.contains { $0.contains("rollback complete, 1.0.0 runs") })
        let incident = try #require(world.incident)
        let downtime = try #require(incident.downtime)
        let detection = try #require(incident.detectionTime)
        let execution = try #require(incident.executionTime)
        #expect(downtime == detection + execution)
        #expect(detection >= .seconds(1))
    }

    @Test func aReleaseThatDiesAtBootIsRolledBackToo() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.1.0", passes: false)
        world.requestsPerSecond = 0
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        world.requestsPerSecond = 50
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.kinds("decision").first?.reason == "trigger:down")
        #expect(world.version == "1.0.0")
    }

    @Test func whatWasPagedIsResolvedInTheSamePlaceAfterProbation() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 90) { $0.incident == nil })
        let last = world.messages.last
        #expect(last?.message.kind == .resolve)
        #expect(last?.channel == "chat")
    }

    @Test func noActionWithoutAStoredIntent() {
        // `World.run` stops the test when a task runs whose intent is not stored.
        let world = World(
            World.configuration(
                plan: World.plan(
                    gates: [
                        Gate(
                            name: "ready", action: .unit(name: "gate", with: nil),
                            timeout: .seconds(5))
                    ], before: [World.step("snapshot")], after: [World.step("open")])))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(
            world.tasks.map(\.title) == [
                "gate ready", "before: snapshot", "method symlink: activate", "after: open",
            ])
    }

    @Test func sameEventsSameEffects() {
        func run() -> [EventRecord] {
            let world = World()
            _ = world.bakeFirst()
            world.deploy("2.0.0", errorRate: 0.4)
            world.pass(90)
            return world.events
        }
        #expect(run() == run())
    }
}
