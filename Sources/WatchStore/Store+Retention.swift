// Growth is bounded: what nobody will ask for any more is removed, in small transactions, so that
// an intent never waits long behind it. What is open or still waits is never removed.

import GRDB
public import WatchCore

/// How long things are kept.
public struct Retention: Hashable, Sendable {
    public var events: Duration
    /// Of more events than this the oldest go, however young.
    public var maxEvents: Int
    /// Messages that were sent or given up.
    public var deliveries: Duration
    /// Since they were closed.
    public var incidents: Duration

    public init(
        events: Duration = .days(90), maxEvents: Int = 1_000_000,
        deliveries: Duration = .days(30), incidents: Duration = .days(400)
    ) {
        self.events = events
        self.maxEvents = maxEvents
        self.deliveries = deliveries
        self.incidents = incidents
    }
}

/// What was removed.
public struct Pruned: Hashable, Sendable {
    public var events = 0
    public var deliveries = 0
    public var incidents = 0
    /// False: there is more to remove; call again.
    public var isComplete = true

    public init() {}
}

extension Store {
    /// Rows per transaction, and transactions per table and call.
    static let pruneBatch = 1000
    static let pruneRounds = 50

    private static let notOfOpenIncident = """
        (incident IS NULL OR incident NOT IN (SELECT id FROM incidents WHERE closed IS NULL))
        """

    /// Removes what is older than it is to be kept. Events of an open incident, open incidents
    /// and waiting messages stay.
    @discardableResult
    public func prune(
        now: WallTime, keeping retention: Retention = Retention()
    ) async throws(StoreError) -> Pruned {
        var pruned = Pruned()
        pruned.events = try await remove(&pruned.isComplete) { _ in
            (
                """
                DELETE FROM events WHERE id IN (SELECT id FROM events
                    WHERE time < ? AND \(Self.notOfOpenIncident) ORDER BY time LIMIT ?)
                """, [(now - retention.events).nanoseconds, Self.pruneBatch]
            )
        }
        pruned.events += try await remove(&pruned.isComplete) { db in
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM events") ?? 0
            return (
                """
                DELETE FROM events WHERE id IN (SELECT id FROM events
                    WHERE \(Self.notOfOpenIncident) ORDER BY id LIMIT ?)
                """, [min(max(count - retention.maxEvents, 0), Self.pruneBatch)]
            )
        }
        pruned.deliveries = try await remove(&pruned.isComplete) { _ in
            (
                """
                DELETE FROM deliveries WHERE sequence IN (SELECT sequence FROM deliveries
                    WHERE state <> 'waiting' AND attempted < ? ORDER BY attempted LIMIT ?)
                """, [(now - retention.deliveries).nanoseconds, Self.pruneBatch]
            )
        }
        pruned.incidents = try await remove(&pruned.isComplete) { _ in
            (
                """
                DELETE FROM incidents WHERE sequence IN (SELECT sequence FROM incidents
                    WHERE closed < ? ORDER BY closed LIMIT ?)
                """, [(now - retention.incidents).nanoseconds, Self.pruneBatch]
            )
        }
        return pruned
    }

    /// Runs the statement, each time in a transaction of its own, until it removes less than a
    /// whole batch.
    private func remove(
        _ isComplete: inout Bool,
        _ statement:
            @escaping @Sendable (Database) throws -> (sql: String, arguments: StatementArguments)
    ) async throws(StoreError) -> Int {
        var removed = 0
        for _ in 0..<Self.pruneRounds {
            let count = try await write { db in
                let (sql, arguments) = try statement(db)
                try db.execute(sql: sql, arguments: arguments)
                return db.changesCount
            }
            removed += count
            if count < Self.pruneBatch { return removed }
        }
        isComplete = false
        return removed
    }
}
