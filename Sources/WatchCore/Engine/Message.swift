// What people are told. The engine says what and to which channel; an adapter gives it the
// channel's shape.

public struct Message: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable {
        /// Somebody must look.
        case page
        /// How it goes on: rollback in progress, verifying, …
        case update
        /// It is over; closes what a page opened, in the same place.
        case resolve
    }

    public struct Field: Hashable, Sendable, Codable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var kind: Kind
    public var time: WallTime
    public var service: String
    public var incident: String?
    public var severity: Severity?
    /// One line: `shop: rollback in progress, 2.0.0 → 1.9.0`.
    public var title: String
    /// A sentence or a few.
    public var text: String
    public var fields: [Field]
    /// The same for every message of an incident, so that receivers can thread and close.
    public var dedupKey: String

    public init(
        kind: Kind, time: WallTime, service: String, incident: String? = nil,
        severity: Severity? = nil, title: String, text: String, fields: [Field] = [],
        dedupKey: String
    ) {
        self.kind = kind
        self.time = time
        self.service = service
        self.incident = incident
        self.severity = severity
        self.title = title
        self.text = text
        self.fields = fields
        self.dedupKey = dedupKey
    }
}

/// A message for one channel.
public struct OutboxMessage: Hashable, Sendable, Codable {
    /// Unique for ever; receivers may use it to drop a repeat: `shop-17/3/ops-chat`, with the
    /// moment behind an `@` where it was sent before it could be stored.
    public var id: String
    public var channel: String
    public var message: Message

    public init(id: String, channel: String, message: Message) {
        self.id = id
        self.channel = channel
        self.message = message
    }
}

/// How far a message got: a row of the outbox, and of `GET /v1/deliveries`.
public struct Delivery: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable {
        case waiting, sent
        /// The receiver refused it for good (4xx), or it waited too long.
        case failed
    }

    public var id: String
    public var channel: String
    public var title: String
    public var state: State
    public var attempts: Int
    public var queued: WallTime
    public var sent: WallTime?
    public var nextAttempt: WallTime?
    public var lastError: String?

    public init(
        id: String, channel: String, title: String, state: State, attempts: Int,
        queued: WallTime, sent: WallTime? = nil, nextAttempt: WallTime? = nil,
        lastError: String? = nil
    ) {
        self.id = id
        self.channel = channel
        self.title = title
        self.state = state
        self.attempts = attempts
        self.queued = queued
        self.sent = sent
        self.nextAttempt = nextAttempt
        self.lastError = lastError
    }
}
