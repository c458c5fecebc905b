// What a service's part of the engine sees of the world while it handles one event, and where it
// leaves what must happen.

struct Context {
    let now: Moment
    let configuration: Configuration
    /// What is going on in the other services.
    let neighbours: [Neighbour]
    /// Why the store takes nothing; nil: it does.
    let storeProblem: String?
    var host: HostState {
        didSet { hostChanged = true }
    }
    private(set) var hostChanged = false

    var mode = EngineMode.live
    /// Whether verdicts and timers move now.
    var judges = true

    /// The service's durable state changed and must be stored.
    var isDirty = false
    var events: [EventRecord] = []
    var incidents: [IncidentRecord] = []
    var messages: [OutboxMessage] = []
    /// In order, after the transaction.
    var actions: [Effect] = []

    /// Something is to be stored, said or done.
    var hasOutcome: Bool {
        isDirty || hostChanged || !events.isEmpty || !incidents.isEmpty || !messages.isEmpty
            || !actions.isEmpty
    }

    init(
        now: Moment, configuration: Configuration, neighbours: [Neighbour],
        storeProblem: String?, host: HostState
    ) {
        self.now = now
        self.configuration = configuration
        self.neighbours = neighbours
        self.storeProblem = storeProblem
        self.host = host
    }

    mutating func nextNumber() -> Int {
        defer { host.nextNumber += 1 }
        return host.nextNumber
    }
}

/// Another service, as far as host-wide rules ask.
struct Neighbour {
    var name: String
    var isRollingBackAutomatically: Bool
    /// Its open incident.
    var incident: NeighbourIncident?
    /// Its grave breaches (high or critical, not shadow) that stand or began a moment ago.
    var graveBreaches: [GraveBreach]
}
