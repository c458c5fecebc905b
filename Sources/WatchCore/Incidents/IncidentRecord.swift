// An incident as it is stored and shown. Its timeline is the events that carry its id.

public enum IncidentState: String, Hashable, Sendable, Codable, CaseIterable {
    case open
    case awaitingApproval = "awaiting-approval"
    case rollingBack = "rolling-back"
    case verifying
    case recovered
    case handedOver = "handed-over"
    case cleared
    case superseded
    case closed
}

public struct IncidentRecord: Hashable, Sendable {
    /// One breach that is part of the incident.
    public struct Breach: Hashable, Sendable, Codable {
        public var trigger: String
        public var severity: Severity
        public var began: WallTime
        public var cleared: WallTime?
        /// Readings when it began.
        public var readings: [String: Reading]
        /// The condition, and what made it true when it began, a sentence each; nil in records of
        /// before it was kept.
        public var when: String?
        public var why: [String]?

        /// Sentences kept.
        static let whyLimit = 20

        public init(
            trigger: String, severity: Severity, began: WallTime, cleared: WallTime? = nil,
            readings: [String: Reading] = [:]
        ) {
            self.trigger = trigger
            self.severity = severity
            self.began = began
            self.cleared = cleared
            self.readings = readings
        }
    }

    /// A signal that could not be measured.
    public struct BlindSignal: Hashable, Sendable, Codable {
        public var signal: String
        /// `unreadable`, `unparsed`, `dropped`, `clock`, `no-data` or `connectivity`.
        public var reason: String
        public var text: String
        public var began: WallTime
        public var cleared: WallTime?

        public init(
            signal: String, reason: String, text: String, began: WallTime,
            cleared: WallTime? = nil
        ) {
            self.signal = signal
            self.reason = reason
            self.text = text
            self.began = began
            self.cleared = cleared
        }
    }

    /// `shop-17`: the service and a number that is unique on the host.
    public var id: String
    public var service: String
    public var state: IncidentState
    public var severity: Severity
    public var opened: WallTime
    public var closed: WallTime?
    public var release: ReleaseIdentity?
    public var breaches: [Breach]
    /// The last decision and its stable reason.
    public var decision: String?
    public var reason: String?
    public var acknowledgedBy: String?
    public var isFalseAlarm: Bool
    public var rollbacks: [RollbackRecord]
    /// First bad second after the deployment began.
    public var firstBad: WallTime?
    /// When it was decided what is done in the end.
    public var decided: WallTime?
    /// When it was decided about it first, be it that people were asked; nil: at `decided`.
    public var firstDecided: WallTime?
    public var cured: WallTime?
    /// `recovered (unconfirmed: …)`: what was never seen true.
    public var unconfirmed: [String]
    /// Signals that could not be measured for long. An incident of these is of its own kind: it
    /// has no breach, and nothing is done about it but paging.
    public var blind: [BlindSignal] = []
    /// Breaches and blind signals that came and went, and are not listed: of a rule that flaps for
    /// days the first and the last are.
    public var leftOut = 0
    /// Pages that were kept back, and what kept the last one back: `silence:night`,
    /// `maintenance:weekend`, `depends-on:db-4`.
    public var muted = 0
    public var mutedBy: String?
    /// A rollback that people may approve now.
    public var offer: ApprovalOffer?
    /// What became of the last offer.
    public var answer: ApprovalAnswer?
    /// Until when somebody holds the action back.
    public var heldUntil: WallTime?
    /// What was seen at the last decision.
    public var evidence: Evidence?
    /// What the service's `assess:` said, of each occasion the last time; nil: nothing was asked.
    public var assessments: [Assessment]?
    /// The last page, while no channel has taken it or a later one; nil: somebody could be told.
    public var undelivered: UndeliveredPage?
    /// It holds a drill and nothing else: nobody is paged; nil: it is a real one.
    public var drill: DrillRecord?

    public init(
        id: String, service: String, state: IncidentState, severity: Severity, opened: WallTime,
        closed: WallTime? = nil, release: ReleaseIdentity? = nil, breaches: [Breach] = [],
        decision: String? = nil, reason: String? = nil, acknowledgedBy: String? = nil,
        isFalseAlarm: Bool = false, rollbacks: [RollbackRecord] = [], firstBad: WallTime? = nil,
        decided: WallTime? = nil, cured: WallTime? = nil, unconfirmed: [String] = []
    ) {
        self.id = id
        self.service = service
        self.state = state
        self.severity = severity
        self.opened = opened
        self.closed = closed
        self.release = release
        self.breaches = breaches
        self.decision = decision
        self.reason = reason
        self.acknowledgedBy = acknowledgedBy
        self.isFalseAlarm = isFalseAlarm
        self.rollbacks = rollbacks
        self.firstBad = firstBad
        self.decided = decided
        self.cured = cured
        self.unconfirmed = unconfirmed
    }

    public var isDrill: Bool { drill != nil }

    /// First bad second → first decision: what people take to answer is no part of it.
    public var detectionTime: Duration? {
        firstBad.flatMap { bad in
            (firstDecided ?? decided).map { Swift.max(.zero, $0 - bad) }
        }
    }
    /// Decision to do it → cured.
    public var executionTime: Duration? { decided.flatMap { at in cured.map { $0 - at } } }
    /// First bad second → cured.
    public var downtime: Duration? { firstBad.flatMap { bad in cured.map { $0 - bad } } }
}

/// A rollback as it is shown.
public struct RollbackRecord: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable {
        case gates, before, methods, after, landing, curing
        case recovered, failed, aborted
    }

    /// One gate, step or check that was run.
    public struct StepRecord: Hashable, Sendable {
        public var task: String
        public var title: String
        public var command: String
        public var began: WallTime
        public var took: Duration?
        /// How long it ought to take; nil: nobody said.
        public var target: Duration?
        public var result: TaskResult?

        public init(
            task: String, title: String, command: String, began: WallTime, took: Duration? = nil,
            result: TaskResult? = nil
        ) {
            self.task = task
            self.title = title
            self.command = command
            self.began = began
            self.took = took
            self.result = result
        }
    }

    /// `shop-17-r1`.
    public var id: String
    public var plan: String
    public var from: ReleaseIdentity
    public var to: ReleaseIdentity
    public var state: State
    /// `watchd` or a user's name.
    public var askedBy: String
    public var began: WallTime
    public var ended: WallTime?
    public var steps: [StepRecord]
    /// The method that is running or did it.
    public var method: String?
    /// Why it failed, or what it waits for.
    public var note: String?
    /// What the methods that ran can lose, a sentence each; nil: nothing.
    public var losses: [String]?
    /// When verification began, and when the target was seen to run; nil: they never were.
    public var verifying: WallTime?
    public var landed: WallTime?
    /// Seconds that it ought to take from there; nil: nobody said.
    public var verifyTarget: Double?

    public init(
        id: String, plan: String, from: ReleaseIdentity, to: ReleaseIdentity, state: State,
        askedBy: String, began: WallTime, ended: WallTime? = nil, steps: [StepRecord] = [],
        method: String? = nil, note: String? = nil
    ) {
        self.id = id
        self.plan = plan
        self.from = from
        self.to = to
        self.state = state
        self.askedBy = askedBy
        self.began = began
        self.ended = ended
        self.steps = steps
        self.method = method
        self.note = note
    }
}

extension IncidentRecord {
    /// So many breaches are listed, and so many signals that were blind; the first of them are
    /// never left out.
    static let listed = 100
    static let firstListed = 20

    mutating func append(_ breach: Breach) {
        breaches.append(breach)
        leftOut += Self.leaveOut(&breaches) { $0.cleared != nil ? $0.trigger : nil }
    }

    mutating func append(_ signal: BlindSignal) {
        blind.append(signal)
        leftOut += Self.leaveOut(&blind) { $0.cleared != nil ? $0.signal : nil }
    }

    /// The oldest whose rule or signal is listed again later. What operations brought is called
    /// after each of them, and nothing is asked of it once it has cleared.
    ///
    /// - Parameter ended: the name, of one that is over.
    /// - Returns: how many were left out.
    private static func leaveOut<Entry>(
        _ list: inout [Entry], ended: (Entry) -> String?
    ) -> Int {
        guard list.count > listed else { return 0 }
        var later: [String: Int] = [:]
        for place in list.indices {
            if let name = ended(list[place]) { later[name] = place }
        }
        let place = list.indices.dropFirst(firstListed).first { place in
            guard let name = ended(list[place]) else { return false }
            return later[name] != place || OperationBreach(name: name) != nil
        }
        guard let place else { return 0 }
        list.remove(at: place)
        return 1
    }
}
