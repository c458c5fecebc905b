// The durable side of the outbox, as the sender sees it.

/// A message that still has to go out.
public struct PendingDelivery: Hashable, Sendable {
    public var outbox: OutboxMessage
    /// Tries so far.
    public var attempts: Int
    public var queued: WallTime

    public init(outbox: OutboxMessage, attempts: Int, queued: WallTime) {
        self.outbox = outbox
        self.attempts = attempts
        self.queued = queued
    }
}

public enum DeliveryOutcome: Hashable, Sendable {
    case sent
    case retry(at: WallTime, error: String)
    /// Given up for good.
    case failed(error: String)
}

/// Where deliveries are kept. "Sent" is recorded only after the send.
public protocol DeliveryStore: Sendable {
    /// Waiting messages whose next attempt is due, oldest first.
    func dueDeliveries(now: WallTime, limit: Int) async throws -> [PendingDelivery]
    /// When the next waiting message becomes due; nil: none waits.
    func nextDeliveryTime() async throws -> WallTime?
    func record(_ outcome: DeliveryOutcome, ofDelivery id: String, now: WallTime) async throws
}
