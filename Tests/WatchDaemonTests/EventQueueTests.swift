// The queue in front of the engine is bounded, loses nothing in silence, and never a step's end.

import Testing
import WatchCore

@testable import WatchDaemon

struct EventQueueTests {
    @Test func linesThatDidNotFitAreCountedBehindThoseThatDid() async {
        let queue = EventQueue()
        for _ in 0..<EventQueue.limit { queue.post(.tick) }
        queue.post(.stream(service: "shop", stream: "access", StreamBatch(lines: 7)))
        queue.post(.tick)
        #expect(queue.dropped == 2)
        // Somebody finds room before anybody has looked.
        queue.post(.task(id: "t1", TaskResult(ending: .exited(0))))
        let items = await queue.take()
        #expect(items.count == EventQueue.limit + 2)
        guard case .stream("shop", "access", let batch) = items.last?.event else {
            Issue.record("no batch")
            return
        }
        #expect(batch.losses.dropped == 7)
        #expect(batch.lines == 0)
        queue.post(.stream(service: "shop", stream: "access", StreamBatch(lines: 1)))
        guard case .stream(_, _, let next) = await queue.take().first?.event else {
            Issue.record("no batch")
            return
        }
        #expect(next.losses.dropped == 0, "each line is missed once")
    }

    /// It may be the last that the stream ever says.
    @Test func whatWasLostIsToldThoughNothingFollowsAndTheSourceStaysWhatItIs() async {
        let queue = EventQueue()
        for _ in 0..<EventQueue.limit { queue.post(.tick) }
        queue.post(.stream(service: "shop", stream: "access", StreamBatch(lines: 7)))
        let gone = StreamBatch(source: .unreadable("no such file"))
        queue.post(.stream(service: "shop", stream: "access", gone))
        guard case .stream(_, _, let batch) = await queue.take().last?.event else {
            Issue.record("no batch")
            return
        }
        #expect(batch.losses.dropped == 8)
        #expect(batch.source == .unreadable("no such file"))
    }

    @Test func theEndOfAStepAndTheStateOfTheStoreAreNeverDropped() async {
        let queue = EventQueue()
        for _ in 0..<EventQueue.limit { queue.post(.tick) }
        queue.post(.task(id: "t1", TaskResult(ending: .exited(0))))
        queue.post(.storeFailed("full", skipped: ["t2"]))
        queue.post(.storeRecovered)
        #expect(await queue.take().count == EventQueue.limit + 3)
    }

    @Test func whoWaitsIsWokenByTheEnd() async {
        let queue = EventQueue()
        async let items = queue.take()
        queue.finish()
        #expect(await items.isEmpty)
    }

    @Test func whoFollowsGetsEventsUntilTheEnd() async {
        let broadcaster = EventBroadcaster()
        let events = broadcaster.follow()
        broadcaster.send([EventRecord(id: 1, time: WallTime(nanoseconds: 0), kind: "a", text: "")])
        broadcaster.finish()
        var ids: [Int64] = []
        for await event in events { ids.append(event.id) }
        #expect(ids == [1])
    }
}
