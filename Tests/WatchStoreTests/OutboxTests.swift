// The outbox: queued once, due in time, sent once it was sent.

import Testing
import WatchCore

@testable import WatchStore

@Suite struct OutboxTests {
    let scratch: Scratch
    let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.open()
    }

    private func due(_ now: WallTime = noon, limit: Int = 10) async throws -> [String] {
        try await store.dueDeliveries(now: now, limit: limit).map(\.outbox.id)
    }

    private func queue(_ messages: OutboxMessage...) async throws {
        _ = try await store.apply(Transaction(messages: messages))
    }

    @Test func aMessageIsDueAtOnceAsItWasQueued() async throws {
        #expect(try await store.nextDeliveryTime() == nil)
        try await queue(outbox("m1"))
        let found = try await store.dueDeliveries(now: noon, limit: 1)
        #expect(found == [PendingDelivery(outbox: outbox("m1"), attempts: 0, queued: noon)])
        let next = try #require(try await store.nextDeliveryTime())
        #expect(next <= noon)
    }

    @Test func theSameMessageIsQueuedOnce() async throws {
        try await queue(outbox("m1"))
        try await store.record(.sent, ofDelivery: "m1", now: noon)
        try await queue(outbox("m1"), outbox("m2"), outbox("m2"))
        #expect(try await due() == ["m2"])
    }

    @Test func theOldestAreFirst() async throws {
        try await queue(outbox("m3"), outbox("m1"), outbox("m2"))
        #expect(try await due(limit: 2) == ["m3", "m1"])
    }

    @Test func aRetryWaitsForItsTime() async throws {
        try await queue(outbox("m1"))
        let later = noon + .seconds(30)
        try await store.record(.retry(at: later, error: "502"), ofDelivery: "m1", now: noon)
        #expect(try await due(noon + .seconds(29)).isEmpty)
        #expect(try await due(later) == ["m1"])
        #expect(try await store.nextDeliveryTime() == later)
        let shown = try #require(try await store.deliveries(limit: 1).first)
        #expect(shown.state == .waiting)
        #expect(shown.attempts == 1)
        #expect(shown.nextAttempt == later)
        #expect(shown.lastError == "502")
    }

    @Test func aClockThatWentBackDelaysNoPage() async throws {
        let yesterday = noon - .days(1)
        try await queue(outbox("m1"), outbox("m2"))
        try await store.record(
            .retry(at: noon + .seconds(5), error: "timeout"), ofDelivery: "m1", now: noon)
        #expect(try await due(yesterday) == ["m1", "m2"])
    }

    @Test func sentIsFinal() async throws {
        try await queue(outbox("m1"), outbox("m2"))
        try await store.record(.sent, ofDelivery: "m1", now: noon + .seconds(2))
        try await store.record(.failed(error: "404"), ofDelivery: "m2", now: noon)
        try await store.record(.failed(error: "late"), ofDelivery: "m1", now: noon)
        #expect(try await due().isEmpty)
        #expect(try await store.nextDeliveryTime() == nil)
        let shown = try await store.deliveries(limit: 10)
        #expect(shown.map(\.state) == [.failed, .sent])
        #expect(shown.map(\.sent) == [nil, noon + .seconds(2)])
        #expect(shown.map(\.lastError) == ["404", nil])
    }

    @Test func anOutcomeOfAnUnknownMessageIsAnError() async throws {
        await #expect(throws: StoreError.unknownDelivery("m9")) {
            try await store.record(.sent, ofDelivery: "m9", now: noon)
        }
    }

    @Test func whatWaitsIsListedFirst() async throws {
        try await queue(outbox("m1"), outbox("m2"), outbox("m3"), outbox("m4"))
        try await store.record(.sent, ofDelivery: "m2", now: noon)
        try await store.record(.sent, ofDelivery: "m4", now: noon)
        #expect(try await store.deliveries(limit: 10).map(\.id) == ["m3", "m1", "m4", "m2"])
        #expect(try await store.deliveries(limit: 3).map(\.title).first == "title of m3")
    }

    @Test func waitingMessagesOutliveTheDaemon() async throws {
        try await queue(outbox("m1"))
        store.close()
        let next = try scratch.open(bootID: "boot-2")
        #expect(try await next.dueDeliveries(now: noon, limit: 9).map(\.outbox.id) == ["m1"])
    }
}
