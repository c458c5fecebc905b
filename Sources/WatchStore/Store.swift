// What must survive: one SQLite database, written with full synchronisation, so that what was
// stored before an act is there after any crash.

import FoundationEssentials
import GRDB
import Glibc
public import WatchCore
import WatchSystem

public final class Store: Sendable {
    /// Retention of what nobody asks for any more.
    public struct Retention: Hashable, Sendable {
        public var events: Duration = .days(90)
        public var deliveries: Duration = .days(30)
        public var incidents: Duration = .days(400)
        /// Rows deleted in one go, so that nothing waits long for a clean-up.
        public var batch = 1000

        public init() {}
    }

    let database: DatabaseQueue
    let directory: String
    private let bootID: String
    private let lock: DirectoryLock
    private let reserve: Reserve

    /// Opens or creates the store in `directory` (made with mode 0700 when missing).
    /// - Throws: `StoreError` when another daemon has it, it is damaged, newer, or not writable.
    public init(directory: String, bootID: String) throws(StoreError) {
        self.directory = directory
        self.bootID = bootID
        try Self.makeDirectory(directory)
        lock = try DirectoryLock(directory: directory)
        reserve = Reserve(directory: directory)
        database = try Self.open(directory + "/watchd.db")
    }

    private static func makeDirectory(_ directory: String) throws(StoreError) {
        if mkdir(directory, 0o700) == 0 || errno == EEXIST {
            var status = stat()
            guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw .directory("the state directory \(directory) is not a directory")
            }
            return
        }
        throw .directory(
            "\(SystemError("create \(directory)")); create it for watchd's user, or name another "
                + "with --state")
    }

    private static func open(_ path: String) throws(StoreError) -> DatabaseQueue {
        // The files hold messages and outputs: nobody else's business.
        let mask = umask(0o077)
        defer { umask(mask) }
        var configuration = GRDB.Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            if let format = try queue.read(Schema.format), format > DurableState.format {
                throw StoreError.newerFormat(found: format, known: DurableState.format)
            }
            try Schema.migrator().migrate(queue)
            return queue
        } catch let error as StoreError {
            throw error
        } catch {
            throw explain(error)
        }
    }

    static func explain(_ error: any Error) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else { return .failed("\(error)") }
        let message = error.message ?? "no message"
        switch error.resultCode {
        case .SQLITE_FULL: return .full(message)
        case .SQLITE_IOERR where errno == ENOSPC: return .full(message)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .damaged(message)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            return .directory("the state database cannot be written: \(message)")
        default: return .failed("the state database failed: \(message)")
        }
    }

    // MARK: - State

    /// What the last run left, and the boot it ran under; nil: nothing.
    public func load() throws(StoreError) -> (state: DurableState, bootID: String)? {
        do {
            return try database.read { database in
                let rows = try Row.fetchAll(database, sql: "SELECT key, boot, json FROM state")
                guard !rows.isEmpty else { return nil }
                var state = DurableState()
                var bootID = ""
                for row in rows {
                    let key: String = row["key"]
                    let json: String = row["json"]
                    bootID = row["boot"]
                    if key == "host" {
                        state.host = try Self.decode(HostState.self, json, key)
                    } else {
                        let service = try Self.decode(ServiceState.self, json, key)
                        state.services[String(key.dropFirst("service/".count))] = service
                    }
                }
                return (state, bootID)
            }
        } catch {
            throw Self.explain(error)
        }
    }

    /// Makes a transaction durable, all of it or nothing; returns its events with their numbers.
    /// When the disk is full the reserve is given up for it once.
    public func apply(_ transaction: Transaction) async throws(StoreError) -> [EventRecord] {
        do {
            return try await write(transaction)
        } catch {
            guard case .full = error, reserve.release() else { throw error }
            return try await write(transaction)
        }
    }

    private func write(_ transaction: Transaction) async throws(StoreError) -> [EventRecord] {
        let bootID = bootID
        do {
            return try await database.write { database in
                try Writer(database: database, bootID: bootID).write(transaction)
            }
        } catch {
            throw Self.explain(error)
        }
    }

    /// Takes the reserve's room again after a full disk; to be called now and then.
    public func restoreReserve() { reserve.restore() }

    static func decode<T: Decodable>(
        _ type: T.Type, _ json: String, _ what: String
    ) throws(StoreError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(json.utf8))
        } catch {
            throw .damaged("'\(what)' does not decode (\(error))")
        }
    }

    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
