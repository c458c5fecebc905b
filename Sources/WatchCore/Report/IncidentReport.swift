// All that is known of an incident when it is over: for the people who were not there. The same
// value gives the JSON, and the blocks of which Markdown and HTML are made.

public struct IncidentReport: Hashable, Sendable, Codable {
    /// Seconds; nil: it never came to that.
    public struct Times: Hashable, Sendable, Codable {
        /// First bad second → decision.
        public var detection: Double?
        /// Decision → cured.
        public var execution: Double?
        /// First bad second → cured.
        public var downtime: Double?
    }

    public var incident: IncidentRecord
    public var times: Times
    /// What was lost by the methods that ran; empty: nothing.
    public var losses: [String]
    /// Who approved, acknowledged, held, denied or did what, in their order.
    public var people: [EventRecord]
    public var timeline: [EventRecord]
    public var messages: [Delivery]
    /// When it was written.
    public var written: WallTime

    public init(_ detail: IncidentDetail, messages: [Delivery], at now: WallTime) {
        let record = detail.incident
        incident = record
        times = Times(
            detection: record.detectionTime?.seconds, execution: record.executionTime?.seconds,
            downtime: record.downtime?.seconds)
        let account = IncidentAccount(record, timeline: detail.timeline, messages: messages)
        losses = account.losses
        people = account.people
        timeline = detail.timeline
        self.messages = messages.sorted { ($0.queued, $0.id) < ($1.queued, $1.id) }
        written = now
    }

    /// What its blocks are made of.
    var account: IncidentAccount {
        IncidentAccount(incident, timeline: timeline, messages: messages)
    }
}

/// A piece of a report, in whatever form.
enum ReportBlock: Hashable {
    struct Fact: Hashable {
        var name: String
        var value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    case heading(String)
    case text(String)
    case facts([Fact])
    case table([String], [[String]])
    /// As a program printed it.
    case output(String)
}
