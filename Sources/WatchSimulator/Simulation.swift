// One world: a real engine, and around it clocks, services, steps, a store, channels and people
// that do what they may do at their worst moment. A seed decides everything.
//
// First comes the phase of safety, in which anything may fail; then that of liveness, in which
// nothing fails any more and everything must come to rest.

import WatchCore

public final class Simulation {
    public let seed: UInt64
    /// Events of both phases at least. What it takes to come to rest is not known beforehand: an
    /// eighth is kept for it, and a world that rests sooner goes on in good health.
    let limit: Int
    /// Told every line of what happens; nil: nobody listens.
    let trace: ((String) -> Void)?

    let traffic: Traffic
    var random: Random
    var clock = Clock()
    let profile: Profile
    var scenario: Scenario
    var worlds: [ServiceWorld] = []
    var engine: Engine
    let runner = TaskRunner()
    var store = SimulatedStore()
    var outbox = SimulatedOutbox()

    /// Events handled so far.
    public internal(set) var events = 0
    /// Effects seen so far.
    public internal(set) var effects = 0
    /// Rollbacks begun, crashes survived and so on: what the world went through.
    public internal(set) var tally = Tally()

    var emitted = Books()
    var durable = Books()
    /// The latest that the wall clock ever showed before it was set.
    var latestWall = WallTime(nanoseconds: .min)
    /// Rules with `for` whose breach began in this event.
    var begun: [(index: Int, trigger: TriggerConfiguration, time: Int64)] = []
    var ledgers: [ServiceLedger] = []
    var steps = StepBook()
    var reads: [ReadBook] = []
    var evidence: [[String: Duration]] = []
    var lastEvidence: [Instant] = []
    var wasHealthy: [Bool] = []
    /// By service and trigger: when a breach was last seen to be true or unknown.
    var lastNotFalse: [[Instant?]] = []
    /// Breaches that ended by the event that is handled.
    var clearedNow: Set<Cleared> = []
    /// Those that were breached: only of these can a deployment have ended a breach.
    var everBreached: Set<Cleared> = []
    /// The books before a command.
    var before = ServiceBooks()
    /// Services whose windows begin anew by the event that is handled.
    var anew: Set<String> = []
    /// Of each service: breaches and reads, for the question what was there first.
    var breaches: [BreachBook] = []
    var network = NetworkBook()
    /// The host's own network is dead until then.
    var networkDownUntil: Int64 = 0
    /// Services whose probes all passed when that began.
    var passedBefore: Set<String> = []
    var nextConnectivity: Int64 = 0
    /// Incidents of which a page is kept back, and since when nothing does so any more.
    var unmutedSince: [String: Int64] = [:]
    var wasReloaded = false
    /// Windows were restarted by the event that is handled.
    var hasNewFloor = false

    /// Lists of effects that are not done yet.
    var orders: [Order] = []
    /// Events that arise while effects are done.
    var inbox: [Event] = []
    var delayed: [(due: Int64, event: Event)] = []
    var agenda: [(due: Int64, act: Act)] = []
    /// Effects until the daemon dies; nil: it does not.
    var crashIn: Int?
    var crashIsReboot = false
    var isDown = false
    var upAt: Int64 = 0
    var storeFailsUntil: Int64 = 0
    var checkpoint: Checkpoint?
    var checkpointAt: Instant?
    var lastHandled: Instant?
    var lastTick: Int64 = 0
    var isHealing = false
    var isHashing: Bool
    var hasher = Hasher()

    /// How often the wall clock was set, and the true time at which it was last.
    var wallSettings = 0
    var wallSetAt = Int64.min
    /// The true time at which the host came up last.
    var rebootedAt = Int64.min
    /// The daemon stays away for so long when it dies next.
    var outage: Int64?
    /// Gates that are asked without a rollback, with when their time is up; and since when one is
    /// beside a rollback.
    var dryGates: [String: Int64] = [:]
    var dryOverlap: Int64?
    /// An operation was given up by the event that is handled.
    var hasLost = false
    /// Of each service: what its methods made, and what their checks said of it.
    var made: [MadeBook] = []

    static let ann = Peer(
        uid: 1000, name: "ann", operates: true, roles: ["any-admin", "senior-admin", "cto"])
    static let dan = Peer(uid: 1002, name: "dan", operates: true, roles: ["any-admin", "dba"])

    /// Whoever asks; some have no say.
    func person() -> Peer {
        if isHealing { return Self.ann }
        switch random.below(100) {
        case 0..<65: return Self.ann
        case 65..<85: return Self.dan
        default: return Peer(uid: 1001, name: "bob", operates: random.chance(50))
        }
    }

    struct Cleared: Hashable {
        var index: Int
        var trigger: String
    }

    /// What happens later in a world.
    enum Act {
        case deploy(service: Int)
        case announce(service: Int, version: String)
        case command(Command)
        case answer(incident: String)
        case crash(isReboot: Bool)
        case say(Command, Peer)
        case doStep(rollback: String, succeeds: Bool)
        /// It dies, and stays away for so many seconds.
        case outage(Int)
    }

    /// How often things came to pass, so that a simulator that tries nothing is found out.
    public struct Tally: Sendable {
        public var rollbacks = 0
        public var automatic = 0
        public var recovered = 0
        public var handedOver = 0
        public var crashes = 0
        public var reboots = 0
        public var incidents = 0
        public var pages = 0
        public var steps = 0
        public var verdicts = 0
        public var releasesGood = 0
        /// Steps that people were told to do, and methods that undid phases.
        public var manualSteps = 0
        public var undoings = 0
        public var operations = 0
        /// Rollbacks for later whose time came.
        public var scheduled = 0
        /// Releases that a method made and its check confirmed.
        public var madeReleases = 0
        public var dryGates = 0

        public init() {}
    }

    public init(
        seed: UInt64, events limit: Int = 2000, isHashing: Bool = false,
        traffic: Traffic = Traffic(), trace: ((String) -> Void)? = nil
    ) {
        self.seed = seed
        self.traffic = traffic
        self.limit = limit
        self.isHashing = isHashing
        self.trace = trace
        random = Random(seed: seed)
        profile = Profile(&random)
        var maker = ConfigurationMaker(
            random: Random(seed: random.next()), expressions: traffic.expressions)
        scenario = maker.make()
        let now = clock.moment
        engine = Engine(configuration: scenario.configuration, now: now)
        store.bootID = clock.bootID
        for service in scenario.configuration.services {
            worlds.append(ServiceWorld(service, scenario.rules[service.name] ?? [:], &random))
            var ledger = ServiceLedger(
                service, scenario.rules[service.name] ?? [:], floor: now.boot)
            // Which results count is told apart by what is heard of others, or not heard.
            ledger.hasNoOpinion = scenario.network != .unknown
            ledgers.append(ledger)
            lastNotFalse.append(service.triggers.map { _ in nil })
            breaches.append(BreachBook())
            emitted.services[service.name] = ServiceBook()
            reads.append(ReadBook())
            made.append(MadeBook())
            evidence.append([:])
            lastEvidence.append(now.boot)
            wasHealthy.append(true)
        }
        durable = emitted
    }

    /// A stable number for all that the engine wanted done; only with `isHashing`.
    public var digest: Int { hasher.finalize() }

    /// Lives through it all.
    public func run() throws(Violation) {
        try start()
        while events < limit - limit / 8 {
            try pass(random.oneIn(40) ? random.between(2, 5) : 1)
        }
        try comeToRest()
    }

    private func start() throws(Violation) {
        try process(engine.resume(at: clock.moment))
        if random.chance(90) { try command(.arm(service: nil, reason: "simulated")) }
        // Most worlds begin with a release that has proved itself.
        if random.chance(60), let name = scenario.configuration.services.first?.name {
            try pass(3)
            try command(
                .mark(service: name, version: "1.0", .good, reason: "it ran for years"))
        }
    }

    /// Lets `seconds` pass with one tick at their end.
    func pass(_ seconds: Int) throws(Violation) {
        let target = clock.time + Int64(seconds) * Clock.second
        if profile.lag == 0 || isHealing || random.chance(100 - profile.lag) { try drain() }
        try act(until: target)
        for service in worlds.indices {
            try observe(service, seconds)
            if worlds[service].operation != nil { try drive(worlds[service]) }
        }
        try deliverDelayed(until: target)
        try endTasks(until: target)
        if !isHealing { try happen(seconds) }
        clock.reach(target)
        if isDown {
            if clock.time >= upAt { try comeUp() }
        } else {
            try deliver(.tick, isTick: true)
            try retryStore()
            try drainInbox()
        }
        deliverMessages()
    }

    func say(_ line: @autoclosure () -> String) {
        guard let trace else { return }
        let now = clock.moment
        let wall = now.wall.text.dropFirst(11).dropLast(1)
        trace("\(wall) +\(now.boot.nanoseconds / 1_000_000)ms \(line())")
    }
}
