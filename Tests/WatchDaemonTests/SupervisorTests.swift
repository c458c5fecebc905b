// The engine's owner: nothing that is slow may hold up an event.

import Logging
import Synchronization
import Testing
import WatchCore
import WatchSystem

@testable import WatchDaemon

struct SupervisorTests {
    private struct DiskFull: Error {}

    /// Saves that wait until they are let go, and what was stored meanwhile.
    private final class Disk: Sendable {
        let saves = Happenings<Checkpoint>()
        let freed = Happenings<Bool>()
        let stored = Happenings<String>()
        let isFull = Mutex(false)

        func supervisor(
            _ queue: EventQueue, _ configuration: Configuration = Configuration()
        ) -> (Supervisor, EffectPerformer) {
            let time = SystemTime()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let performer = EffectPerformer(
                hands: Hands(
                    run: { _ in }, resume: { _ in }, cancel: { _ in }, readVersions: { _ in },
                    probeNow: { _, _ in }, checkConnectivity: {}, deliver: {},
                    deliverFromMemory: { _ in }),
                room: StepRoom(logger: logger) { queue.post($0) }, logger: logger,
                store: { [self, stored] transaction in
                    if isFull.withLock({ $0 }) { throw DiskFull() }
                    for event in transaction.events { stored.append(event.kind) }
                    return []
                }, stored: { _ in }, report: { queue.post($0) })
            let supervisor = Supervisor(
                engine: Engine(configuration: configuration, now: time.now()), positions: [:],
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

    @Test(.timeLimit(.minutes(10)))
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

    /// `watchctl run` does not run its command then.
    @Test(.timeLimit(.minutes(10)))
    func whatWasRefusedForAFullDiskIsNotDoneWhenThereIsRoomAgain() async throws {
        let disk = Disk()
        let queue = EventQueue()
        let service = ServiceConfiguration(name: "shop")
        let (supervisor, performer) = disk.supervisor(
            queue, Configuration(services: [service]))
        async let performing: Void = performer.run()
        let root = Peer(uid: 0, name: "root")
        disk.isFull.withLock { $0 = true }
        let begin = Command.beginOperation(
            OperationRequest(
                service: "shop", operation: "deploy", lease: .seconds(60),
                release: ReleaseIdentity(version: "2.0.0")))
        let refused = await supervisor.perform(begin, by: root)
        #expect(refused.status == .refused)
        #expect(refused.reason == "store-unavailable")
        disk.isFull.withLock { $0 = false }
        let end = await supervisor.perform(
            .endOperation(service: "shop", operation: "deploy", status: 0), by: root)
        #expect(end.status == .notFound)
        #expect(await supervisor.releases(of: "shop").first?.running == nil)
        let begun = await supervisor.perform(begin, by: root)
        #expect(begun.status == .done, "\(begun.message)")
        #expect(await supervisor.releases(of: "shop").first?.running == "2.0.0")
        performer.finish()
        await performing
    }
}
