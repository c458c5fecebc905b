// The open incident of a service: its record, and what the engine must remember besides to page
// people and to close it. Durable.

struct Incident: Hashable, Sendable, Codable {
    var record: IncidentRecord
    var opened: Moment
    /// Channels a page went to: the resolve message goes to the same places.
    var pagedChannels: [String] = []
    /// Route the pages take, and the next step of it.
    var route: String?
    var nextRouteStep = 0
    /// Nobody answered by then: the next step of the route.
    var escalateAt: Moment?
    /// The acknowledgement counts until then.
    var acknowledgedUntil: Moment?
    /// It closes by itself then (recovered, cleared, superseded).
    var closesAt: Moment?
    /// Handed over: since when all is clear.
    var allClearSince: Moment?
    /// The last page that was kept back; it is sent when nothing keeps it back any more.
    var held: HeldPage?
    /// A decision to roll back waits for the host-wide brake.
    var waitsForBrake = false
    /// A decision waits until it is clear which release runs.
    var waitsForVersion = false
    /// Messages sent so far; part of their ids.
    var messages = 0
    /// Title of the last message.
    var lastTitle: String?
    /// What people were told of its breaches: the same is not said twice.
    var told: [Told]?
    /// When they were told last.
    var lastPaged: Moment?
    /// It broke again after it had cleared; whoever answered the breach before looks after this
    /// one, too, until then.
    var brokeAgainUntil: Moment?
    /// A rollback is offered and nobody has answered yet.
    var approval: PendingApproval?
    /// Somebody delayed the action.
    var hold: Hold?
    /// Methods that were approved by name and had their turn.
    var triedMethods: [String]?
    /// An approval ran out and watchd was to act instead; not a second time.
    var hasTimedOut: Bool?
    /// No rule can say that it is over: a person declared it when none saw anything, or a release
    /// that is known to be bad runs again.
    var isForPeople: Bool?
    /// When people were left to it, if they ever were.
    var handedOver: HandedOver?
    /// A rollback helped: what runs since, and until when watchd does not act again.
    var probation: Probation?
    /// The last page, and which channels took it.
    var page: SentPage?

    /// Handed-over incidents close after so long without a breach, once acknowledged.
    static let handedOverClears = Duration.minutes(15)

    /// By a person, when no rule saw anything.
    var isDeclaredAlone: Bool {
        isForPeople ?? false && record.reason?.hasPrefix("declared:") ?? false
    }

    var hasOpenBreach: Bool { record.breaches.contains { $0.cleared == nil } }

    /// The most severe breach that stands, of equals the first in the file.
    func worstOpenBreach(
        order: [String], besides: Set<String>
    ) -> IncidentRecord.Breach? {
        let open = record.breaches.filter { $0.cleared == nil && !besides.contains($0.trigger) }
        return open.max { a, b in
            if a.severity != b.severity { return a.severity < b.severity }
            let first = order.firstIndex(of: a.trigger) ?? .max
            let second = order.firstIndex(of: b.trigger) ?? .max
            return first > second
        }
    }

    mutating func markCleared(_ trigger: String, at time: WallTime) {
        for index in record.breaches.indices
        where record.breaches[index].trigger == trigger && record.breaches[index].cleared == nil {
            record.breaches[index].cleared = time
        }
    }

    mutating func rebase(_ rebase: Rebase) {
        rebase(&opened)
        rebase.deadline(&escalateAt)
        rebase.deadline(&closesAt)
        rebase.deadline(&acknowledgedUntil)
        rebase.deadline(&brokeAgainUntil)
        if var probation {
            rebase.deadline(&probation.until)
            self.probation = probation
        }
        rebase(&lastPaged)
        if var page = held {
            rebase(&page.since)
            held = page
        }
        rebase(&allClearSince)
        if var approval {
            rebase.deadline(&approval.deadline)
            self.approval = approval
        }
        if var hold {
            rebase.deadline(&hold.until)
            self.hold = hold
        }
    }
}
