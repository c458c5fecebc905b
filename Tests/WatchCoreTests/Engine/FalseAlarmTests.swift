// `false-alarm` is a mark, not a state: an incident that is closed can have it, too.

import Testing

@testable import WatchCore

@Suite struct FalseAlarmTests {
    /// 2.0.0 was rolled back, and its incident is closed.
    private func closed(_ world: World = World()) throws -> (World, IncidentRecord) {
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        let id = world.id
        #expect(world.pass(upTo: 120) { $0.incident == nil })
        #expect(world.standing("2.0.0") == .bad)
        return (world, try #require(world.records[id]))
    }

    private func mark(_ world: World, _ record: IncidentRecord) -> CommandReply {
        let (reply, effects) = world.engine.markFalseAlarm(
            record, comment: "a load test", by: World.admin, at: world.now)
        world.perform(effects)
        return reply
    }

    @Test func aClosedIncidentIsMarkedAndItsReleaseIsNoLongerBad() throws {
        let (world, record) = try closed()
        let messages = world.messages.count
        #expect(mark(world, record).status == .done)
        #expect(world.records[record.id]?.isFalseAlarm ?? false)
        #expect(world.records[record.id]?.state == .closed)
        #expect(world.records[record.id]?.closed == record.closed)
        #expect(world.standing("2.0.0") == .baking)
        #expect(world.kinds("incident.false-alarm").last?.incident == record.id)
        #expect(world.kinds("incident.false-alarm").last?.text.contains("load test") ?? false)
        // Nobody is told, and nothing opens.
        #expect(world.messages.count == messages)
        #expect(world.incident == nil)
        world.crash()
        #expect(world.standing("2.0.0") == .baking)
    }

    @Test func whatIsMarkedDuringALaterIncidentLeavesThatAlone() throws {
        let (world, record) = try closed()
        world.command(.declare(service: "shop", severity: .high, reason: "something else"))
        let id = world.id
        #expect(mark(world, record).status == .done)
        #expect(world.id == id)
        #expect(!(world.incident?.isFalseAlarm ?? true))
        #expect(world.records[record.id]?.isFalseAlarm ?? false)
    }

    @Test func whatAnotherRollbackProvedStands() throws {
        let (world, record) = try closed(
            World(World.configuration(limits: Limits(maxRollbacks: 9, cooldown: .zero))))
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.kinds("release.bad").count == 2 })
        #expect(mark(world, record).status == .done)
        #expect(world.standing("2.0.0") == .bad)
    }

    @Test func whatIsStillOpenIsNotMarkedAsClosed() throws {
        let (world, record) = try closed()
        var open = record
        open.state = .recovered
        #expect(mark(world, open).status == .refused)
        #expect(world.standing("2.0.0") == .bad)
    }
}
