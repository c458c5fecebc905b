// What people look up.

import GRDB
public import WatchCore

extension Store {
    /// Events after number `after`, oldest first, at most `limit`.
    public func events(
        after: Int64 = 0, limit: Int, incident: String? = nil, service: String? = nil
    ) async throws(StoreError) -> [EventRecord] {
        try await read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, json FROM event WHERE id > :after
                    AND (:incident IS NULL OR incident = :incident)
                    AND (:service IS NULL OR service = :service) ORDER BY id LIMIT :limit
                    """,
                arguments: [
                    "after": after, "incident": incident, "service": service, "limit": limit,
                ])
            return try rows.map(Self.event)
        }
    }

    /// The last `limit` events, oldest first.
    public func latestEvents(
        limit: Int, incident: String? = nil, service: String? = nil
    ) async throws(StoreError) -> [EventRecord] {
        try await read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, json FROM event WHERE (:service IS NULL OR service = :service)
                    AND (:incident IS NULL OR incident = :incident)
                    ORDER BY id DESC LIMIT :limit
                    """,
                arguments: ["service": service, "incident": incident, "limit": limit])
            return try rows.reversed().map(Self.event)
        }
    }

    /// Incidents, the latest first.
    public func incidents(limit: Int) async throws(StoreError) -> [IncidentRecord] {
        try await read { database in
            try String.fetchAll(
                database, sql: "SELECT json FROM incident ORDER BY opened DESC, id LIMIT ?",
                arguments: [limit]
            ).map { try Self.decode(IncidentRecord.self, $0, "an incident") }
        }
    }

    public func incident(_ id: String) async throws(StoreError) -> IncidentRecord? {
        try await read { database in
            try String.fetchOne(
                database, sql: "SELECT json FROM incident WHERE id = ?", arguments: [id]
            ).map { try Self.decode(IncidentRecord.self, $0, id) }
        }
    }

    /// Deliveries, the latest first.
    public func deliveries(limit: Int) async throws(StoreError) -> [Delivery] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM delivery ORDER BY number DESC LIMIT ?",
                arguments: [limit]
            ).map(Self.delivery)
        }
    }

    func read<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(StoreError) -> T {
        do {
            return try await database.read(body)
        } catch {
            throw Self.explain(error)
        }
    }

    private static func event(_ row: Row) throws -> EventRecord {
        var event = try decode(EventRecord.self, row["json"], "an event")
        event.id = row["id"]
        return event
    }

    private static func delivery(_ row: Row) throws -> Delivery {
        let message = try decode(OutboxMessage.self, row["json"], "a message")
        let state: String = row["state"]
        let next: Int64 = row["next"]
        let sent: Int64? = row["sent"]
        return Delivery(
            id: row["id"], channel: row["channel"], title: message.message.title,
            state: Delivery.State(rawValue: state) ?? .waiting, attempts: row["attempts"],
            queued: WallTime(nanoseconds: row["queued"]),
            sent: sent.map(WallTime.init(nanoseconds:)),
            nextAttempt: state == "waiting" ? WallTime(nanoseconds: next) : nil,
            lastError: row["error"])
    }
}
