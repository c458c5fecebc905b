// What a service's part of the engine sees of the world while it handles one event, and where it
// leaves what must happen.

struct Context {
    let now: Moment
    /// By reference: a copy for each event costs more than most events.
    private let shared: SharedConfiguration
    /// What is going on in all services, for rules that ask about the others.
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
        now: Moment, configuration: SharedConfiguration, neighbours: [Neighbour],
        storeProblem: String?, host: HostState
    ) {
        self.now = now
        shared = configuration
        self.neighbours = neighbours
        self.storeProblem = storeProblem
        self.host = host
    }

    var configuration: Configuration {
        _read { yield shared.value }
    }

    mutating func nextNumber() -> Int {
        defer { host.nextNumber += 1 }
        return host.nextNumber
    }
}

/// A configuration that many hold and nobody changes.
final class SharedConfiguration: Sendable {
    let value: Configuration

    init(_ value: Configuration) { self.value = value }
}

/// A service, as far as host-wide rules ask about it.
struct Neighbour {
    var name: String
    var isRollingBackAutomatically: Bool
    var isRollingBack: Bool
    /// Its open incident.
    var incident: NeighbourIncident?
    /// Its grave breaches (high or critical, not shadow) that stand or began a moment ago.
    var graveBreaches: [GraveBreach]
}
