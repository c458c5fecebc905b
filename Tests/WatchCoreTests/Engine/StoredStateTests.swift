// State that an older watchd stored is read, and the work in it goes on.

import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct StoredStateTests {
    private func decoded(_ text: String) throws -> DurableState {
        try JSONDecoder().decode(DurableState.self, from: Data(text.utf8))
    }

    @Test func aRollbackThatAnOlderWatchdBeganIsFinished() throws {
        let state = try decoded(StoredStateFixtures.inStep)
        let rollback = try #require(state.services["shop"]?.rollback)
        #expect(rollback.pending?.id == "shop-3-r1.m0s0t1")
        let world = World()
        world.version = "2.0.0"
        world.errorRate = 0.4
        world.answer = { _, _ in nil }
        world.adopt(state)
        world.restart(from: state)
        #expect(world.tasks.map(\.id) == ["shop-3-r1.m0s0t1"])
        world.answer = { $0.obey($1) }
        world.finish(world.tasks[0], world.obey(world.tasks[0]) ?? TaskResult(ending: .exited(1)))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
    }

    @Test func anIncidentThatAnOlderWatchdPagedIsStillAnswered() throws {
        let state = try decoded(StoredStateFixtures.paged)
        let incident = try #require(state.services["shop"]?.incident)
        #expect(incident.record.acknowledgedBy == "root")
        #expect(incident.pagedChannels == ["chat"])
        let world = World()
        world.version = "2.0.0"
        world.errorRate = 0
        world.restart(from: state)
        #expect(!world.engine.isArmed(at: world.now))
        #expect(world.pass(upTo: 200) { $0.incident == nil })
        #expect(world.messages.last?.message.kind == .resolve)
    }

    @Test func whatIsWrittenTodayIsReadBack() throws {
        let world = World.withBadRelease()
        _ = world.maintain()
        _ = world.silence()
        world.pass(60)
        let bytes = try JSONEncoder().encode(world.stored)
        let back = try JSONDecoder().decode(DurableState.self, from: bytes)
        #expect(back.services["shop"]?.incident?.held != nil)
        #expect(back.host.quiet?.silences.count == 1)
        #expect(try JSONEncoder().encode(back).count == bytes.count)
    }
}
