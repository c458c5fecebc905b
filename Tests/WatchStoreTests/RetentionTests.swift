// Growth is bounded, and what is still needed stays.

import Testing
import WatchCore

@testable import WatchStore

@Suite struct RetentionTests {
    let scratch: Scratch
    let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.open()
    }

    private func texts() async throws -> [String] {
        try await store.events(after: 0, limit: 10_000).map(\.text)
    }

    @Test func oldEventsGo() async throws {
        _ = try await store.apply(
            Transaction(events: [
                event("old", at: noon - .days(91)), event("young", at: noon - .days(89)),
            ]))
        let pruned = try await store.prune(now: noon)
        #expect(pruned.events == 1)
        #expect(pruned.isComplete)
        #expect(try await texts() == ["young"])
    }

    @Test func eventsOfAnOpenIncidentStay() async throws {
        let long = noon - .days(500)
        _ = try await store.apply(
            Transaction(
                events: [
                    event("open", at: long, incident: "shop-1"),
                    event("closed", at: long, incident: "shop-2"),
                    event("none", at: long), event("gone", at: long, incident: "shop-3"),
                ],
                incidents: [
                    incident("shop-1", .handedOver, opened: long),
                    incident("shop-2", .closed, opened: long, closed: long + .hours(1)),
                    incident("shop-4", .closed, opened: long, closed: noon - .days(399)),
                ]))
        let pruned = try await store.prune(
            now: noon, keeping: Retention(events: .days(90), maxEvents: 0))
        #expect(pruned.events == 3)
        #expect(pruned.incidents == 1)
        #expect(try await texts() == ["open"])
        #expect(Set(try await store.incidents(limit: 9).map(\.id)) == ["shop-1", "shop-4"])
    }

    @Test func theNumberOfEventsIsBoundedAndNumbersAreNotReused() async throws {
        _ = try await store.apply(Transaction(events: (1...5000).map { event("\($0)") }))
        let pruned = try await store.prune(now: noon, keeping: Retention(maxEvents: 1200))
        #expect(pruned.events == 3800)
        #expect(try await store.events(after: 0, limit: 1).map(\.id) == [3801])
        _ = try await store.prune(now: noon, keeping: Retention(maxEvents: 0))
        #expect(try await texts().isEmpty)
        #expect(try await store.lastEventID() == 5000)
        #expect(try await store.apply(Transaction(events: [event("next")])).map(\.id) == [5001])
    }

    @Test func waitingMessagesStayHoweverOld() async throws {
        let long = noon - .days(40)
        _ = try await store.apply(
            Transaction(
                messages: ["waits", "sent", "failed", "fresh"].map { outbox($0, at: long) }))
        try await store.record(
            .retry(at: long, error: "503"), ofDelivery: "waits", now: long)
        try await store.record(.sent, ofDelivery: "sent", now: long)
        try await store.record(.failed(error: "410"), ofDelivery: "failed", now: long)
        try await store.record(.sent, ofDelivery: "fresh", now: noon - .days(29))
        let pruned = try await store.prune(now: noon)
        #expect(pruned.deliveries == 2)
        #expect(try await store.deliveries(limit: 9).map(\.id) == ["waits", "fresh"])
    }
}
