// The journal of events and the list of incidents.

import GRDB
import Testing
import WatchCore

@testable import WatchStore

@Suite struct JournalTests {
    let scratch: Scratch
    let store: Store

    init() throws {
        scratch = try Scratch()
        store = try scratch.open()
    }

    private func texts(
        after: Int64?, limit: Int = 100, incident: String? = nil, service: String? = nil
    ) async throws -> [String] {
        guard let after else {
            return try await store.latestEvents(limit: limit, incident: incident, service: service)
                .map(\.text)
        }
        return try await store.events(
            after: after, limit: limit, incident: incident, service: service
        ).map(\.text)
    }

    @Test func eventsAreNumberedInTheirOrder() async throws {
        #expect(try await store.lastEventID() == 0)
        let first = try await store.apply(Transaction(events: [event("a"), event("b")]))
        let second = try await store.apply(Transaction(events: [event("c")]))
        #expect((first + second).map(\.id) == [1, 2, 3])
        #expect(try await store.lastEventID() == 3)
    }

    @Test func anEventComesBackAsItWas() async throws {
        let full = EventRecord(
            time: noon, service: "shop", incident: "shop-17", kind: "decision",
            trigger: "5xx storm", severity: .critical,
            release: ReleaseIdentity(version: "2.0.0", commit: "4f2c1d0"), decision: "rollback",
            reason: "trigger:5xx storm", text: "rolled back",
            readings: [
                "error_rate(access, 2m)": Reading(value: 0.31, samples: 2400),
                "up(health)": Reading(gap: .tooFewSamples(needed: 3), samples: 1),
            ])
        let stored = try await store.apply(Transaction(events: [full]))
        #expect(try await store.events(after: 0, limit: 1) == stored)
    }

    @Test func aReaderGoesOnWhereItStopped() async throws {
        _ = try await store.apply(Transaction(events: (1...9).map { event("\($0)") }))
        #expect(try await texts(after: 0, limit: 4) == ["1", "2", "3", "4"])
        #expect(try await texts(after: 4, limit: 4) == ["5", "6", "7", "8"])
        #expect(try await texts(after: 9).isEmpty)
        #expect(try await texts(after: nil, limit: 3) == ["7", "8", "9"], "the last, in order")
        #expect(try await texts(after: 0, limit: -1).isEmpty)
    }

    @Test func eventsOfOneIncidentOrServiceAreFound() async throws {
        _ = try await store.apply(
            Transaction(events: [
                event("1", service: "shop", incident: "shop-1"), event("2", service: "shop"),
                event("3", service: "api", incident: "api-2"), event("4"),
                event("5", service: "shop", incident: "shop-1"),
            ]))
        #expect(try await texts(after: nil, incident: "shop-1") == ["1", "5"])
        #expect(try await texts(after: 1, service: "shop") == ["2", "5"])
        #expect(try await texts(after: 0, incident: "api-2", service: "shop").isEmpty)
    }

    @Test func eventsOfOneIncidentAreFoundByAnIndex() async throws {
        for (column, index) in [("incident", "events_incident"), ("service", "events_service")] {
            let plan = try await store.reader.writeWithoutTransaction { db in
                try Row.fetchAll(
                    db,
                    sql: """
                        EXPLAIN QUERY PLAN SELECT * FROM events
                        WHERE true AND \(column) = ? AND id > 5 ORDER BY id LIMIT ?
                        """, arguments: ["shop", 1]
                ).map { $0["detail"] as String }
            }
            #expect(plan.count == 1)
            #expect(plan.first?.contains(index) ?? false, "\(plan)")
        }
    }

    @Test func anUnreadableEventHidesNoOther() async throws {
        _ = try await store.apply(
            Transaction(events: [event("1"), event("2", service: "shop"), event("3")]))
        try await store.writer.write {
            try $0.execute(sql: "UPDATE events SET json='{' WHERE id=2")
        }
        let events = try await store.events(after: 0, limit: 10)
        #expect(events.map(\.id) == [1, 2, 3])
        #expect(events[1].service == "shop")
        #expect(events[1].text.hasPrefix("event 2 is stored in a form this watchd cannot read"))
    }

    @Test func anIncidentBecomesWhatWasGivenLast() async throws {
        _ = try await store.apply(Transaction(incidents: [incident("shop-1")]))
        _ = try await store.apply(Transaction(incidents: [incident("shop-1", .verifying)]))
        #expect(try await store.incident("shop-1") == incident("shop-1", .verifying))
        #expect(try await store.incidents(limit: 10).count == 1)
        #expect(try await store.incident("shop-2") == nil)
    }

    @Test func incidentsComeNewestFirstPageByPage() async throws {
        let opened = [0, 50, 50, 10, 90]
        _ = try await store.apply(
            Transaction(
                incidents: opened.enumerated().map {
                    incident("shop-\($0.offset)", opened: noon + .seconds($0.element))
                }))
        let all = ["shop-4", "shop-2", "shop-1", "shop-3", "shop-0"]
        #expect(try await store.incidents(limit: 10).map(\.id) == all)
        var seen: [String] = []
        while true {
            let page = try await store.incidents(limit: 2, before: seen.last).map(\.id)
            if page.isEmpty { break }
            seen += page
        }
        #expect(seen == all)
        #expect(try await store.incidents(limit: 2, before: "shop-99").isEmpty)
    }

    @Test func anUnreadableIncidentIsNamed() async throws {
        _ = try await store.apply(Transaction(incidents: [incident("shop-1")]))
        try await store.writer.write { try $0.execute(sql: "UPDATE incidents SET json = '{}'") }
        let error = await #expect(throws: StoreError.self) {
            try await store.incident("shop-1")
        }
        guard case .undecodable("incident shop-1", _, "there is no 'id'") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
