// When each probe and version source is asked. Every one has a task of its own and its own lattice
// of slots: a target that hangs delays nobody, not even its own next slot, which is skipped and
// counted. Nothing drifts, since slots are computed and not added up.

public import WatchCore

public actor ProbeSchedule {
    /// What is watched of one service.
    public struct Target: Hashable, Sendable {
        public var service: String
        public var probes: [ProbeConfiguration]
        public var versions: [VersionSource]

        public init(service: String, probes: [ProbeConfiguration], versions: [VersionSource]) {
            self.service = service
            self.probes = probes
            self.versions = versions
        }
    }

    /// Slots at which the run before was still under way.
    public struct Skipped: Hashable, Sendable {
        public var service: String
        /// The probe's name, or the label of the version source.
        public var name: String
        public var slots: Int

        public init(service: String, name: String, slots: Int) {
            self.service = service
            self.name = name
            self.slots = slots
        }
    }

    private let prober: any Prober
    private let time: any Sleeper
    private let clean: @Sendable (Event) -> Event
    private let sink: @Sendable (Event) -> Void
    private var entries: [ScheduleKey: ScheduleEntry] = [:]
    private var generation = 0

    /// - Parameters:
    ///   - clean: takes out of an event what must not be kept of what others said. May take long;
    ///     is not called for a probe that passed and quotes nothing.
    ///   - sink: gets `.probe` and `.version` events; must not block.
    public init(
        prober: any Prober, time: any Sleeper,
        clean: @escaping @Sendable (Event) -> Event = { $0 },
        sink: @escaping @Sendable (Event) -> Void
    ) {
        self.prober = prober
        self.time = time
        self.clean = clean
        self.sink = sink
    }

    public func start(_ targets: [Target]) { replace(with: targets) }

    /// Swaps what is watched. What is the same before and after keeps its slots, its state and
    /// the run under way.
    public func replace(with targets: [Target]) {
        var wanted: [ScheduleKey: ScheduleEntry.Work] = [:]
        for target in targets {
            // Steps come with their journeys.
            for probe in target.probes where !probe.isStep {
                wanted[.probe(service: target.service, name: probe.name)] = .probe(probe)
            }
            for (index, source) in target.versions.enumerated() {
                wanted[.version(service: target.service, index: index)] = .version(source)
            }
        }
        for (key, entry) in entries where wanted[key] != entry.work {
            entry.cancel()
            entries[key] = nil
        }
        for (key, work) in wanted where entries[key] == nil { begin(key, work) }
    }

    /// Cancels everything; no event comes after this returns.
    public func stop() {
        for entry in entries.values { entry.cancel() }
        entries = [:]
    }

    /// Asks the named probes now, outside the schedule; their results are re-checks. One that is
    /// being re-checked already is not asked twice; a step is asked with its journey.
    public func probeNow(service: String, probes: [String]) {
        for name in probes {
            let journey = String(name.prefix { $0 != "." })
            recheck(.probe(service: service, name: journey), after: .zero)
        }
    }

    /// Reads all version sources of a service now.
    public func readVersions(service: String) {
        for key in entries.keys where key.isVersion(of: service) { run(key, isRecheck: false) }
    }

    public var skipped: [Skipped] {
        entries.values.filter { $0.skipped > 0 }
            .map { Skipped(service: $0.key.service, name: $0.name, slots: $0.skipped) }
            .sorted { ($0.service, $0.name) < ($1.service, $1.name) }
    }

    // MARK: - Running

    private func begin(_ key: ScheduleKey, _ work: ScheduleEntry.Work) {
        generation += 1
        let slots = Slots(name: key.text, start: time.now().boot, every: work.every)
        var entry = ScheduleEntry(key: key, work: work, generation: generation)
        entry.clock = Task(executorPreference: prober.home) {
            [weak self, time, generation] in
            var slot = slots.first
            while !Task.isCancelled {
                await time.sleep(until: slot)
                guard !Task.isCancelled, let self else { return }
                await self.slotCame(key, generation)
                slot = slots.next(after: max(slot, time.now().boot))
            }
        }
        entries[key] = entry
    }

    private func slotCame(_ key: ScheduleKey, _ generation: Int) {
        guard entries[key]?.generation == generation else { return }
        if !run(key, isRecheck: false) { entries[key]?.skipped += 1 }
    }

    /// Begins a run; false when one of the same kind is under way. Samples and re-checks do not
    /// keep each other waiting: a re-check that hangs must not cost the window a sample.
    @discardableResult
    private func run(_ key: ScheduleKey, isRecheck: Bool) -> Bool {
        guard let entry = entries[key], isRecheck || entry.sample == nil else { return false }
        let task = Task(executorPreference: entry.work.home(by: prober)) {
            [weak self, prober, clean, generation = entry.generation] in
            let event = await key.event(of: entry.work, by: prober, isRecheck: isRecheck)
            guard event.mayQuote else {
                await self?.finished(key, generation, event, isRecheck)
                return
            }
            // It is searched for secrets, which takes as long as it takes.
            await withTaskExecutorPreference(globalConcurrentExecutor) {
                await self?.finished(key, generation, clean(event), isRecheck)
            }
        }
        if isRecheck { entries[key]?.recheck = .running(task) } else { entries[key]?.sample = task }
        return true
    }

    private func finished(
        _ key: ScheduleKey, _ generation: Int, _ event: Event, _ isRecheck: Bool
    ) {
        guard entries[key]?.generation == generation else { return }
        if isRecheck { entries[key]?.recheck = nil } else { entries[key]?.sample = nil }
        sink(event)
        guard case .probe(_, _, let result) = event else { return }
        if entries[key]?.rechecks?.wantsAnother(after: result) == true {
            recheck(key, after: Rechecks.pause)
        }
    }

    /// One at a time; a pause before one gives way to an immediate one.
    private func recheck(_ key: ScheduleKey, after pause: Duration) {
        guard let entry = entries[key], entry.rechecks != nil else { return }
        switch entry.recheck {
        case .running: return
        case .pausing(let task):
            guard pause == .zero else { return }
            task.cancel()
        case nil: break
        }
        guard pause > .zero else {
            run(key, isRecheck: true)
            return
        }
        let due = time.now().boot + pause
        let task = Task { [time, generation = entry.generation] in
            await time.sleep(until: due)
            guard !Task.isCancelled, self.entries[key]?.generation == generation else { return }
            self.run(key, isRecheck: true)
        }
        entries[key]?.recheck = .pausing(task)
    }
}
