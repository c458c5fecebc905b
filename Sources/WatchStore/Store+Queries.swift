// What people ask for. Every list has a bound.

import GRDB
public import WatchCore

extension Store {
    /// The longest list that is given out at once.
    public static let listLimit = 10_000

    /// Events after position `after` in the order in which they were stored; of one incident or
    /// one service when given.
    public func events(
        after: Int64 = 0, limit: Int, incident: String? = nil, service: String? = nil
    ) async throws(StoreError) -> [EventRecord] {
        try await events("AND id > \(after) ORDER BY id", limit, incident, service)
    }

    /// The last events, they too in the order in which they were stored.
    public func latestEvents(
        limit: Int, incident: String? = nil, service: String? = nil
    ) async throws(StoreError) -> [EventRecord] {
        try await events("ORDER BY id DESC", limit, incident, service).reversed()
    }

    /// The last event of one of these kinds.
    public func latestEvent(of kinds: [String]) async throws(StoreError) -> EventRecord? {
        try await read { db in
            let places = kinds.map { _ in "?" }.joined(separator: ", ")
            let row = try Row.fetchOne(
                db,
                sql: "SELECT * FROM events WHERE kind IN (\(places)) ORDER BY id DESC LIMIT 1",
                arguments: StatementArguments(kinds))
            return row.map(EventRecord.init(row:))
        }
    }

    private func events(
        _ order: String, _ limit: Int, _ incident: String?, _ service: String?
    ) async throws(StoreError) -> [EventRecord] {
        // Spelt out only when given, so that SQLite uses the index of what is asked for.
        var sql = "SELECT * FROM events WHERE true"
        var arguments = StatementArguments()
        for (column, value) in [("incident", incident), ("service", service)] {
            guard let value else { continue }
            sql += " AND \(column) = ?"
            arguments += [value]
        }
        sql += " \(order) LIMIT ?"
        arguments += [Self.bounded(limit)]
        return try await read { [sql, arguments] db in
            try Row.fetchAll(db, sql: sql, arguments: arguments).map(EventRecord.init(row:))
        }
    }

    /// Position of the last event that was stored, also when it is pruned by now; 0: none yet.
    public func lastEventID() async throws(StoreError) -> Int64 {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'events'")
                ?? 0
        }
    }

    /// Incidents, the newest first; those that come after incident `before` in this order, when
    /// it is given (none when there is no such incident).
    public func incidents(
        limit: Int, before: String? = nil
    ) async throws(StoreError) -> [IncidentRecord] {
        try await read { [file] db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, json FROM incidents
                    WHERE ?1 IS NULL OR (opened, sequence) <
                        (SELECT opened, sequence FROM incidents WHERE id = ?1)
                    ORDER BY opened DESC, sequence DESC LIMIT ?2
                    """,
                arguments: [before, Self.bounded(limit)])
            return try rows.map { try IncidentRecord(row: $0, file: file) }
        }
    }

    /// nil: no such incident.
    public func incident(_ id: String) async throws(StoreError) -> IncidentRecord? {
        try await read { [file] db in
            let row = try Row.fetchOne(
                db, sql: "SELECT id, json FROM incidents WHERE id = ?", arguments: [id])
            return try row.map { try IncidentRecord(row: $0, file: file) }
        }
    }

    static func bounded(_ limit: Int) -> Int { min(max(limit, 0), listLimit) }
}

extension EventRecord {
    /// An event that does not decode is shown as that: it must not hide the others for ever.
    fileprivate init(row: Row) {
        let id: Int64 = row["id"]
        do {
            self = try StoredJSON.value(EventRecord.self, row["json"])
        } catch {
            self.init(
                time: WallTime(nanoseconds: row["time"]), service: row["service"],
                incident: row["incident"], kind: row["kind"],
                text: "event \(id) is stored in a form this watchd cannot read ("
                    + StoredJSON.reason(error) + ")")
        }
        self.id = id
    }
}

extension IncidentRecord {
    fileprivate init(row: Row, file: String) throws {
        do {
            self = try StoredJSON.value(IncidentRecord.self, row["json"])
        } catch {
            throw StoreError.undecodable(
                document: "incident \(row["id"] as String)", file: file,
                detail: StoredJSON.reason(error))
        }
    }
}
