// The one owner of the engine. It reads the clock once per event, hands the event to the engine,
// and passes on what the engine wants done. Nothing suspends between reading and writing the
// engine, so no two decisions ever overlap.

import Logging
import WatchCore
import WatchStreams

actor Supervisor {
    static let checkpointEvery = Duration.seconds(5)
    /// Writing takes at most such a share of the time: a checkpoint of ten thousand probes is
    /// written more seldom.
    static let checkpointShare = 50

    private var engine: Engine
    private let time: any TimeSource
    private let queue: EventQueue
    private let performer: EffectPerformer
    private let manager: ServiceManager
    private let logger: Logger
    private let saveCheckpoint: @Sendable (Checkpoint) async -> Duration
    private let storage: StorageWatch?
    private var positions: [String: StreamPosition]
    /// The streams of the configuration: of others nothing is kept, or one that is taken out and
    /// put back days later would be read from where it was left.
    private var followed: Set<String>
    private var nextCheckpoint: Instant?
    private var saving: Task<Void, Never>?
    private var lastAlive: Instant?
    private var lastStatus = ""
    private var isReady = false
    private var daemon: StatusReport.Daemon

    init(
        engine: Engine, positions: [String: StreamPosition], daemon: StatusReport.Daemon,
        time: any TimeSource, queue: EventQueue, performer: EffectPerformer,
        manager: ServiceManager, logger: Logger, storage: StorageWatch? = nil,
        saveCheckpoint: @escaping @Sendable (Checkpoint) async -> Duration
    ) {
        self.engine = engine
        let followed = Self.streams(of: engine.configuration)
        self.followed = followed
        self.positions = positions.filter { followed.contains($0.key) }
        self.daemon = daemon
        self.time = time
        self.queue = queue
        self.performer = performer
        self.manager = manager
        self.logger = logger
        self.saveCheckpoint = saveCheckpoint
        self.storage = storage
    }

    /// Asks after unfinished tasks, then handles events until the queue is finished.
    func run() async {
        performer.submit(engine.resume(at: time.now()))
        while true {
            let items = await queue.take()
            if items.isEmpty { break }
            for item in items { handle(item) }
            checkpointWhenDue()
        }
        await saving?.value
        _ = await saveCheckpoint(checkpoint())
    }

    private func handle(_ item: EventQueue.Item) {
        let now = time.now()
        performer.submit(engine.handle(item.event, at: now))
        if let position = item.position, case .stream(let service, let stream, _) = item.event {
            let key = "\(service)/\(stream)"
            if followed.contains(key) { positions[key] = position }
        }
        if case .tick = item.event { ticked(now) }
    }

    /// systemd hears from us only when the engine handled a tick.
    private func ticked(_ now: Moment) {
        if !isReady {
            isReady = true
            manager.ready(statusLine(now))
        }
        if let interval = manager.watchdogInterval,
            lastAlive.map({ now.boot - $0 >= interval / 4 }) ?? true
        {
            lastAlive = now.boot
            manager.alive()
        }
        let line = statusLine(now)
        if line != lastStatus {
            lastStatus = line
            manager.status(line)
        }
        performer.retryStore()
    }

    private func statusLine(_ now: Moment) -> String {
        let open = engine.openIncidents + engine.openBlindIncidents
        let armed = engine.isArmed(at: now) ? "armed" : "disarmed"
        let services = counted(engine.configuration.services.count, "service")
        guard !open.isEmpty else { return "\(armed), \(services), no open incident" }
        let incidents = open.map { "\($0.id) \($0.state.rawValue)" }.joined(separator: ", ")
        return "\(armed), \(services), \(incidents)"
    }

    /// Written beside the engine: of ten thousand probes it takes seconds, and no event waits for
    /// it.
    private func checkpointWhenDue() {
        let now = time.now().boot
        if let next = nextCheckpoint, now < next { return }
        guard saving == nil else { return }
        nextCheckpoint = now + Self.checkpointEvery
        let checkpoint = checkpoint()
        saving = Task { [saveCheckpoint] in
            let took = await saveCheckpoint(checkpoint)
            self.nextCheckpoint = now + max(Self.checkpointEvery, took * Self.checkpointShare)
            self.saving = nil
        }
    }

    private func checkpoint() -> Checkpoint {
        Checkpoint(engine: engine.checkpoint(at: time.now()), positions: positions)
    }

    // MARK: - What the socket asks

    func perform(_ command: Command, by peer: Peer) async -> CommandReply {
        guard command.mustBeRecorded else {
            return await record(engine.perform(command, by: peer, at: time.now()))
        }
        let outcome = engine.perform(command.untilRecorded, by: peer, at: time.now())
        guard command.mustBeRecorded(outcome.reply) else { return await record(outcome) }
        if let problem = await performer.submitAndWait(outcome.effects) {
            performer.submit(
                engine.takeBack(
                    command, outcome.reply, outcome.effects, because: problem, at: time.now()))
            return CommandReply(
                status: .refused, reason: "store-unavailable",
                message: "it cannot be recorded, so nothing was done: \(problem); ask again then")
        }
        let rest = engine.recorded(command, by: peer, at: time.now())
        return await record((outcome.reply, rest))
    }

    /// - Parameter record: of a closed incident, as it is stored.
    func markFalseAlarm(
        _ record: IncidentRecord, comment: String, by peer: Peer
    ) async -> CommandReply {
        let now = time.now()
        return await self.record(
            engine.markFalseAlarm(record, comment: comment, by: peer, at: now))
    }

    private func record(_ outcome: (reply: CommandReply, effects: [Effect])) async -> CommandReply {
        var result = outcome.reply
        if let problem = await performer.submitAndWait(outcome.effects) {
            result.message += " (but it is not recorded yet: \(problem))"
        }
        return result
    }

    func status() -> StatusReport {
        var report = engine.status(daemon: daemon, at: time.now())
        if let storage { report.note(storage.status) }
        return report
    }

    func releases(of service: String?) -> [ReleaseList] { engine.releases(of: service) }

    func explain(service: String, trigger: String) -> Explanation? {
        engine.explain(service: service, trigger: trigger, at: time.now())
    }

    func openIncident(_ id: String) -> IncidentRecord? {
        (engine.openIncidents + engine.openBlindIncidents).first { $0.id == id }
    }

    func rollbackAdvice(_ id: String) -> String? {
        engine.rollbackAdvice(incident: id, at: time.now())
    }

    var openIncidentIDs: Set<String> {
        Set((engine.openIncidents + engine.openBlindIncidents).map(\.id))
    }

    var knownPositions: [String: StreamPosition] { positions }

    func nextDeadline(after now: Instant) -> Instant { engine.nextDeadline(after: now) }

    var access: Access { engine.configuration.access }
    var configuration: WatchCore.Configuration { engine.configuration }

    /// Swaps the configuration; what still means the same is kept.
    func reconfigure(to configuration: Configuration, stored: [String: ServiceState]) {
        performer.submit(
            engine.reconfigure(to: configuration, stored: stored, at: time.now()))
        followed = Self.streams(of: configuration)
        positions = positions.filter { followed.contains($0.key) }
    }

    private static func streams(of configuration: Configuration) -> Set<String> {
        Set(
            configuration.services.flatMap { service in
                service.streams.map { "\(service.name)/\($0.name)" }
            })
    }
}

/// Windows, timers and stream positions, saved together so that no line counts twice or never.
struct Checkpoint: Hashable, Sendable, Codable {
    var engine: EngineCheckpoint
    var positions: [String: StreamPosition]
}
