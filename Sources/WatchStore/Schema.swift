// The tables, and how older ones become today's.

import GRDB
import WatchCore

enum Schema {
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                    CREATE TABLE state (
                        key TEXT PRIMARY KEY, boot TEXT NOT NULL, json TEXT NOT NULL) STRICT;
                    CREATE TABLE event (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,
                        service TEXT, incident TEXT, json TEXT NOT NULL) STRICT;
                    CREATE INDEX event_incident ON event (incident, id);
                    CREATE INDEX event_service ON event (service, id);
                    CREATE TABLE incident (
                        id TEXT PRIMARY KEY, service TEXT NOT NULL, opened INTEGER NOT NULL,
                        closed INTEGER, json TEXT NOT NULL) STRICT;
                    CREATE INDEX incident_opened ON incident (opened);
                    CREATE TABLE delivery (
                        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
                        channel TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
                        queued INTEGER NOT NULL, sent INTEGER, next INTEGER NOT NULL,
                        error TEXT, json TEXT NOT NULL) STRICT;
                    CREATE INDEX delivery_due ON delivery (state, next);
                    """)
            try database.execute(
                sql: "INSERT INTO meta VALUES ('format', ?)", arguments: ["\(DurableState.format)"])
        }
        return migrator
    }

    /// The format a database was written in; nil: it is empty.
    static func format(_ database: Database) throws -> Int? {
        guard try database.tableExists("meta") else { return nil }
        return try String.fetchOne(
            database, sql: "SELECT value FROM meta WHERE key = 'format'"
        ).flatMap { Int($0) }
    }
}
