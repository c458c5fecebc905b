// What a service's part of the engine sees of the world while it handles one event, and where it
// leaves what must happen.

struct Context {
    let now: Moment
    /// By reference: a copy for each event costs more than most events.
    private let shared: SharedConfiguration
    /// What is going on in all services, for rules that ask about the others.
    let neighbours: [Neighbour]
    /// Those of them whose rollback stops other services.
    let holders: [Neighbour]
    /// Why the store takes nothing; nil: it does.
    let storeProblem: String?
    /// By reference, too, until it changes.
    private(set) var sharedHost: Shared<HostState>
    private(set) var hostChanged = false
    var host: HostState {
        _read { yield sharedHost.value }
        _modify {
            hostChanged = true
            yield &sharedHost.value
        }
    }

    var mode = EngineMode.live
    /// Whether verdicts and timers move now.
    var judges = true
    /// Channels that take nothing at the moment, and why.
    var deadChannels: [String: String] = [:]

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
        now: Moment, configuration: SharedConfiguration, neighbours: Neighbours,
        storeProblem: String?, host: Shared<HostState>
    ) {
        self.now = now
        shared = configuration
        self.neighbours = neighbours.all
        holders = neighbours.holders
        self.storeProblem = storeProblem
        sharedHost = host
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

/// All services, and those that most questions are about.
struct Neighbours {
    var all: [Neighbour]
    var holders: [Neighbour]

    init(_ all: [Neighbour]) {
        self.all = all
        holders = all.filter(\.holds)
    }
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
    /// Of the rollback that runs: its id, the services it stops, whether it has begun to, and when
    /// its settling ended.
    var rollback: String?
    var spans: [String] = []
    var holds = false
    var settled: WallTime?
    /// Probes that another service's verification asks about.
    var probes: [String: ProbeHealth] = [:]
}
