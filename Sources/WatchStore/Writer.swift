// Writes one transaction's parts into the tables; runs inside a database transaction.

import GRDB
import WatchCore

struct Writer {
    let database: Database
    let bootID: String

    func write(_ transaction: Transaction) throws -> [EventRecord] {
        if let host = transaction.host { try write("host", host) }
        for (name, state) in transaction.services { try write("service/\(name)", state) }
        for incident in transaction.incidents { try write(incident) }
        for message in transaction.messages { try write(message) }
        return try transaction.events.map(write)
    }

    private func write(_ key: String, _ value: some Encodable) throws {
        try database.execute(
            sql: """
                INSERT INTO state (key, boot, json) VALUES (?, ?, ?)
                ON CONFLICT (key) DO UPDATE SET boot = excluded.boot, json = excluded.json
                """, arguments: [key, bootID, try Store.encode(value)])
    }

    private func write(_ incident: IncidentRecord) throws {
        try database.execute(
            sql: """
                INSERT INTO incident (id, service, opened, closed, json) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET closed = excluded.closed, json = excluded.json
                """,
            arguments: [
                incident.id, incident.service, incident.opened.nanoseconds,
                incident.closed?.nanoseconds, try Store.encode(incident),
            ])
    }

    /// The same message twice is one message.
    private func write(_ message: OutboxMessage) throws {
        let queued = message.message.time.nanoseconds
        try database.execute(
            sql: """
                INSERT INTO delivery (id, channel, state, attempts, queued, next, json)
                VALUES (?, ?, 'waiting', 0, ?, ?, ?) ON CONFLICT (id) DO NOTHING
                """,
            arguments: [
                message.id, message.channel, queued, queued, try Store.encode(message),
            ])
    }

    private func write(_ event: EventRecord) throws -> EventRecord {
        try database.execute(
            sql: "INSERT INTO event (time, service, incident, json) VALUES (?, ?, ?, ?)",
            arguments: [
                event.time.nanoseconds, event.service, event.incident, try Store.encode(event),
            ])
        var numbered = event
        numbered.id = database.lastInsertedRowID
        return numbered
    }
}
