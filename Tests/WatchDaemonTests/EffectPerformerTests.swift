// Nothing is done whose intent is not durable; what could not be stored is stored later, once.

import Logging
import Synchronization
import Testing
import WatchCore

@testable import WatchDaemon

struct EffectPerformerTests {
    private struct Full: Error {}

    private final class Bench: Sendable {
        let done = Mutex<[String]>([])
        let isFull = Mutex(false)
        /// Steps find none for their records.
        let hasRoom = Mutex(true)
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        var room: StepRoom { StepRoom(logger: quiet) { self.heard($0) } }

        func heard(_ event: Event) {
            switch event {
            case .storeFailed(_, let skipped): note("failed \(skipped)")
            case .storeRecovered: note("recovered")
            default: break
            }
        }

        func note(_ what: String) { done.withLock { $0.append(what) } }

        func performer(_ room: StepRoom? = nil) -> EffectPerformer {
            EffectPerformer(
                hands: Hands(
                    run: { self.note("run \($0.id)") }, resume: { self.note("resume \($0.id)") },
                    cancel: { self.note("cancel \($0)") }, readVersions: { _ in },
                    probeNow: { _, _ in }, checkConnectivity: {}, deliver: { self.note("deliver") },
                    deliverFromMemory: { self.note("memory \($0.map(\.id))") },
                    hasRoom: { self.hasRoom.withLock { $0 } }),
                room: room ?? self.room, logger: quiet,
                store: { transaction in
                    if self.isFull.withLock({ $0 }) { throw Full() }
                    self.note("store \(transaction.events.map(\.kind))")
                    return transaction.events
                },
                stored: { _ in },
                report: { self.heard($0) })
        }
    }

    private func intent(_ kind: String) -> Effect {
        .persist(
            Transaction(events: [EventRecord(time: WallTime(nanoseconds: 0), kind: kind, text: "")])
        )
    }

    private func task(_ id: String) -> StepTask {
        StepTask(
            id: id, service: "shop", rollback: "r", title: "t", action: .exec([]), variables: [:],
            timeout: .seconds(1))
    }

    @Test func aTaskRunsAfterItsIntentIsDurable() async {
        let bench = Bench()
        let performer = bench.performer()
        performer.submit([intent("a"), .run(task("t1")), .deliver])
        performer.finish()
        await performer.run()
        #expect(bench.done.withLock { $0 } == ["store [\"a\"]", "run t1", "deliver"])
    }

    @Test func withoutAStoreNothingRunsAndTheMissedIsStoredOnceLater() async {
        let bench = Bench()
        bench.isFull.withLock { $0 = true }
        let performer = bench.performer()
        let running = Task { await performer.run() }
        let problem = await performer.submitAndWait([
            intent("a"), .run(task("t1")), .cancel(id: "t0"), .deliver,
        ])
        #expect(problem != nil)
        _ = await performer.submitAndWait([intent("b")])
        bench.isFull.withLock { $0 = false }
        performer.retryStore()
        performer.retryStore()
        performer.finish()
        await running.value
        let expected = [
            "cancel t0", "failed [\"t1\"]", "failed []", "store [\"a\", \"b\"]", "recovered",
            "store []",
        ]
        #expect(bench.done.withLock { $0 } == expected)
    }

    /// It may have run before watchd was restarted: nobody may say that it surely did not.
    @Test func aTaskThatIsAskedAfterIsNeverAmongTheSkipped() async {
        let bench = Bench()
        bench.isFull.withLock { $0 = true }
        let performer = bench.performer()
        performer.submit([intent("a"), .resume(task("t1"))])
        performer.finish()
        await performer.run()
        #expect(bench.done.withLock { $0 } == ["failed []"])
    }

    /// What the store writes found room, and the step's own records did not: what is stored goes
    /// on being stored, and the step is resumed when there is room for it, not before.
    @Test func aStepThatFoundNoRoomIsHeardOfAgainWhenThereIsSome() async {
        let bench = Bench()
        bench.hasRoom.withLock { $0 = false }
        let room = bench.room
        let performer = bench.performer(room)
        let running = Task { await performer.run() }
        performer.retryStore()
        room.putOff(["t1"], "no space left")
        performer.retryStore()
        _ = await performer.submitAndWait([intent("a"), .deliver])
        bench.hasRoom.withLock { $0 = true }
        performer.retryStore()
        performer.finish()
        await running.value
        #expect(
            bench.done.withLock { $0 } == [
                "failed [\"t1\"]", "store []", "store [\"a\"]", "deliver", "store []", "recovered",
            ])
    }

    @Test func theBacklogKeepsTheLatestEventsOnly() {
        let events = (0..<5).map {
            EventRecord(time: WallTime(nanoseconds: 0), kind: "\($0)", text: "")
        }
        let merged = Transaction(events: Array(events[..<3]))
            .followed(by: Transaction(events: Array(events[3...])), limit: 4)
        #expect(merged.events.map(\.kind) == ["1", "2", "3", "4"])
    }
}
