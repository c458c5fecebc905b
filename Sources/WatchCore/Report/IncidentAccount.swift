// What happened in an incident, when, and why, in the order in which people ask. `watchctl
// incident`, its JSON and the report are made of it, so that none says what another does not.

public struct IncidentAccount: Hashable, Sendable, Codable {
    /// One of the moments of an incident, in the order in which they came.
    public struct Milestone: Hashable, Sendable, Codable {
        /// `first bad`, `detected`, `decided`, `begun`, `landed`, `ended`, `handed over`, `cured`,
        /// `cleared`, `superseded`, `closed`.
        public var name: String
        /// nil: it did not come to that, or not yet.
        public var at: WallTime?
        public var text: String

        public init(_ name: String, at: WallTime?, _ text: String = "") {
            self.name = name
            self.at = at
            self.text = text
        }
    }

    public var milestones: [Milestone]
    public var times: IncidentReport.Times
    /// What the methods that ran can lose, as the plan declares it; empty: nothing.
    public var losses: [String]
    /// The same in a sentence, also where nothing could be lost.
    public var lost: String
    /// All decisions, also those that were taken back before anything was touched.
    public var decisions: [EventRecord]
    /// Who approved, acknowledged, held, denied, aborted or did what, in their order.
    public var people: [EventRecord]
    /// Who was told, in a sentence; nil: whoever was asked does not know.
    public var told: String?
    /// There was something to tell, and no channel took any of it.
    public var isUntold: Bool
    /// Where on this host what was seen and what steps printed is kept; nil as `told`.
    public var evidence: [String]?

    /// - Parameters:
    ///   - messages: of the incident; nil: not known.
    ///   - directory: in which watchd keeps its state; nil: not known.
    public init(
        _ incident: IncidentRecord, timeline: [EventRecord], messages: [Delivery]? = nil,
        directory: String? = nil
    ) {
        let story = Story(incident: incident, timeline: timeline)
        milestones = story.milestones
        times = IncidentReport.Times(
            detection: incident.detectionTime?.seconds, execution: incident.executionTime?.seconds,
            downtime: incident.downtime?.seconds)
        losses = incident.rollbacks.flatMap { $0.losses ?? [] }
        lost = story.lost(losses)
        decisions = timeline.filter(Self.isDecision)
        people = timeline.filter(Self.isByPeople)
        told = messages.map { Self.told(incident, $0) }
        isUntold = messages.map { !$0.isEmpty && !$0.contains { $0.state == .sent } } ?? false
        evidence = directory.map { Self.places(incident, below: $0) }
    }

    // MARK: - Events

    private static func isDecision(_ event: EventRecord) -> Bool {
        event.decision != nil && ["decision", "rollback.withdrawn"].contains(event.kind)
    }

    private static func isByPeople(_ event: EventRecord) -> Bool {
        let reason = event.reason ?? ""
        return switch event.kind {
        case "incident.acknowledged", "incident.declared", "incident.held", "incident.false-alarm",
            "gate.forced", "rollback.scheduled", "rollback.unscheduled", "step.confirmed",
            "step.answered", "drill.began", "ack.expired":
            true
        case "decision": reason.hasPrefix("person:")
        case "rollback.stopping": reason == "aborted"
        case "incident.closed": event.text.hasPrefix(ServiceEngine.resolvedBy)
        default: event.kind.hasPrefix("approval.") || event.kind.hasSuffix(".refused")
        }
    }

    // MARK: - Who was told

    private static func told(_ incident: IncidentRecord, _ messages: [Delivery]) -> String {
        let muted =
            incident.muted == 0
            ? nil
            : "\(incident.muted) \(incident.muted == 1 ? "page was" : "pages were") kept back by "
                + (incident.mutedBy ?? "what was quiet")
        guard !messages.isEmpty else {
            let why = incident.isDrill ? "it is a drill" : muted ?? "there was no message"
            return "nobody: \(why)"
        }
        let channels = messages.reduce(into: [String]()) { names, message in
            if !names.contains(message.channel) { names.append(message.channel) }
        }
        let parts = channels.map { channel in
            let own = messages.filter { $0.channel == channel }
            let sent = own.filter { $0.state == .sent }
            var text = "\(channel) took \(sent.count) of \(own.count)"
            if let first = sent.compactMap(\.sent).min() { text += ", the first at \(first.text)" }
            if let problem = own.last(where: { $0.state != .sent })?.lastError {
                text += " (\(printable(problem, limit: 200)))"
            }
            return text
        }
        let all = parts + [muted].compactMap { $0 }
        let isUntold = !messages.contains { $0.state == .sent }
        return (isUntold ? "nobody could be told: " : "") + all.joined(separator: "; ")
    }

    // MARK: - Where it is kept

    private static func places(_ incident: IncidentRecord, below directory: String) -> [String] {
        var places: [String] = []
        if let evidence = incident.evidence {
            places.append(
                "\(directory)/watchd.db, as seen at \(evidence.taken.text): `watchctl incident "
                    + "\(incident.id) --json`")
        }
        for rollback in incident.rollbacks where !rollback.steps.isEmpty {
            places.append("\(directory)/steps/\(rollback.id).*, what its steps printed")
        }
        return places
    }
}

/// The moments of an incident out of its record and its timeline.
private struct Story {
    var incident: IncidentRecord
    var timeline: [EventRecord]

    /// A moment, and where it belongs among the others.
    private typealias Placed = (place: WallTime?, moment: IncidentAccount.Milestone)

    /// In the order in which they came; what is awaited still comes last.
    var milestones: [IncidentAccount.Milestone] {
        let all =
            [firstBad, detected, decided].compactMap { $0 }.map(placed)
            + incident.rollbacks.flatMap(rollback) + endings
        let ordered = all.sorted { a, b in
            guard let first = a.place else { return false }
            return b.place.map { first < $0 } ?? true
        }
        return ordered.map(\.moment)
    }

    private func placed(_ moment: IncidentAccount.Milestone) -> Placed { (moment.at, moment) }

    private var firstBad: IncidentAccount.Milestone? {
        incident.firstBad.map { .init("first bad", at: $0, "by the time of what was observed") }
    }

    private var detected: IncidentAccount.Milestone {
        // It may have opened again, or about a later release: then its figures are of that.
        let event = timeline.last { event in
            ["incident.opened", "incident.reopened", "incident.later-release"].contains(event.kind)
                && incident.decided.map { event.time <= $0 } ?? true
        }
        let at = event?.time ?? incident.opened
        let late = incident.firstBad.map { bad in
            "\(Swift.max(.zero, at - bad).text) after the first bad second"
        }
        return .init(
            "detected", at: at, [late, event?.reason].compactMap { $0 }.joined(separator: ": "))
    }

    private var decided: IncidentAccount.Milestone {
        let decisions = timeline.filter { $0.kind == "decision" }
        let event = decisions.last { $0.time == incident.decided } ?? decisions.last
        guard let event else {
            let reason = incident.reason.map { " (\($0))" } ?? ""
            return .init(
                "decided", at: incident.decided,
                incident.decision.map { $0 + reason } ?? "nothing yet")
        }
        let reason = event.reason.map { " (\($0))" } ?? ""
        return .init(
            "decided", at: event.time, "\(event.decision ?? "nothing")\(reason): \(event.text)")
    }

    private func rollback(_ rollback: RollbackRecord) -> [Placed] {
        var all = [
            placed(
                .init(
                    "begun", at: rollback.began,
                    "\(rollback.id), \(rollback.from.text) → \(rollback.to.text) with plan "
                        + "\(rollback.plan), asked by \(rollback.askedBy)"))
        ]
        let hasRun = rollback.steps.contains { !$0.title.hasPrefix("gate ") }
        if let landed = rollback.landed {
            let took = (landed - rollback.began).text
            all.append(
                placed(
                    .init("landed", at: landed, "\(rollback.to.text) runs, \(took) after it began"))
            )
        } else if hasRun {
            let text = rollback.ended == nil ? "not yet" : "never"
            all.append((rollback.ended, .init("landed", at: nil, text)))
        }
        if let ended = rollback.ended {
            let note = rollback.note.map { ": \($0)" } ?? ""
            let took = (ended - rollback.began).text
            all.append(
                placed(
                    .init(
                        "ended", at: ended,
                        "\(rollback.id) \(rollback.state.rawValue) after \(took)\(note)")))
        }
        return all
    }

    private var endings: [Placed] {
        var all: [Placed] = []
        for (kind, name) in [
            ("incident.handed-over", "handed over"), ("incident.cleared", "cleared"),
            ("incident.superseded", "superseded"),
        ] {
            guard let event = timeline.last(where: { $0.kind == kind }) else { continue }
            all.append(placed(.init(name, at: event.time, event.text)))
        }
        if let cured = incident.cured {
            let doubt =
                incident.unconfirmed.isEmpty
                ? "" : ", never seen true: \(incident.unconfirmed.joined(separator: ", "))"
            all.append(placed(.init("cured", at: cured, "all was clear\(doubt)")))
        } else if !incident.rollbacks.isEmpty {
            let text = incident.closed == nil ? "not yet" : "never, as far as watchd saw"
            all.append((incident.closed, .init("cured", at: nil, text)))
        }
        if let closed = incident.closed {
            let text = timeline.last { $0.kind == "incident.closed" }?.text ?? ""
            all.append(placed(.init("closed", at: closed, text)))
        }
        return all
    }

    func lost(_ losses: [String]) -> String {
        guard losses.isEmpty else {
            return losses.joined(separator: "; ") + ", as the plan declares"
        }
        let hasRun = incident.rollbacks.contains { $0.method != nil }
        return hasRun
            ? "nothing: no method that ran can lose any" : "nothing by watchd: no method ran"
    }
}
