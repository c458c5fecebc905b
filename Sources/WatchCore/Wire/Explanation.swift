// What `watchctl explain SERVICE/TRIGGER` shows: operand by operand, why the verdict is what it is.

public struct Explanation: Hashable, Sendable, Codable {
    /// One part of the expression, from the whole down to its operands.
    public struct Line: Hashable, Sendable, Codable {
        /// Nesting, 0 for the whole expression.
        public var depth: Int
        /// `error_rate(access, 2m) > 25%`.
        public var text: String
        /// `true`, `false`, `unknown`, or the value with its unit (`31.2 %`, `420 ms`).
        public var value: String
        public var samples: Int?
        /// Why it is unknown: `12 of 20 samples`, `window restarted 40 s ago, needs 2m`.
        public var note: String?

        public init(
            depth: Int, text: String, value: String, samples: Int? = nil, note: String? = nil
        ) {
            self.depth = depth
            self.text = text
            self.value = value
            self.samples = samples
            self.note = note
        }
    }

    public var service: String
    public var trigger: ServiceStatus.TriggerStatus
    public var lines: [Line]
    /// Why the verdict is what it is, in sentences.
    public var why: [String]
    /// What seems wrong with the rule itself: it asks for what was never seen.
    public var notices: [String]
    /// What would happen if it breached now, and why.
    public var decision: String
    public var reason: String
    public var text: String

    public init(
        service: String, trigger: ServiceStatus.TriggerStatus, lines: [Line],
        why: [String] = [], notices: [String] = [], decision: String, reason: String, text: String
    ) {
        self.service = service
        self.trigger = trigger
        self.lines = lines
        self.why = why
        self.notices = notices
        self.decision = decision
        self.reason = reason
        self.text = text
    }
}

/// `GET /v1/incidents/{id}`.
public struct IncidentDetail: Hashable, Sendable, Codable {
    public var incident: IncidentRecord
    public var timeline: [EventRecord]
    /// The messages of the incident; nil from a watchd that did not say.
    public var messages: [Delivery]?
    /// What happened, when and why; nil from a watchd that did not say.
    public var account: IncidentAccount?
    /// How to roll back by hand and whether that would work now, of a grave incident that is open
    /// and offers nothing.
    public var advice: String?

    /// - Parameter directory: in which watchd keeps its state.
    public init(
        incident: IncidentRecord, timeline: [EventRecord], messages: [Delivery]? = nil,
        directory: String? = nil
    ) {
        self.incident = incident
        self.timeline = timeline
        self.messages = messages?.sorted { ($0.queued, $0.id) < ($1.queued, $1.id) }
        account = IncidentAccount(
            incident, timeline: timeline, messages: messages, directory: directory)
    }
}

/// Body of every answer that is not 2xx.
public struct ErrorReply: Hashable, Sendable, Codable {
    /// A stable code: `forbidden`, `not-found`, `invalid`, …
    public var code: String
    /// What is wrong and what to do.
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
