// Transactions: all or nothing, read back as they were written.

import GRDB
import Testing
import WatchCore

@testable import WatchStore

@Suite struct StateTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func host(_ number: Int) -> HostState {
        HostState(
            arming: Arming(
                isArmed: true, by: "anna", reason: "release night",
                since: Moment(boot: .seconds(100), wall: noon)),
            nextNumber: number)
    }

    @Test func aNewStoreHasNoState() throws {
        #expect(try scratch.open().load()?.state == nil)
    }

    @Test func stateIsThereAfterARestart() async throws {
        let store = try scratch.open()
        _ = try await store.apply(
            Transaction(host: host(7), services: ["shop": ServiceState(), "api": ServiceState()]))
        store.close()
        let loaded = try #require(try scratch.open(bootID: "boot-2").load())
        #expect(loaded.state.host == host(7))
        #expect(Set(loaded.state.services.keys) == ["shop", "api"])
        #expect(loaded.bootID == "boot-1")
    }

    @Test func documentsOfSeveralBootsAreReadByWallTime() async throws {
        let first = try scratch.open(bootID: "boot-1")
        _ = try await first.apply(Transaction(host: host(1), services: ["shop": ServiceState()]))
        first.close()
        let second = try scratch.open(bootID: "boot-2")
        _ = try await second.apply(Transaction(services: ["shop": ServiceState()]))
        #expect(try second.load()?.bootID == "boot-1")
        _ = try await second.apply(Transaction(host: host(2)))
        #expect(try second.load()?.bootID == "boot-2")
    }

    @Test func aDocumentThatDoesNotDecodeIsNamed() async throws {
        let store = try scratch.open()
        _ = try await store.apply(Transaction(services: ["shop": ServiceState()]))
        store.close()
        try alter(
            scratch.file("watchd.db"), "UPDATE documents SET json = '{\"book\":{\"releases\":4}}'")
        let reopened = try scratch.open()
        let error = #expect(throws: StoreError.self) { try reopened.load() }
        guard case .undecodable("service/shop", _, let detail) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail.contains("book"))
    }

    @Test(arguments: [
        ("UPDATE documents SET name = 'plugin/x'", "plugin/x"),
        ("UPDATE documents SET format = 2", "a newer watchd"),
    ])
    func aDocumentOfAnotherKindIsNotDropped(change: String, said: String) async throws {
        let store = try scratch.open()
        _ = try await store.apply(Transaction(host: host(1)))
        store.close()
        try alter(scratch.file("watchd.db"), change)
        let reopened = try scratch.open()
        let error = #expect(throws: StoreError.self) { try reopened.load() }
        #expect(error.map { "\($0)" }?.contains(said) ?? false)
    }

    @Test func aTransactionIsWrittenWhollyOrNotAtAll() async throws {
        let store = try scratch.open()
        _ = try await store.apply(
            Transaction(host: host(1), events: [event("kept")], messages: [outbox("m1")]))
        // The last part of the next one breaks a rule of the database.
        try await store.writer.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.kind = 'test'
                        AND json_extract(NEW.json, '$.text') = 'refused'
                    BEGIN SELECT RAISE(ABORT, 'refused'); END
                    """)
        }
        let error = await #expect(throws: StoreError.self) {
            try await store.apply(
                Transaction(
                    host: host(2), services: ["shop": ServiceState()],
                    events: [event("half"), event("refused")],
                    incidents: [incident("shop-1")], messages: [outbox("m2")]))
        }
        guard case .database(_, _, "refused") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try store.load()?.state.host.nextNumber == 1)
        #expect(try store.load()?.state.services.isEmpty == true)
        #expect(try await store.events(after: 0, limit: 10).map(\.text) == ["kept"])
        #expect(try await store.incidents(limit: 10).isEmpty)
        #expect(try await store.deliveries(limit: 10).map(\.id) == ["m1"])
        let next = try await store.apply(Transaction(events: [event("next")]))
        #expect(next.map(\.id) == [2], "what was undone leaves no gap")
    }

    @Test func aCancelledCallerDoesNotLoseAnIntent() async throws {
        let store = try scratch.open()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await store.apply(Transaction(events: [event("intent")]))
        }
        #expect(try await task.value.map(\.id) == [1])
        #expect(try await store.lastEventID() == 1)
    }

    @Test func anotherProgramThatHoldsTheDatabaseIsAClearError() async throws {
        let store = try scratch.open()
        try await store.writer.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA busy_timeout = 1")
        }
        var manners = GRDB.Configuration()
        manners.allowsUnsafeTransactions = true
        let intruder = try DatabaseQueue(
            path: scratch.file("watchd.db"), configuration: manners)
        try await intruder.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        await #expect(throws: StoreError.busy(file: scratch.file("watchd.db"))) {
            try await store.apply(Transaction(events: [event("wait")]))
        }
        try await intruder.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        #expect(try await store.apply(Transaction(events: [event("now")])).map(\.id) == [1])
    }
}
