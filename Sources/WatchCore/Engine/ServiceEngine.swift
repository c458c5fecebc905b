// One guarded service: its signals, its release, its triggers, its incident and its rollback.
// Extensions hold one concern each; this file holds what they share.

struct ServiceEngine {
    struct ProbeSignal: Hashable, Sendable, Codable {
        var windows: SignalWindows
        var health = ProbeHealth()
        /// What the unit's counter of restarts showed last.
        var lastRestarts: Int?
        /// What the target said when it last did not pass; not worth a checkpoint.
        var body: String?

        private enum CodingKeys: String, CodingKey {
            case windows, health, lastRestarts
        }
    }

    struct StreamSignal: Hashable, Sendable, Codable {
        var windows: SignalWindows
        var health = StreamHealth()
        /// Patterns that matched some line since watchd first watched.
        var matched: Set<String>?
        /// The last lines that were errors; not worth a checkpoint.
        var samples: [String] = []
        /// Since when the source cannot be read; nil: it can.
        var unreadableSince: Instant?
        /// When it was last heard of.
        var heard: Instant?
        /// What was written while nobody read it comes in; not worth a checkpoint.
        var catchingUp: CatchingUp?
        /// Senders that were turned away lately, and when the last one was.
        var turnedAway: StreamBatch.TurnedAway?
        var turnedAwayAt: Instant?

        private enum CodingKeys: String, CodingKey {
            case windows, health, matched, unreadableSince, heard
        }
    }

    var configuration: ServiceConfiguration
    var state: ServiceState
    var tracker: VersionTracker
    var probes = Named<ProbeSignal>()
    var streams = Named<StreamSignal>()
    /// In the order of the configuration.
    var triggers = Named<TriggerState>()
    /// What the windows were made for.
    private(set) var asked = AskedOfSignals([])
    /// Windows of triggers hold samples from here on.
    var restarted: Instant
    /// The last whole second for which evidence was counted.
    var lastEvidence: Instant?
    /// Whether that second ended in evidence of health.
    var hadEvidence = false
    /// When verdicts were computed last, and of which windows.
    var lastJudged: Instant?
    var judgedSince: Instant?
    var wasSettled = false
    /// The second in which deadlines were looked at last.
    private var lastAdvanced: Int64?
    /// Triggers by their place in the configuration, in the order in which they are judged: what
    /// forbids comes first, so that nothing is begun that is forbidden in the same second.
    private(set) var judgingOrder: [Int] = []
    /// Which triggers ask a signal, in that order.
    private(set) var triggersOf = Named<[Int]>()
    /// Of each trigger, for each operand of its expression.
    private(set) var askedWindows: [[AskedWindow?]] = []
    /// Some probe is a step of a journey.
    private(set) var hasSteps = false
    /// What triggers of mode `auto` ask.
    private(set) var automaticSignals: [String] = []
    /// First bad second since the running deployment began (or since the last incident closed).
    var firstBad: Instant?
    /// The same of a release that was read, but not often enough yet to count.
    var candidate: Candidate?
    /// Why nothing on this host can be judged; nil: it can.
    var ownFault: String?
    /// Signals that cannot be measured, since when, and the second that was looked at last.
    var sight: [String: SightTimer] = [:]
    var sightSecond: Int64?
    /// Time in which nobody watched: since `restarted`, and before, for the states of probes are as
    /// old as what was last heard of them.
    var uncovered = UncoveredTime()
    /// What was normal under the last known good release.
    var baseline = BaselineGathering()
    /// In a replay: the record tells of another world than the one decided here.
    var isUnseen = false
    /// When sources were last asked besides their schedule, while a rollback waits for them.
    var lastAsked: Instant?
    /// When whoever runs an operation reported last.
    var heard: [String: Instant] = [:]
    /// What gates say when they are asked dry.
    var gateRound = GateRound()
    /// In a replay: a rollback was decided on in this second, in which others may break still.
    var looksAgain = false
    /// What `assess:` has been asked and has not answered.
    var assessRounds: [AssessRound] = []
    /// When it was last looked whether drills are due.
    var drillsLookedAt: Instant?

    var name: String { configuration.name }

    init(
        configuration: ServiceConfiguration, verifyExpressions: [Expression], state: ServiceState,
        now: Moment
    ) {
        self.configuration = configuration
        self.state = state
        tracker = VersionTracker(
            sourceCount: configuration.version.count, agree: configuration.agree,
            current: state.book.running?.release,
            predecessor: state.book.deployments.dropLast().last?.release,
            announced: state.announced,
            stuck: configuration.version.map { state.stuckSources?[$0.label] }, mix: state.mix)
        if let rollback = state.rollback {
            if rollback.hasActed { tracker.expect(rollback.to) }
            self.state.rollback?.follow(sources: configuration.version.map(\.label))
        }
        restarted = now.boot
        makeSignals(verifyExpressions: verifyExpressions)
        restartWindows(at: now.boot)
        for trigger in configuration.triggers {
            triggers.set(initialState(of: trigger, now: now), for: trigger.name)
            askedWindows.append(askedWindows(trigger.when))
        }
        let places = configuration.triggers.indices
        judgingOrder =
            places.filter { configuration.triggers[$0].mode == .veto }
            + places.filter { configuration.triggers[$0].mode != .veto }
        for index in judgingOrder {
            let trigger = configuration.triggers[index]
            for signal in Set(signals(of: trigger)) {
                triggersOf.set((triggersOf[signal] ?? []) + [index], for: signal)
                if trigger.mode == .auto, !automaticSignals.contains(signal) {
                    automaticSignals.append(signal)
                }
            }
        }
        hasSteps = configuration.probes.contains { $0.isStep || $0.journey != nil }
        sight = sightAtStart(now)
        hearOperations(at: now.boot)
    }

    /// A breach goes on through a restart until it is seen false, also one whose incident was
    /// closed meanwhile.
    private func initialState(of trigger: TriggerConfiguration, now: Moment) -> TriggerState {
        let breach = state.incident?.record.breaches.last {
            $0.trigger == trigger.name && $0.cleared == nil
        }
        let ongoing = state.ongoing?.first { $0.trigger == trigger.name }
        guard let start = breach?.began ?? ongoing?.began else { return TriggerState(since: now) }
        let began = Swift.min(now.wall, start)
        return TriggerState(breachedSince: Moment(boot: now.instant(at: began), wall: began))
    }

    /// Windows for every width that some expression asks for, and one to show.
    private mutating func makeSignals(verifyExpressions: [Expression]) {
        let asked = AskedOfSignals(configuration.triggers.map(\.when) + verifyExpressions)
        self.asked = asked
        func windows(_ signal: String) -> SignalWindows {
            let shown = shownWidth(signal)
            let widths = asked.widths[signal, default: []].union([shown])
            var needs = asked.needs[signal] ?? SignalNeeds()
            // Evidence names the failing routes, whether or not a rule asks for them.
            if configuration.stream(signal)?.countsRoutes ?? false {
                needs.routes.insert(shown)
            }
            return SignalWindows(
                widths: widths.sorted(),
                latencies: asked.latencies[signal, default: []].union([shown]), needs: needs)
        }
        for probe in configuration.probes {
            probes.set(ProbeSignal(windows: windows(probe.name)), for: probe.name)
        }
        for stream in configuration.streams {
            streams.set(StreamSignal(windows: windows(stream.name)), for: stream.name)
        }
    }

    /// The window whose figures status shows: the widest of its triggers up to 5 m, else 1 m.
    func shownWidth(_ signal: String) -> Duration {
        let widths = configuration.triggers.flatMap(\.when.operands).compactMap { operand in
            switch operand {
            case .signal(_, signal, let width) where width <= .minutes(5),
                .burnRate(signal, let width) where width <= .minutes(5):
                width as Duration?
            case .signal, .burnRate, .failing, .up, .matches, .restarts, .parseFailures,
                .failingRoutes, .affected, .overrun, .releaseAge, .baseline:
                nil
            }
        }
        return widths.max() ?? .minutes(1)
    }

    /// From `instant` on samples count for triggers; what came before does not.
    mutating func restartWindows(at instant: Instant) {
        // Windows do not take back what an earlier restart has cut off.
        guard instant >= restarted else { return }
        let isLater = instant > restarted
        restarted = instant
        for place in probes.indices {
            probes.values[place].windows.restart(at: instant)
            let (failures, successes) = (
                configuration.probes[place].failures, configuration.probes[place].successes
            )
            probes.values[place].health.restart(
                at: instant, failures: failures, successes: successes)
        }
        for place in streams.indices { streams.values[place].windows.restart(at: instant) }
        if isLater {
            for place in triggers.indices { triggers.values[place].forgetHistory() }
        }
        forgetWords()
    }

    /// Nothing is known of the time between: the host slept, or watchd got no processor.
    mutating func uncover(from: Instant, to: Instant) {
        uncovered.add(from: from, to: to)
        hearOperations(at: to)
        for place in triggers.indices { triggers.values[place].interrupt() }
        if case .curing(var curing) = state.rollback?.stage {
            curing.beginAnew()
            state.rollback?.stage = .curing(curing)
        }
        for place in probes.indices { probes.values[place].windows.uncover(from: from, to: to) }
        for place in streams.indices { streams.values[place].windows.uncover(from: from, to: to) }
    }

    /// Time goes on: verdicts, evidence, deadlines.
    mutating func tick(touched: Touched = .everything, _ context: inout Context) {
        guard context.judges else { return }
        advanceSpanned(&context)
        expireAnnouncement(&context)
        syncBaseline(&context)
        judge(touched, &context)
        gatherEvidence(&context)
        // An observation that changed no verdict moves no deadline either: the second does.
        let second = context.now.boot.second
        let isIdle =
            if case .signal = touched { !context.hasOutcome && lastAdvanced == second } else {
                false
            }
        lastAdvanced = second
        if !isIdle {
            advanceOperations(&context)
            advanceScheduled(&context)
            advanceIncident(&context)
            advanceGateRounds(&context)
            advanceAssess(&context)
            advanceDrillsDue(&context)
        }
        advanceRollback(&context)
        if !isIdle { advanceQuiet(&context) }
    }

    func event(
        _ kind: String, _ context: Context, trigger: TriggerConfiguration? = nil,
        release: ReleaseIdentity? = nil, decision: String? = nil, reason: String? = nil,
        slot: IncidentSlot = .breaches, text: String, readings: [String: Reading] = [:]
    ) -> EventRecord {
        EventRecord(
            time: context.now.wall, service: name, incident: state.peek(slot) { $0.record.id },
            kind: kind, trigger: trigger?.name, severity: trigger?.severity,
            release: release ?? state.book.running?.release, decision: decision, reason: reason,
            text: text, readings: readings)
    }

    /// A transition of the incident: an event with its cause and what the incident's triggers read.
    func transition(
        _ kind: String, _ context: Context, decision: String? = nil, reason: String, text: String
    ) -> EventRecord {
        event(
            kind, context, decision: decision, reason: reason, text: text,
            readings: incidentReadings)
    }

    func trigger(_ name: String) -> TriggerConfiguration? {
        configuration.triggers.first { $0.name == name }
            ?? OperationBreach(name: name)?.trigger(configuration.operations)
    }
}
