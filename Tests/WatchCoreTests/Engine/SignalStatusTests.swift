// What `status` says of a stream whose lines are of no use.

import Testing

@testable import WatchCore

@Suite struct SignalStatusTests {
    private func signal(_ world: World) -> ServiceStatus.SignalStatus? {
        world.status?.signals.first { $0.name == "access" }
    }

    /// The lines leave the last minute, and with it every reason to call it blind.
    @Test func aStreamOfWhichNoLineWasUsableIsNotPassing() {
        let world = World()
        world.logs = { _, _ in
            var losses = StreamBatch.Losses()
            losses.unparsed = 5
            return StreamBatch(lines: 5, losses: losses)
        }
        world.pass(10)
        #expect(signal(world)?.state == .blind)
        world.logs = { _, _ in StreamBatch() }
        world.pass(300)
        #expect(signal(world)?.state == .waiting)
        let note = signal(world)?.note ?? ""
        #expect(note.contains("no usable line yet"), "\(note)")
        #expect(note.contains("watchctl stream shop/access --input LOG"), "\(note)")
        world.logs = { world, _ in world.batch(5) }
        world.pass(2)
        #expect(signal(world)?.state == .passing)
        #expect(signal(world)?.note == nil)
    }
}
