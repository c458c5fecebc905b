// Durable state in one SQLite database: what was decided, what is to be sent, what happened. A
// transaction returns only when it would survive a power cut (WAL, synchronous=FULL).
//
// One connection writes, another reads, each on a thread of its own, so that a list of a million
// events never delays the intent of a rollback, and no disk ever blocks Swift's threads.

import Dispatch
import GRDB
import Glibc
import WatchCore

public final class Store: Sendable {
    /// How long another program may hold the database locked (a backup, a curious `sqlite3`).
    static let patience = 5.0

    let bootID: String
    /// Path of the database, for messages.
    let file: String
    let writer: DatabaseQueue
    let reader: DatabaseQueue
    let reserve: Reserve
    let checkpoints: CheckpointFile
    /// Last, so that the lock is given back after the database is closed.
    private let directory: StateDirectory

    /// Opens the state, made when there is none. Blocks; call it once, at start.
    /// - Parameter bootID: the id of this boot, kept beside all that is written.
    public init(directory path: String, bootID: String) throws(StoreError) {
        let directory = try StateDirectory(path)
        let file = directory.file("watchd.db")
        let reserve = Reserve(directory: path)
        try Self.makeFile(file)
        (writer, reader) = try Self.open(file, reserve)
        _ = reserve.restore()
        checkpoints = CheckpointFile(directory: directory)
        self.directory = directory
        self.file = file
        self.reserve = reserve
        self.bootID = bootID
    }

    /// Gives the state directory free for another. What comes later fails.
    public func close() {
        try? reader.close()
        try? writer.close()
        directory.release()
    }

    /// Whether 1 MB is held for bad times; see `tryRestoreReserve`.
    public var hasReserve: Bool { reserve.isHeld }

    /// Bytes that can still be written beside the database; nil: it cannot be told.
    public var freeBytes: UInt64? { Reserve.freeBytes(reserve.directory) }

    /// Takes the reserve again once the disk has room. Call it now and then; true: it is held.
    @discardableResult
    public func tryRestoreReserve() async -> Bool {
        await withCheckedContinuation { done in
            // In the queue of writes, so as not to take what one of them is about to need.
            writer.asyncWriteWithoutTransaction { [reserve] _ in
                done.resume(returning: reserve.restore())
            }
        }
    }

    /// Gives it up to whoever else has to write beside the database; false: it was not held.
    public func giveUpReserve() -> Bool { reserve.giveUp() }

    // MARK: - Access

    /// One transaction, whole or not at all. On a full disk the reserve is given up and it is
    /// tried once more. Deaf to cancellation: an intent is either not asked for or written.
    func write<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(StoreError) -> T {
        let result: Result<T, StoreError> = await withCheckedContinuation { done in
            writer.asyncWriteWithoutTransaction { [file, reserve] db in
                done.resume(
                    returning: Result.of(file) {
                        try reserve.freed(for: file) { try db.whole(body) }
                    })
            }
        }
        return try result.get()
    }

    /// `body` must be one statement: there is no transaction around it. (The connection refuses to
    /// write by itself; GRDB's own `asyncRead` traps on one that is closed.)
    func read<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(StoreError) -> T {
        let result: Result<T, StoreError> = await withCheckedContinuation { done in
            reader.asyncWriteWithoutTransaction { [file] db in
                done.resume(returning: Result.of(file) { try body(db) })
            }
        }
        return try result.get()
    }

    // MARK: - Opening

    /// SQLite gives its other files the mode of this one.
    private static func makeFile(_ path: String) throws(StoreError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(operation: "open", path: path, code: errno) }
        Glibc.close(descriptor)
    }

    private static func open(
        _ file: String, _ reserve: Reserve
    ) throws(StoreError) -> (DatabaseQueue, DatabaseQueue) {
        try Result.of(file) {
            try reserve.freed(for: file) {
                let writer = try DatabaseQueue(path: file, configuration: configuration("write"))
                try writer.inDatabase { try Schema.check($0, file: file) }
                try writer.inDatabase { db in
                    try db.execute(sql: "PRAGMA journal_mode = WAL")
                    try db.execute(sql: "PRAGMA synchronous = FULL")
                }
                try Schema.migrator.migrate(writer)
                var reading = configuration("read")
                reading.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = ON") }
                return (writer, try DatabaseQueue(path: file, configuration: reading))
            }
        }.get()
    }

    private static func configuration(_ label: String) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "watchd.\(label)"
        configuration.busyMode = .timeout(patience)
        configuration.foreignKeysEnabled = true
        return configuration
    }
}

extension Database {
    /// `body` in one transaction, begun by taking the right to write, so that nothing can come
    /// between what it reads and what it writes.
    fileprivate func whole<T>(_ body: (Database) throws -> T) throws -> T {
        var value: T?
        try inTransaction(.immediate) {
            value = try body(self)
            return .commit
        }
        guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
        return value
    }
}
