// The durable side of the outbox.

import GRDB
public import WatchCore

extension Store: DeliveryStore {
    /// No back-off is longer: a next attempt further away than this was set by a clock that has
    /// gone back since, and is due.
    static let longestWait = Duration.hours(1)

    public func dueDeliveries(now: WallTime, limit: Int) async throws -> [PendingDelivery] {
        try await read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT json, attempts, queued FROM delivery
                    WHERE state = 'waiting' AND (next <= :now OR next > :far)
                    ORDER BY number LIMIT :limit
                    """,
                arguments: [
                    "now": now.nanoseconds, "far": (now + Self.longestWait).nanoseconds,
                    "limit": limit,
                ])
            return try rows.map { row in
                PendingDelivery(
                    outbox: try Self.decode(OutboxMessage.self, row["json"], "a message"),
                    attempts: row["attempts"], queued: WallTime(nanoseconds: row["queued"]))
            }
        }
    }

    public func nextDeliveryTime() async throws -> WallTime? {
        try await read { database in
            try Int64.fetchOne(
                database, sql: "SELECT min(next) FROM delivery WHERE state = 'waiting'"
            ).map(WallTime.init(nanoseconds:))
        }
    }

    public func record(
        _ outcome: DeliveryOutcome, ofDelivery id: String, now: WallTime
    ) async throws {
        try await database.write { database in
            switch outcome {
            case .sent:
                try database.execute(
                    sql: """
                        UPDATE delivery SET state = 'sent', attempts = attempts + 1, sent = ?,
                        error = NULL WHERE id = ?
                        """, arguments: [now.nanoseconds, id])
            case .retry(let at, let error):
                try database.execute(
                    sql: """
                        UPDATE delivery SET attempts = attempts + 1, next = ?, error = ?
                        WHERE id = ? AND state = 'waiting'
                        """, arguments: [at.nanoseconds, error, id])
            case .failed(let error):
                try database.execute(
                    sql: """
                        UPDATE delivery SET state = 'failed', attempts = attempts + 1, error = ?
                        WHERE id = ? AND state = 'waiting'
                        """, arguments: [error, id])
            }
        }
    }

    /// Forgets what is old: never a waiting message, an open incident or its events.
    public func prune(now: WallTime, retention: Retention = Retention()) async throws(StoreError) {
        do {
            try await database.write { database in
                try database.execute(
                    sql: """
                        DELETE FROM event WHERE id IN (SELECT id FROM event WHERE time < ?
                        AND (incident IS NULL OR incident NOT IN
                        (SELECT id FROM incident WHERE closed IS NULL)) ORDER BY id LIMIT ?)
                        """,
                    arguments: [(now - retention.events).nanoseconds, retention.batch])
                try database.execute(
                    sql: """
                        DELETE FROM delivery WHERE number IN (SELECT number FROM delivery
                        WHERE state != 'waiting' AND queued < ? ORDER BY number LIMIT ?)
                        """,
                    arguments: [(now - retention.deliveries).nanoseconds, retention.batch])
                try database.execute(
                    sql: """
                        DELETE FROM incident WHERE id IN (SELECT id FROM incident
                        WHERE closed IS NOT NULL AND opened < ? LIMIT ?)
                        """,
                    arguments: [(now - retention.incidents).nanoseconds, retention.batch])
            }
        } catch {
            throw Self.explain(error)
        }
    }
}
