// A signal that cannot be measured for 5 minutes: an incident of its own kind, which pages and
// stands in nobody's way.

import Testing

@testable import WatchCore

@Suite struct BlindIncidentTests {
    private func world(noData: NoData = .page) -> World {
        var service = World.service()
        service.noData = noData
        let world = World(World.configuration(services: [service]))
        _ = world.bakeFirst()
        return world
    }

    private func unreadable(_ world: World, _ isBlind: Bool = true) {
        world.logs =
            isBlind
            ? { _, _ in StreamBatch(source: .unreadable("permission denied")) } : nil
    }

    private func blind(_ world: World) -> IncidentRecord? { world.engine.openBlindIncidents.first }

    @Test func aSignalThatIsBlindFor5MinutesOpensAPageOnlyIncidentOfItsOwnKind() throws {
        let world = world()
        unreadable(world)
        world.pass(290)
        #expect(blind(world) == nil)
        world.pass(15)
        let incident = try #require(blind(world))
        #expect(incident.breaches.isEmpty)
        #expect(incident.blind.map(\.signal) == ["access"])
        #expect(incident.reason == "unreadable")
        #expect(world.pages == ["shop: access cannot be measured (unreadable)"])
        #expect(world.incident == nil)
        #expect(world.methodTasks.isEmpty)
    }

    @Test func aBreachThatComesWhileItIsOpenIsDecidedAndActedUpon() {
        let world = world()
        unreadable(world)
        world.pass(305)
        #expect(blind(world) != nil)
        world.deploy("2.0.0", passes: false)
        #expect(world.pass(upTo: 90) { $0.version == "1.0.0" })
        #expect(world.kinds("decision").last?.decision == "rollback")
        #expect(blind(world) != nil)
    }

    @Test func whenSightReturnsItIsResolvedInTheSamePlace() {
        let world = world()
        unreadable(world)
        world.pass(305)
        unreadable(world, false)
        #expect(world.pass(upTo: 30) { blind($0) == nil })
        #expect(world.messages.last?.message.kind == .resolve)
        #expect(world.messages.last?.channel == "chat")
        #expect(world.messages.count == 2)
    }

    @Test func aGlimpseDoesNotEndTheBlindness() {
        let world = world()
        unreadable(world)
        world.pass(150)
        unreadable(world, false)
        world.pass(2)
        unreadable(world)
        world.pass(153)
        #expect(blind(world) != nil)
    }

    @Test func noDataRecordTurnsThePageOff() {
        let world = world(noData: .record)
        unreadable(world)
        world.pass(310)
        #expect(blind(world)?.decision == "record")
        #expect(world.messages.isEmpty)
    }

    @Test func itIsKeptThroughACrashAndNotPagedTwice() {
        let world = world()
        unreadable(world)
        world.pass(310)
        world.crash()
        // Less than `respond_within`: whoever does not answer is paged again.
        world.pass(200)
        #expect(world.pages.count == 1)
        #expect(blind(world) != nil)
        unreadable(world, false)
        #expect(world.pass(upTo: 30) { blind($0) == nil })
    }

    @Test func whatAPersonClosedIsNotOpenedAgainForTheSameBlindness() throws {
        let world = world()
        unreadable(world)
        world.pass(310)
        let id = try #require(blind(world)?.id)
        #expect(world.command(.acknowledge(incident: id, comment: "")).status == .done)
        #expect(world.command(.resolve(incident: id, comment: "known")).status == .done)
        world.pass(400)
        #expect(blind(world) == nil)
        #expect(world.pages.count == 1)
        unreadable(world, false)
        world.pass(30)
        unreadable(world)
        world.pass(310)
        #expect(blind(world) != nil)
    }

    @Test func inMaintenanceAndInASilenceItsPageIsKeptBack() {
        let world = world()
        _ = world.silence(for: .minutes(8))
        unreadable(world)
        world.pass(400)
        #expect(blind(world)?.muted == 1)
        #expect(world.pages.isEmpty)
        #expect(world.pass(upTo: 120) { !$0.pages.isEmpty })
    }

    @Test func aProbeThatCannotAskIsBlindForItsConnection() throws {
        let world = world()
        world.finds = { _, _, _ in .error("name not resolved") }
        world.pass(310)
        let incident = try #require(blind(world))
        #expect(incident.reason == "connectivity")
        #expect(incident.blind.map(\.signal) == ["health"])
    }
}
