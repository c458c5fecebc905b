// The outbox. A message waits here from the transaction that decided on it until a send worked
// or was given up; "sent" is recorded after the send, so a crash between the two repeats it.

import GRDB
public import WatchCore

extension Store: DeliveryStore {
    /// Waiting messages whose time has come, oldest first. When the wall clock went back since
    /// a try, the time until the next counts as over: a page late by a clock is not acceptable.
    public func dueDeliveries(
        now: WallTime, limit: Int
    ) async throws(StoreError) -> [PendingDelivery] {
        try await read { [file] db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, channel, attempts, queued, json FROM deliveries
                    WHERE state = 'waiting'
                        AND (next_attempt IS NULL OR next_attempt <= ?1 OR attempted > ?1)
                    ORDER BY sequence LIMIT ?2
                    """,
                arguments: [now.nanoseconds, Self.bounded(limit)])
            return try rows.map { try PendingDelivery(row: $0, file: file) }
        }
    }

    /// When the next waiting message becomes due, by the wall clock; long ago when one never was
    /// tried; nil: none waits.
    public func nextDeliveryTime() async throws(StoreError) -> WallTime? {
        try await read { db in
            let next = try Int64.fetchOne(
                db,
                sql: """
                    SELECT coalesce(next_attempt, 0) FROM deliveries WHERE state = 'waiting'
                    ORDER BY next_attempt LIMIT 1
                    """)
            return next.map { WallTime(nanoseconds: $0) }
        }
    }

    /// What was sent or given up stays so.
    public func record(
        _ outcome: DeliveryOutcome, ofDelivery id: String, now: WallTime
    ) async throws(StoreError) {
        try await write { db in
            let change: (state: Delivery.State, next: WallTime?, sent: WallTime?, error: String?) =
                switch outcome {
                case .sent: (.sent, nil, now, nil)
                case .retry(let time, let error): (.waiting, time, nil, error)
                case .failed(let error): (.failed, nil, nil, error)
                }
            try db.execute(
                sql: """
                    UPDATE deliveries SET state = ?, attempts = attempts + 1, attempted = ?,
                        next_attempt = ?, sent = ?, last_error = coalesce(?, last_error)
                    WHERE id = ? AND state = 'waiting'
                    """,
                arguments: [
                    change.state.rawValue, now.nanoseconds, change.next?.nanoseconds,
                    change.sent?.nanoseconds, change.error, id,
                ])
            guard db.changesCount == 0 else { return }
            let isKnown = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM deliveries WHERE id = ?)", arguments: [id])
            guard isKnown ?? false else { throw StoreError.unknownDelivery(id) }
        }
    }

    /// Messages of one incident that are still known, the oldest first.
    public func deliveries(ofIncident id: String) async throws(StoreError) -> [Delivery] {
        try await read { db in
            try Row.fetchAll(
                db,
                // Ids begin with the incident's; no other name has a slash in it.
                sql: """
                    SELECT * FROM deliveries WHERE substr(id, 1, length(?) + 1) = ? || '/'
                    ORDER BY sequence LIMIT ?
                    """,
                arguments: [id, id, Self.bounded(1000)]
            ).map(Delivery.init(row:))
        }
    }

    /// Those that wait first, then the rest; each the newest first.
    public func deliveries(limit: Int) async throws(StoreError) -> [Delivery] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM deliveries ORDER BY state = 'waiting' DESC, sequence DESC LIMIT ?
                    """,
                arguments: [Self.bounded(limit)]
            ).map(Delivery.init(row:))
        }
    }
}

extension PendingDelivery {
    fileprivate init(row: Row, file: String) throws {
        let id: String = row["id"]
        do {
            let message = try StoredJSON.value(Message.self, row["json"])
            self.init(
                outbox: OutboxMessage(id: id, channel: row["channel"], message: message),
                attempts: row["attempts"], queued: WallTime(nanoseconds: row["queued"]))
        } catch {
            throw StoreError.undecodable(
                document: "message \(id)", file: file, detail: StoredJSON.reason(error))
        }
    }
}

extension Delivery {
    fileprivate init(row: Row) {
        func time(_ column: String) -> WallTime? {
            (row[column] as Int64?).map { WallTime(nanoseconds: $0) }
        }
        self.init(
            id: row["id"], channel: row["channel"], title: row["title"],
            state: Delivery.State(rawValue: row["state"]) ?? .failed, attempts: row["attempts"],
            queued: WallTime(nanoseconds: row["queued"]), sent: time("sent"),
            nextAttempt: time("next_attempt"), lastError: row["last_error"])
    }
}
