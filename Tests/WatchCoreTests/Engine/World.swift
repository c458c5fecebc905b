// A service, its log, its probe and its version, moved by hand second by second, around a real
// engine. It judges what the engine asks for: nothing may be run whose intent was not stored.

@testable import WatchCore

final class World {
    /// What the world is like; tests change it as they go.
    var version = "1.0.0"
    var errorRate = 0.0
    /// The host of a probe; nil: this one.
    var hostOf: (String) -> String? = { _ in nil }
    /// Probes whose target does not answer in time.
    var timesOut: Set<String> = []
    /// What the checker of connectivity finds; nil: there is none.
    var connectivity: Bool? = true
    private(set) var asksForConnectivity = 0
    /// Of single services, where it is not `errorRate`.
    var errorRates: [String: Double] = [:]
    var requestsPerSecond = 50
    /// A test's own: whatever was wrong with the world is not any more.
    var isWell = false
    var probePasses = true
    var sourceAnswers = true
    /// When a test's own story began.
    var began = Instant.seconds(0)
    /// Where a test needs more than one of each: what a source reads, a probe finds and a log
    /// holds, by service and name; nil from one of them: nothing comes in.
    var reads: ((World, _ service: String, _ source: Int) -> VersionReading.Answer?)?
    var finds: ((World, _ service: String, _ probe: String) -> ProbeResult.Outcome?)?
    var logs: ((World, _ service: String) -> StreamBatch?)?
    /// What a task does; the default succeeds at once, and `activate` switches the version.
    var answer: (World, StepTask) -> TaskResult? = { $0.obey($1) }

    /// What a gate says when it is asked dry; nil: nothing yet.
    var answerDry: (World, StepTask) -> TaskResult? = { _, _ in TaskResult(ending: .exited(0)) }
    private(set) var dryTasks: [StepTask] = []

    var engine: Engine
    var now: Moment
    private(set) var events: [EventRecord] = []
    private(set) var messages: [OutboxMessage] = []
    private(set) var tasks: [StepTask] = []
    private(set) var stored = DurableState()
    private(set) var cancelled: [String] = []
    private(set) var transactions = 0
    /// Incidents as they were stored last, by id.
    private(set) var records: [String: IncidentRecord] = [:]
    /// While false, every transaction fails.
    var storeWorks = true
    private(set) var volatileMessages: [OutboxMessage] = []
    let configuration: Configuration
    private static let root = Peer(uid: 0, name: "root")

    init(
        _ configuration: Configuration = World.configuration(), armed: Bool = true
    ) {
        self.configuration = configuration
        now = Moment(boot: .seconds(10_000), wall: .seconds(1_800_000_000))
        engine = Engine(configuration: configuration, now: now)
        if armed { _ = command(.arm(service: nil, reason: "test")) }
    }

    // MARK: - Time

    /// Lets `seconds` pass, one at a time.
    func pass(_ seconds: Int) {
        for _ in 0..<seconds { second() }
    }

    /// Lets time pass until `condition` holds; false when it does not within `limit` seconds.
    func pass(upTo limit: Int, until condition: (World) -> Bool) -> Bool {
        for _ in 0..<limit {
            if condition(self) { return true }
            second()
        }
        return condition(self)
    }

    private func second() {
        now.boot = now.boot + .seconds(1)
        now.wall = now.wall + .seconds(1)
        for service in configuration.services {
            if let batch = logs.map({ $0(self, service.name) }) ?? traffic(of: service.name) {
                handle(.stream(service: service.name, stream: "access", batch))
            }
            for probe in service.probes where isDue(probe.every) {
                self.probe(service.name, probe.name)
            }
            for (index, source) in service.version.enumerated() where isDue(source.every) {
                readVersion(service.name, index)
            }
        }
        handle(.tick)
    }

    private func isDue(_ every: Duration) -> Bool {
        now.boot.second % Swift.max(1, every.nanoseconds / 1_000_000_000) == 0
    }

    /// The last second's requests.
    private func traffic(of service: String) -> StreamBatch {
        let rate = errorRates[service] ?? errorRate
        return batch(requestsPerSecond, errors: Int(Double(requestsPerSecond) * rate))
    }

    func batch(_ requests: Int, errors: Int = 0, latency: Double = 0.02) -> StreamBatch {
        guard requests > 0 else { return StreamBatch() }
        var sketch = LatencySketch()
        for _ in 0..<requests { sketch.record(seconds: latency) }
        let slice = StreamBatch.Slice(
            second: now.boot.second - 1, count: requests, errors: errors, latency: sketch)
        return StreamBatch(slices: [slice], lines: requests)
    }

    func probe(_ service: String, _ probe: String = "health", isRecheck: Bool = false) {
        let late = timesOut.contains(probe)
        let usual: ProbeResult.Outcome =
            late ? .fail("timed out") : probePasses ? .pass : .fail("connection refused")
        guard let outcome = finds.map({ $0(self, service, probe) }) ?? usual else { return }
        var result = ProbeResult(
            started: now.boot, took: .milliseconds(5), outcome: outcome, isRecheck: isRecheck)
        result.host = hostOf(probe)
        result.timedOut = late
        handle(.probe(service: service, probe: probe, result))
    }

    private func checkConnectivity() {
        asksForConnectivity += 1
        guard let works = connectivity else { return }
        handle(
            .connectivity(
                ConnectivityResult(
                    started: now.boot, reached: works ? ["tcp"] : [],
                    problems: works ? [:] : ["tcp": "no route to host"])))
    }

    func readVersion(_ service: String, _ source: Int) {
        let usual: VersionReading.Answer =
            sourceAnswers
            ? .version(version, commit: nil, fields: [:]) : .unavailable("no such file")
        guard let answer = reads.map({ $0(self, service, source) }) ?? usual else { return }
        handle(
            .version(
                service: service, source: source,
                VersionReading(asked: now.boot, answer: answer)))
    }

    /// The host sleeps, or watchd gets no processor: nothing happens, and time is gone.
    func suspend(_ seconds: Int) {
        now.boot = now.boot + .seconds(Double(seconds))
        now.wall = now.wall + .seconds(seconds)
    }

    // MARK: - Events and effects

    func handle(_ event: Event) { perform(engine.handle(event, at: now)) }

    @discardableResult
    func command(_ command: Command, by peer: Peer? = nil) -> CommandReply {
        let (reply, effects) = engine.perform(command, by: peer ?? Self.root, at: now)
        perform(effects)
        return reply
    }

    func perform(_ effects: [Effect]) {
        var failed = false
        var skipped: [String] = []
        for effect in effects {
            switch effect {
            case .persist(let transaction):
                if storeWorks { store(transaction) } else { failed = true }
            case .run(let task), .resume(let task):
                if failed { skipped.append(task.id) } else { run(task) }
            case .runDry(let task):
                dryTasks.append(task)
                if let result = answerDry(self, task) { finish(task, result) }
            case .cancel(let id):
                cancelled.append(id)
            case .readVersions(let service):
                let sources = configuration.service(service)?.version ?? []
                for index in sources.indices { readVersion(service, index) }
            case .probeNow(let service, let probes):
                for name in probes { probe(service, name, isRecheck: true) }
            case .checkConnectivity: checkConnectivity()
            case .deliver: break
            case .deliverFromMemory(let messages): volatileMessages += messages
            }
        }
        if failed { handle(.storeFailed("disk full", skipped: skipped)) }
    }

    private func store(_ transaction: Transaction) {
        transactions += 1
        if let host = transaction.host { stored.host = host }
        stored.services.merge(transaction.services) { $1 }
        events += transaction.events
        messages += transaction.messages
        for record in transaction.incidents { records[record.id] = record }
    }

    /// The store holds this from before.
    func adopt(_ state: DurableState) { stored = state }

    private func run(_ task: StepTask) {
        // The judge: its intent must be on disk.
        let pending = stored.services[task.service]?.rollback?.pending
        precondition(pending == task, "task \(task.id) was started without a stored intent")
        tasks.append(task)
        if let result = answer(self, task) { finish(task, result) }
    }

    func finish(_ task: StepTask, _ result: TaskResult) {
        handle(.task(id: task.id, result))
    }

    func obey(_ task: StepTask) -> TaskResult? {
        if case .unit("activate", _) = task.action {
            version = task.variables["to.version"] ?? version
            errorRate = 0
            probePasses = true
        }
        return TaskResult(ending: .exited(0))
    }

    /// The daemon dies and comes back with what was stored.
    func crash(sameBoot: Bool = true) {
        if !sameBoot { now.boot = .seconds(50) }
        engine = Engine(
            configuration: configuration, stored: stored, storedBootID: "a",
            bootID: sameBoot ? "a" : "b", now: now)
        perform(engine.resume(at: now))
    }

    // MARK: - What tests look at

    var incident: IncidentRecord? { engine.openIncidents.first }
    var state: ServiceState { engine.services["shop"]?.state ?? ServiceState() }

    var allEvents: [EventRecord] { events }

    func kinds(_ kind: String) -> [EventRecord] { events.filter { $0.kind == kind } }

    var lastDecision: EventRecord? { kinds("decision").last }

    var methodTasks: [String] { tasks.filter { $0.id.contains(".m") }.map(\.title) }

    var status: ServiceStatus? {
        let daemon = StatusReport.Daemon(
            version: "test", pid: 1, started: now.wall, configuration: "", stateDirectory: "")
        return engine.status(daemon: daemon, at: now).services.first
    }

    /// 1.0.0 runs and becomes good.
    func bakeFirst() -> Bool {
        pass(upTo: 120) { !$0.kinds("release.good").isEmpty }
    }

    /// A release is deployed; `errorRate` is its own.
    func deploy(_ version: String, errorRate: Double = 0, passes: Bool = true) {
        self.version = version
        self.errorRate = errorRate
        probePasses = passes
    }
}

extension World {
    static func expression(_ source: String) -> Expression {
        do {
            return try Expression(source)
        } catch {
            preconditionFailure("\(source): \(error)")
        }
    }

    static func template(_ source: String) -> Template {
        do {
            return try Template(source)
        } catch {
            preconditionFailure("\(source): \(error)")
        }
    }

    static func step(_ name: String, idempotent: Bool = true, check: Bool = false) -> Step {
        Step(
            name: name, action: .unit(name: name, with: template("${to.version}")),
            timeout: .seconds(10), idempotent: idempotent,
            check: check ? .unit(name: "check", with: nil) : nil)
    }

    static func plan(
        gates: [Gate] = [], before: [Step] = [], methods: [Method]? = nil, after: [Step] = []
    ) -> Plan {
        Plan(
            name: "shop", budget: .minutes(10), gates: gates, before: before,
            methods: methods ?? [
                Method(name: "symlink", steps: [step("activate")]),
                Method(name: "redeploy", steps: [step("activate")]),
            ],
            after: after,
            verify: Verify(
                version: 2, landWithin: .seconds(10), settle: .seconds(2), probes: ["health"],
                clearFor: .seconds(5), when: [expression("error_rate(access, 5s) < 1%")],
                timeout: .seconds(60)),
            probation: .seconds(60))
    }

    static func trigger(
        _ name: String, _ when: String, _ severity: Severity = .critical,
        _ mode: TriggerConfiguration.Mode = .auto
    ) -> TriggerConfiguration {
        TriggerConfiguration(
            name: name, when: expression(when), severity: severity, mode: mode,
            judgement: judgement)
    }

    static let judgement = Judgement(warmUp: .seconds(5), clearFor: .seconds(5))

    static func service(
        _ name: String = "shop", triggers: [TriggerConfiguration]? = nil,
        version: [VersionSource]? = nil
    ) -> ServiceConfiguration {
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/health"))
        return ServiceConfiguration(
            name: name,
            version: version ?? [
                VersionSource(kind: .symlink(path: "/srv/\(name)/current"), every: .seconds(1))
            ],
            bake: .seconds(20), suspectFor: .hours(1), judgement: judgement,
            probes: [
                ProbeConfiguration(
                    name: "health", every: .seconds(1), kind: .http(request, HTTPExpectation()))
            ],
            streams: [
                StreamConfiguration(
                    name: "access", kind: .file(path: "/var/log/access.log"),
                    format: .nginx("$status"))
            ],
            triggers: triggers ?? [
                trigger("storm", "error_rate(access, 10s) > 25%"),
                trigger("down", "failing(health) > 60%"),
            ],
            plan: "shop")
    }

    static func configuration(
        services: [ServiceConfiguration] = [service()], plan: Plan = plan(),
        limits: Limits = Limits(maxRollbacks: 2, per: .hours(24), cooldown: .minutes(30))
    ) -> Configuration {
        Configuration(
            services: services, limits: limits, plans: [plan],
            channels: [
                ChannelConfiguration(
                    name: "chat", kind: .slack(url: Template(literal: "http://127.0.0.1/"))),
                ChannelConfiguration(
                    name: "mail", kind: .slack(url: Template(literal: "http://127.0.0.1/"))),
            ],
            routes: [
                RouteConfiguration(name: "oncall", steps: [["chat"], ["mail"]]),
                RouteConfiguration(name: "team", steps: [["chat"]]),
            ])
    }
}
