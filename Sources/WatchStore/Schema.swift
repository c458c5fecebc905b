// The tables, and the checks a file must pass before anything is written to it. What is looked
// for by a column has a column; the rest of a record is one JSON document beside it.

import GRDB
import WatchCore

enum Schema {
    /// Raised with every change that an older watchd could not read.
    static let format = DurableState.format

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("format-1") { db in
            try db.execute(sql: format1)
            try db.execute(sql: "INSERT INTO meta (key, value) VALUES ('format', 1)")
        }
        return migrator
    }

    /// AUTOINCREMENT: a position in the journal is never given out twice, also after pruning.
    /// Times are nanoseconds since 1970, UTC.
    private static let format1 = """
        CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value NOT NULL);
        CREATE TABLE documents (
            name TEXT NOT NULL PRIMARY KEY,
            boot_id TEXT NOT NULL,
            format INTEGER NOT NULL,
            json TEXT NOT NULL);
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            time INTEGER NOT NULL,
            service TEXT,
            incident TEXT,
            kind TEXT NOT NULL,
            json TEXT NOT NULL);
        CREATE INDEX events_time ON events (time);
        CREATE INDEX events_service ON events (service) WHERE service IS NOT NULL;
        CREATE INDEX events_incident ON events (incident) WHERE incident IS NOT NULL;
        CREATE TABLE incidents (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            service TEXT NOT NULL,
            opened INTEGER NOT NULL,
            closed INTEGER,
            json TEXT NOT NULL);
        CREATE INDEX incidents_opened ON incidents (opened);
        CREATE INDEX incidents_closed ON incidents (closed);
        CREATE TABLE deliveries (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            channel TEXT NOT NULL,
            title TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
            attempts INTEGER NOT NULL DEFAULT 0,
            queued INTEGER NOT NULL,
            attempted INTEGER,
            next_attempt INTEGER,
            sent INTEGER,
            last_error TEXT,
            json TEXT NOT NULL);
        CREATE INDEX deliveries_waiting ON deliveries (next_attempt) WHERE state = 'waiting';
        CREATE INDEX deliveries_done ON deliveries (attempted) WHERE state <> 'waiting';
        """

    /// Reads only. Throws when the file is not ours, too new, or damaged where state is kept.
    static func check(_ db: Database, file: String) throws {
        guard try db.tableExists("meta") else {
            let others = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            if others == 0 { return }
            throw StoreError.damaged(file: file, detail: "it is a database, but not watchd's")
        }
        let found = try Int.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'format'")
        guard let found else {
            throw StoreError.damaged(file: file, detail: "it does not say its format")
        }
        guard found <= format else {
            throw StoreError.newerFormat(file: file, found: found, supported: format)
        }
        // Not events: they may be many, and none is needed to decide anything.
        for table in ["documents", "incidents", "deliveries"] {
            let answer = try String.fetchOne(db, sql: "PRAGMA quick_check('\(table)')")
            guard answer == "ok" else {
                throw StoreError.damaged(file: file, detail: answer ?? "no answer to quick_check")
            }
        }
    }
}
