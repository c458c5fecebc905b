// What was decided: written as one transaction, read back at start.

import GRDB
public import WatchCore

extension Store {
    private static let hostDocument = "host"
    private static let servicePrefix = "service/"

    /// The state the last run left; nil: this is the first. Blocks; call it once, at start.
    ///
    /// The boot id is the one to which all instants in it belong. Documents that are not of one
    /// boot (a crash before all of them were written again) are given the id of an earlier boot:
    /// then their wall times count, which hold in every boot.
    public func load() throws(StoreError) -> (state: DurableState, bootID: String)? {
        let rows = try Result.of(file) {
            try writer.inDatabase { db in
                try Row.fetchAll(db, sql: "SELECT name, boot_id, format, json FROM documents")
            }
        }.get()
        guard let first = rows.first else { return nil }
        var state = DurableState()
        for row in rows {
            let name: String = row["name"]
            if name == Self.hostDocument {
                state.host = try decode(HostState.self, row, name)
            } else if name.hasPrefix(Self.servicePrefix) {
                let service = String(name.dropFirst(Self.servicePrefix.count))
                state.services[service] = try decode(ServiceState.self, row, name)
            } else {
                throw .undecodable(
                    document: name, file: file, detail: "this watchd keeps none of that name")
            }
        }
        let boots = rows.map { $0["boot_id"] as String }
        return (state, boots.first { $0 != bootID } ?? first["boot_id"])
    }

    /// Makes all of it durable, or none. Messages and incidents may be given again: a message
    /// stays as it was queued first, an incident becomes what was given last.
    /// - Returns: the events with their positions in the journal.
    public func apply(_ transaction: Transaction) async throws(StoreError) -> [EventRecord] {
        try await write { [bootID] db in
            if let host = transaction.host {
                try db.put(host, Self.hostDocument, bootID)
            }
            for (service, state) in transaction.services {
                try db.put(state, Self.servicePrefix + service, bootID)
            }
            for incident in transaction.incidents { try db.put(incident) }
            for message in transaction.messages { try db.queue(message) }
            return try transaction.events.map { try db.append($0) }
        }
    }

    private func decode<T: Decodable>(
        _ type: T.Type, _ row: Row, _ name: String
    ) throws(StoreError) -> T {
        let format: Int = row["format"]
        guard format <= Schema.format else {
            throw .newerFormat(file: file, found: format, supported: Schema.format)
        }
        do {
            return try StoredJSON.value(type, row["json"])
        } catch {
            throw .undecodable(document: name, file: file, detail: StoredJSON.reason(error))
        }
    }
}

extension Database {
    fileprivate func put(_ document: some Encodable, _ name: String, _ bootID: String) throws {
        try execute(
            sql: """
                INSERT INTO documents (name, boot_id, format, json) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET
                    boot_id = excluded.boot_id, format = excluded.format, json = excluded.json
                """,
            arguments: [name, bootID, Schema.format, try StoredJSON.text(document, name)])
    }

    fileprivate func put(_ incident: IncidentRecord) throws {
        // The state decides what is open; the time only how long it is kept.
        let closed = incident.state == .closed ? incident.closed ?? incident.opened : nil
        try execute(
            sql: """
                INSERT INTO incidents (id, service, opened, closed, json) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    service = excluded.service, opened = excluded.opened,
                    closed = excluded.closed, json = excluded.json
                """,
            arguments: [
                incident.id, incident.service, incident.opened.nanoseconds, closed?.nanoseconds,
                try StoredJSON.text(incident, incident.id),
            ])
    }

    fileprivate func queue(_ outbox: OutboxMessage) throws {
        try execute(
            sql: """
                INSERT INTO deliveries (id, channel, title, state, queued, json)
                VALUES (?, ?, ?, 'waiting', ?, ?) ON CONFLICT (id) DO NOTHING
                """,
            arguments: [
                outbox.id, outbox.channel, outbox.message.title,
                outbox.message.time.nanoseconds, try StoredJSON.text(outbox.message, outbox.id),
            ])
    }

    fileprivate func append(_ event: EventRecord) throws -> EventRecord {
        try execute(
            sql: """
                INSERT INTO events (time, service, incident, kind, json) VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                event.time.nanoseconds, event.service, event.incident, event.kind,
                try StoredJSON.text(event, "event \(event.kind)"),
            ])
        var stored = event
        stored.id = lastInsertedRowID
        return stored
    }
}
