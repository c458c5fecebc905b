// Opening: what a state directory may look like, and what is said when it looks otherwise.

import FoundationEssentials
import GRDB
import Glibc
import Testing
import WatchCore

@testable import WatchStore

@Suite struct OpeningTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func aNewDirectoryIsForNobodyElseToRead() async throws {
        let store = try scratch.open()
        _ = try await store.apply(Transaction(events: [event("first")]))
        #expect(mode(scratch.state) == 0o700)
        for name in ["watchd.db", "watchd.db-wal", "watchd.db-shm", "watchd.lock", "reserve"] {
            #expect(mode(scratch.file(name)) == 0o600, "\(name)")
        }
        store.close()
    }

    @Test func writesAreSyncedInFull() throws {
        let store = try scratch.open()
        let (journal, synchronous, keys) = try store.writer.inDatabase { db in
            (
                try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(db, sql: "PRAGMA synchronous"),
                try Bool.fetchOne(db, sql: "PRAGMA foreign_keys")
            )
        }
        #expect(journal == "wal")
        #expect(synchronous == 2)
        #expect(keys == true)
    }

    @Test func aSecondDaemonIsToldWhoHoldsTheDirectory() throws {
        let first = try scratch.open()
        let refusal = scratch.refusal()
        #expect(refusal == .inUse(directory: scratch.state, pid: getpid()))
        #expect("\(try #require(refusal))".contains("(pid \(getpid())); stop that one first"))
        first.close()
        #expect(scratch.refusal() == nil)
    }

    @Test func theLockGoesWithItsHolder() throws {
        var first: Store? = try scratch.open()
        withExtendedLifetime(first) { #expect(scratch.refusal() != nil) }
        first = nil
        #expect(scratch.refusal() == nil)
    }

    @Test func aNewerFormatIsRefusedAndLeftAlone() throws {
        try scratch.open().close()
        try alter(scratch.file("watchd.db"), "UPDATE meta SET value = 7 WHERE key = 'format'")
        let before = try scratch.bytes("watchd.db")
        let refusal = try #require(scratch.refusal())
        let file = scratch.file("watchd.db")
        #expect(refusal == .newerFormat(file: file, found: 7, supported: 1))
        #expect("\(refusal)".contains("written by a newer watchd (format 7, this one reads up to"))
        #expect(try scratch.bytes("watchd.db") == before)
    }

    @Test(arguments: ["hello", String(repeating: "not a database ", count: 1000)])
    func aFileThatIsNoDatabaseIsLeftAsItIs(content: String) throws {
        try scratch.put(Array(content.utf8), "watchd.db")
        let refusal = try #require(scratch.refusal())
        guard case .damaged(let file, _) = refusal else {
            Issue.record("\(refusal)")
            return
        }
        #expect("\(refusal)".contains("mv \(file) \(file).bad"))
        #expect(try scratch.bytes("watchd.db") == Array(content.utf8))
    }

    @Test func anotherProgramsDatabaseIsNotTaken() throws {
        try scratch.put([], "watchd.db")
        try alter(scratch.file("watchd.db"), "CREATE TABLE bookmarks (url TEXT)")
        let refusal = try #require(scratch.refusal())
        #expect("\(refusal)".contains("it is a database, but not watchd's"))
    }

    @Test func damageWhereStateIsKeptIsFoundAtStart() async throws {
        let store = try scratch.open()
        _ = try await store.apply(
            Transaction(incidents: (1...200).map { incident("shop-\($0)") }))
        store.close()
        var bytes = try scratch.bytes("watchd.db")
        let pages = bytes.count / 4096
        for page in 1..<pages { for at in 0..<64 { bytes[page * 4096 + at] = 0xA5 } }
        try scratch.put(bytes, "watchd.db")
        let refusal = try #require(scratch.refusal())
        guard case .damaged = refusal else {
            Issue.record("\(refusal)")
            return
        }
        #expect(try scratch.bytes("watchd.db") == bytes)
    }

    @Test func aFileInPlaceOfTheDirectoryIsNamed() throws {
        try Data().write(to: URL(filePath: scratch.state))
        #expect(scratch.refusal() == .notADirectory(scratch.state))
    }

    @Test func aMissingParentIsNotMade() throws {
        let deep = scratch.path + "/missing/state"
        let error = #expect(throws: StoreError.self) { try Store(directory: deep, bootID: "b") }
        #expect(error == .file(operation: "create", path: deep, code: ENOENT))
        #expect(error.map { "\($0)" }?.contains("check that its disk is mounted") ?? false)
    }

    /// /sys takes no new files, not even from root.
    @Test func aDirectoryThatCannotBeWrittenIsNamed() {
        let error = #expect(throws: StoreError.self) {
            try Store(directory: "/sys/kernel", bootID: "b")
        }
        guard case .file("open", "/sys/kernel/watchd.lock", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aClosedStoreFailsInsteadOfCrashing() async throws {
        let store = try scratch.open()
        store.close()
        store.close()
        await #expect(throws: StoreError.self) {
            try await store.apply(Transaction(events: [event("late")]))
        }
        await #expect(throws: StoreError.self) { try await store.lastEventID() }
    }
}
