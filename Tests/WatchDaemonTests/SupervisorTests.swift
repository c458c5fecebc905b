// The engine's owner: nothing that is slow may hold up an event.

import Logging
import Testing
import WatchCore
import WatchSystem

@testable import WatchDaemon

struct SupervisorTests {
    /// Saves that wait until they are let go, and what was stored meanwhile.
    private final class Disk: Sendable {
        let saves = Happenings<Checkpoint>()
        let freed = Happenings<Bool>()
        let stored = Happenings<String>()

        func supervisor(_ queue: EventQueue) -> (Supervisor, EffectPerformer) {
            let time = SystemTime()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let performer = EffectPerformer(
                hands: Hands(
                    run: { _ in }, resume: { _ in }, cancel: { _ in }, readVersions: { _ in },
                    probeNow: { _, _ in }, checkConnectivity: {}, deliver: {},
                    deliverFromMemory: { _ in }),
                logger: logger,
                store: { [stored] transaction in
                    for event in transaction.events { stored.append(event.kind) }
                    return []
                }, stored: { _ in }, report: { queue.post($0) })
            let supervisor = Supervisor(
                engine: Engine(configuration: Configuration(), now: time.now()), positions: [:],
                daemon: StatusReport.Daemon(
                    version: "1", pid: 1, started: time.now().wall, configuration: "/",
                    stateDirectory: "/"),
                time: time, queue: queue, performer: performer, manager: ServiceManager(),
                logger: logger,
                saveCheckpoint: { [saves, freed] checkpoint in
                    saves.append(checkpoint)
                    _ = await freed.first { _ in true }
                    return .milliseconds(1)
                })
            return (supervisor, performer)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aCheckpointThatTakesLongHoldsUpNoEvent() async throws {
        let disk = Disk()
        let queue = EventQueue()
        let (supervisor, performer) = disk.supervisor(queue)
        async let running: Void = supervisor.run()
        async let performing: Void = performer.run()
        queue.post(.tick)
        _ = try #require(await disk.saves.first { _ in true })
        queue.post(.command(.arm(service: nil, reason: "test"), by: Peer(uid: 0, name: "root")))
        _ = try #require(await disk.stored.first { $0.contains("arm") })
        #expect(disk.saves.all.count == 1)
        disk.freed.append(true)
        queue.finish()
        await running
        performer.finish()
        await performing
        // The last one is written at the stop, after the one under way.
        #expect(disk.saves.all.count == 2)
    }
}
