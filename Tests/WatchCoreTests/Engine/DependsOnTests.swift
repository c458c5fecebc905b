// A parent's incident explains its children's: it suppresses their pages, never detection or
// resolution.

import Testing

@testable import WatchCore

@Suite struct DependsOnTests {
    private func world() -> World {
        let trigger = World.trigger("slow", "error_rate(access, 10s) > 25%", .high, .page)
        let parent = World.service("db", triggers: [trigger])
        var child = World.service("shop", triggers: [trigger])
        child.dependsOn = ["db"]
        return World(World.configuration(services: [parent, child]))
    }

    @Test func aParentsOpenIncidentSuppressesPagesForItsChildren() throws {
        let world = world()
        world.pass(30)
        world.errorRates = ["db": 0.4, "shop": 0]
        #expect(world.pass(upTo: 60) { !$0.pages(of: "db").isEmpty })
        world.errorRates = ["db": 0.4, "shop": 0.4]
        world.pass(60)
        #expect(world.pages(of: "shop").isEmpty)
        let records = world.engine.openIncidents
        let parent = try #require(records.first { $0.service == "db" })
        let child = try #require(records.first { $0.service == "shop" })
        #expect(child.mutedBy == "depends-on:\(parent.id)")
        #expect(child.state == .open)
        #expect(world.kinds("trigger.breached").contains { $0.service == "shop" })
    }

    @Test func whenTheParentsIncidentClosesAndTheChildIsStillBreachedItIsPaged() {
        let world = world()
        world.pass(30)
        world.errorRates = ["db": 0.4, "shop": 0]
        #expect(world.pass(upTo: 60) { !$0.pages(of: "db").isEmpty })
        world.errorRates = ["db": 0, "shop": 0.4]
        #expect(world.pass(upTo: 60) { !$0.kinds("incident.cleared").isEmpty })
        world.pass(30)
        #expect(world.pages(of: "shop").isEmpty)
        #expect(world.pass(upTo: 120) { !$0.pages(of: "shop").isEmpty })
        #expect(world.engine.openIncidents.map(\.service) == ["shop"])
        world.pass(60)
        #expect(world.pages(of: "shop").count == 1)
    }

    @Test func aChildThatClearsUnderItsParentIsResolvedInSilence() {
        let world = world()
        world.pass(30)
        world.errorRates = ["db": 0.4, "shop": 0]
        #expect(world.pass(upTo: 60) { !$0.pages(of: "db").isEmpty })
        world.errorRates = ["db": 0.4, "shop": 0.4]
        world.pass(30)
        world.errorRates = ["db": 0.4, "shop": 0]
        #expect(world.pass(upTo: 150) { $0.engine.openIncidents.count == 1 })
        #expect(world.messages.allSatisfy { $0.message.service == "db" })
    }

    @Test func aParentOfWhichNobodyWasToldExplainsNothing() {
        let parent = World.service(
            "db",
            triggers: [World.trigger("slow", "error_rate(access, 10s) > 25%", .low, .page)])
        var child = World.service(
            "shop",
            triggers: [World.trigger("slow", "error_rate(access, 10s) > 25%", .high, .page)])
        child.dependsOn = ["db"]
        let world = World(World.configuration(services: [parent, child]))
        world.pass(30)
        world.errorRate = 0.4
        #expect(world.pass(upTo: 60) { !$0.pages(of: "shop").isEmpty })
    }

    @Test func aParentThatRecoveredExplainsNoNewBreach() {
        let world = world()
        world.pass(30)
        world.errorRates = ["db": 0.4, "shop": 0]
        #expect(world.pass(upTo: 60) { !$0.pages(of: "db").isEmpty })
        world.errorRates = ["db": 0, "shop": 0]
        #expect(world.pass(upTo: 60) { !$0.kinds("incident.cleared").isEmpty })
        world.errorRates = ["db": 0, "shop": 0.4]
        #expect(world.pass(upTo: 30) { !$0.pages(of: "shop").isEmpty })
    }
}
