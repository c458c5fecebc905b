// Everything the daemon is made of, connected.

import FoundationEssentials
import Logging
import WatchActions
import WatchConfig
import WatchControl
import WatchCore
import WatchHTTP
import WatchProbes
import WatchStore
import WatchStreams
import WatchSystem
import WatchUnits

struct Parts: Sendable {
    let store: Store
    let supervisor: Supervisor
    let server: ControlServer
    let reloader: Reloader
    private let performer: EffectPerformer
    private let queue: EventQueue
    private let streams: StreamSet
    private let schedule: ProbeSchedule
    private let connectivity: ConnectivityChecker
    private let outbox: Outbox
    private let runner: StepRunner
    private let redactor: EvidenceRedactor
    private let evidence: EvidenceFiles
    private let storage: StorageWatch
    private let client: HTTPClient
    private let broadcaster: EventBroadcaster
    private let manager: ServiceManager
    private let time: SystemTime
    private let sleeper: SystemSleeper
    private let logger: Logger
    private let configuration: WatchCore.Configuration
    private let positions: [String: StreamPosition]
    private let tasks = TaskBag()

    init(
        options: DaemonOptions, configuration: WatchCore.Configuration, logger: Logger
    ) throws {
        let time = SystemTime()
        let now = time.now()
        let (queue, broadcaster, manager) = (EventQueue(), EventBroadcaster(), ServiceManager())
        // Before anything that has a thread: a thread that ends while the process exits crashes it.
        try Self.checkShim(options.shim)
        let (store, bootID) = try Self.openStore(options)
        let evidence = Self.evidence(options, store)
        let room = StepRoom(logger: logger) { queue.post($0) }
        var engine = try Self.makeEngine(configuration, store, bootID, now, evidence)
        let client = HTTPClient()
        let secrets = SystemSecrets()
        let redactor = EvidenceRedactor(configuration, secrets: secrets)
        let storage = StorageWatch(free: store.freeBytes, hasReserve: store.hasReserve)
        let checkpoints = CheckpointKeeper(
            store: store, bootID: bootID, time: time, logger: logger, storage: storage)
        positions = checkpoints.restore(into: &engine, at: now)
        let bus = SystemdBus()
        let runner = StepRunner(
            settings: Self.steps(options, store, bootID, redactor), secrets: secrets, bus: bus,
            client: client, time: time, sink: Self.answers(redactor, room, queue))
        let sleeper = SystemSleeper(on: client)
        let schedule = ProbeSchedule(
            prober: LiveProber(
                client: client, secrets: secrets, bus: bus, time: sleeper,
                carried: { redactor.learn($1, of: $0) }),
            time: sleeper, clean: { redactor.clean($0) }, sink: { queue.post($0) })
        let connectivity = ConnectivityChecker(
            client: client, time: sleeper, sink: { queue.post($0) })
        let outbox = Self.outbox(
            configuration, store, secrets, client, time, queue, logger)
        let performer = EffectPerformer(
            hands: Self.hands(
                runner, redactor, evidence, schedule, connectivity, outbox, room, queue),
            room: room, logger: logger, store: { try await store.apply($0) },
            stored: { broadcaster.send($0) }, report: { queue.post($0) })
        supervisor = Supervisor(
            engine: engine, positions: positions,
            daemon: StatusReport.Daemon(
                version: Daemon.version, pid: Executable.processID, started: now.wall,
                configuration: options.configuration, stateDirectory: options.state),
            time: time, queue: queue, performer: performer, manager: manager, logger: logger,
            storage: storage, saveCheckpoint: { await checkpoints.save($0) })
        reloader = Reloader(
            path: options.configuration, manager: manager, time: time, logger: logger)
        server = ControlServer(
            path: options.socket, access: configuration.access,
            backend: ControlPlane(
                supervisor: supervisor, store: store, broadcaster: broadcaster,
                log: EventLog(logger: logger), reloader: reloader,
                doctorOnCall: Doctor(
                    options: options, secrets: secrets, bus: bus, client: client, time: time),
                outbox: outbox, directory: options.state),
            logger: logger)
        streams = StreamSet(time: time, queue: queue, clean: { redactor.clean($0) })
        (self.redactor, self.evidence, self.storage) = (redactor, evidence, storage)
        self.store = store
        self.performer = performer
        self.queue = queue
        self.schedule = schedule
        self.connectivity = connectivity
        (self.outbox, self.runner, self.client) = (outbox, runner, client)
        (self.broadcaster, self.manager) = (broadcaster, manager)
        (self.time, self.sleeper) = (time, sleeper)
        self.logger = logger
        self.configuration = configuration
    }

    private static func steps(
        _ options: DaemonOptions, _ store: Store, _ bootID: String, _ redactor: EvidenceRedactor
    ) -> StepSettings {
        StepSettings(
            directory: options.state + "/steps", home: options.state, shim: options.shim,
            bootID: bootID, unitLogs: options.unitLogs, clean: { redactor.clean($0, of: $1) },
            makeRoom: { store.giveUpReserve() })
    }

    private static func evidence(_ options: DaemonOptions, _ store: Store) -> EvidenceFiles {
        EvidenceFiles(
            state: options.state, makeRoom: { store.giveUpReserve() },
            incident: { try await store.incident($0) })
    }

    /// Where a step's answer goes: to the engine, or to those that wait for room on the disk.
    private static func answers(
        _ redactor: EvidenceRedactor, _ room: StepRoom, _ queue: EventQueue
    ) -> @Sendable (Event) -> Void {
        { event in
            guard case .storeFailed(let problem, let tasks) = event else {
                return queue.post(redactor.clean(event))
            }
            room.putOff(tasks, problem)
        }
    }

    private static func outbox(
        _ configuration: WatchCore.Configuration, _ store: Store, _ secrets: SystemSecrets,
        _ client: HTTPClient, _ time: SystemTime, _ queue: EventQueue, _ logger: Logger
    ) -> Outbox {
        Outbox(
            channels: configuration.channels, store: store, secrets: secrets,
            transport: WebhookSender(client: client), time: time,
            notice: { notice in
                DeliveryLog(logger: logger).note(notice)
                if let news = notice.news(at: time.now().wall) { queue.post(.delivery(news)) }
            })
    }

    /// Found out now, not when the first step is to run at 3 a.m.
    private static func checkShim(_ path: String) throws(DaemonError) {
        guard !Executable.isRunnable(path) else { return }
        throw .program(
            "\(path), which runs the steps, is not there or may not be run; install watchd-step "
                + "there, or name its place with --shim")
    }

    private static func openStore(_ options: DaemonOptions) throws -> (Store, String) {
        do {
            let bootID = try SystemTime.bootID()
            let store = try Store(directory: options.state, bootID: bootID)
            try Directory.make(options.state + "/steps", mode: 0o700)
            return (store, bootID)
        } catch let error as StoreError {
            throw DaemonError.state(error.description)
        } catch let error as SystemError {
            throw DaemonError.state(error.description)
        }
    }

    private static func makeEngine(
        _ configuration: WatchCore.Configuration, _ store: Store, _ bootID: String, _ now: Moment,
        _ evidence: EvidenceFiles
    ) throws -> Engine {
        do {
            let stored = try store.load()
            return Engine(
                configuration: configuration, stored: stored?.state,
                storedBootID: stored?.bootID ?? "", bootID: bootID, now: now,
                mode: EngineMode(
                    judgesAtTicksOnly: false, assumesRollbacks: false,
                    evidence: evidence.directory))
        } catch {
            throw DaemonError.state(error.description)
        }
    }

    private static func hands(
        _ runner: StepRunner, _ redactor: EvidenceRedactor, _ evidence: EvidenceFiles,
        _ schedule: ProbeSchedule, _ connectivity: ConnectivityChecker, _ outbox: Outbox,
        _ room: StepRoom, _ queue: EventQueue
    ) -> Hands {
        Hands(
            run: { task in
                redactor.note(task)
                if let problem = await evidence.layOut(for: task) {
                    // Only a question is not asked again when there is room.
                    if problem.isNoRoom, !task.id.hasPrefix(StepTask.dryPrefix) {
                        return room.putOff([task.id], problem.text)
                    }
                    let result = TaskResult(ending: .couldNotStart(problem.text))
                    return queue.post(redactor.clean(.task(id: task.id, result)))
                }
                runner.run(task)
            },
            resume: { task in
                redactor.note(task)
                // It may have run already, so nobody may say that it did not: one that is only
                // begun now, and finds no file, says so itself.
                _ = await evidence.layOut(for: task)
                runner.resume(task)
            },
            cancel: { runner.cancel(id: $0) },
            readVersions: { await schedule.readVersions(service: $0) },
            probeNow: { await schedule.probeNow(service: $0, probes: $1) },
            checkConnectivity: { await connectivity.checkNow() },
            deliver: { await outbox.wake() },
            deliverFromMemory: { await outbox.sendNow($0) },
            hasRoom: { await runner.hasRoom() })
    }

    // MARK: - Start and stop

    func start() async throws {
        let (supervisor, performer, outbox, queue) = (supervisor, performer, outbox, queue)
        await reloader.connect(listeners)
        await noteRun { [store] in
            try await store.runStarted(version: Daemon.version, at: $0)
        }
        tasks.add(.supervisor, Task { await supervisor.run() })
        tasks.add(.performer, Task { await performer.run() })
        tasks.add(.others, Task { await outbox.run() })
        tasks.add(.others, Task { await ticks(into: queue) })
        tasks.add(.others, Task { await housekeeping() })
        tasks.add(.others, Task { await watchStorage() })
        do {
            try streams.follow(configuration, positions: positions)
        } catch {
            throw DaemonError.configuration(["\(error)"])
        }
        await connectivity.replace(with: configuration.connectivity)
        await recallDeliveries()
        await schedule.start(Self.targets(configuration))
    }

    /// A store that takes nothing keeps nobody from being on guard.
    private func noteRun(_ record: (WallTime) async throws -> [EventRecord]) async {
        do {
            let events = try await record(time.now().wall)
            EventLog(logger: logger).note(events)
            broadcaster.send(events)
        } catch {
            logger.warning("that watchd started or stopped cannot be recorded: \(error)")
        }
    }

    /// What became of messages while nobody listened: between a try and its being heard of lies a
    /// restart, too.
    private func recallDeliveries() async {
        let open = await supervisor.openIncidentIDs
        do {
            let now = time.now().wall
            for delivery in try await store.deliveries(limit: Self.recalled).reversed() {
                guard let news = delivery.news(at: now, open: open) else { continue }
                queue.post(.delivery(news))
            }
        } catch {
            logger.warning("what became of messages cannot be read: \(error)")
        }
    }

    private static let recalled = 1000

    /// The order matters: first what brings events, then what handles them, then what they need.
    func stop() async {
        manager.stopping()
        await schedule.stop()
        await connectivity.stop()
        streams.stop()
        await tasks.cancel(.others)
        queue.finish()
        await tasks.finish(.supervisor)
        performer.finish()
        await tasks.finish(.performer)
        await noteRun { [store] in
            try await store.apply(
                Transaction(events: [RunHistory.stop(version: Daemon.version, at: $0)]))
        }
        broadcaster.finish()
        await client.shutdownAndWait()
        store.close()
    }

    private var listeners: Reloader.Listeners {
        Reloader.Listeners(
            engine: { [supervisor, store] configuration in
                let stored = (try? store.load())?.state.services ?? [:]
                await supervisor.reconfigure(to: configuration, stored: stored)
            },
            others: {
                [streams, redactor, schedule, connectivity, outbox, server, supervisor, logger]
                configuration in
                redactor.update(configuration)
                let positions = await supervisor.knownPositions
                do {
                    try streams.follow(configuration, positions: positions)
                } catch {
                    logger.error("a stream cannot be followed: \(error)")
                }
                await schedule.replace(with: Self.targets(configuration))
                await connectivity.replace(with: configuration.connectivity)
                await outbox.update(configuration.channels)
                server.update(access: configuration.access)
            })
    }

    private static func targets(
        _ configuration: WatchCore.Configuration
    ) -> [ProbeSchedule.Target] {
        configuration.services.map {
            ProbeSchedule.Target(service: $0.name, probes: $0.probes, versions: $0.version)
        }
    }

    /// Verdicts are computed at every whole second of engine time.
    private func ticks(into queue: EventQueue) async {
        while !Task.isCancelled {
            let now = time.now().boot
            await sleeper.sleep(until: await supervisor.nextDeadline(after: now))
            queue.post(.tick)
        }
    }

    /// The reserve is worth something only while it is held, and a disk fills up fast.
    private func watchStorage() async {
        while !Task.isCancelled {
            let hasReserve = await store.tryRestoreReserve()
            storage.note(free: store.freeBytes, hasReserve: hasReserve)
            try? await Task.sleep(for: .nanoseconds(StorageWatch.every.nanoseconds))
        }
    }

    /// What has its time when nothing else has: old rows, old step records.
    private func housekeeping() async {
        while !Task.isCancelled {
            redactor.refresh()
            do {
                try await store.prune(now: time.now().wall)
            } catch {
                logger.warning("old records could not be removed: \(error)")
            }
            await evidence.removeOld(now: time.now().wall)
            _ = await runner.removeTasks(olderThan: time.now().wall - .days(30))
            // Of gates that were only asked: nobody will ask what became of them.
            _ = await runner.removeTasks(olderThan: time.now().wall - .hours(1)) {
                $0.hasPrefix(StepTask.dryPrefix)
            }
            try? await Task.sleep(for: .seconds(600))
        }
    }
}
