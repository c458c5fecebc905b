// A world so small that all of it can be seen: one service with one probe, one version source and a
// plan of two methods, three releases, a person, a store that is always there, and a daemon that
// may die between any two events. Time goes in steps of ten seconds.

import WatchCore

struct SearchWorld {
    enum Move: Hashable {
        /// A step of time with what the probe sees.
        case good, bad, blind
        /// A step of time in which no version source answers, and the probe sees nothing bad.
        case mute
        case deploy(Int)
        /// The task that is out ends.
        case succeeds, fails, isLost
        case acknowledge, approve, deny, hold, resolve, rollBack, abort, switchArming
        case crash, reboot
    }

    struct Fingerprint: Hashable {
        var state: AbstractState
        var running: Int
        var hasPending: Bool
        var hasActed: Bool
        var began: Int
    }

    static let service = "shop"
    static let versions = ["1.0", "2.0", "3.0"]
    static let step = Duration.seconds(10)

    private(set) var engine: Engine
    private var now = Moment(boot: .seconds(10_000), wall: .seconds(1_800_000_000))
    private var boot = 0
    private var stored = DurableState()
    private var storedBoot = 0
    private var books = Books()
    private var steps = StepBook()
    private var pending: StepTask?
    /// Index of the release that really runs.
    private var running = 0
    /// Results in a row that said nothing of the target: three make the probe blind.
    private var errors = 0

    var fingerprint: Fingerprint {
        let abstraction = Abstraction(step: Self.step, steps: 6, versions: Self.versions)
        let rollback = books.services[Self.service]?.rollback
        return Fingerprint(
            state: engine.abstract(Self.service, abstraction, at: now), running: running,
            hasPending: pending != nil, hasActed: rollback?.hasActed ?? false,
            began: pending.map { steps.count($0) } ?? 0)
    }

    /// 1.0 is good, 2.0 was read, and watchd is armed.
    static func first() throws(Violation) -> SearchWorld {
        var world = SearchWorld(engine: Engine(configuration: configuration, now: start))
        world.now = start
        world.books.services[service] = ServiceBook()
        try world.perform(world.engine.resume(at: world.now))
        for _ in 0..<4 { try world.make(.good) }
        try world.make(.switchArming)
        return world
    }

    private static let start = Moment(boot: .seconds(10_000), wall: .seconds(1_800_000_000))

    private init(engine: Engine) { self.engine = engine }

    // MARK: - Moves

    var moves: [Move] {
        var moves: [Move] = [.good, .bad, .blind, .mute, .crash, .reboot, .switchArming, .rollBack]
        for index in Self.versions.indices where index != running { moves.append(.deploy(index)) }
        if pending != nil { moves += [.succeeds, .fails, .isLost] }
        if engine.hasRollback(Self.service) { moves.append(.abort) }
        if engine.hasIncident(Self.service) {
            moves += [.acknowledge, .approve, .deny, .hold, .resolve]
        }
        return moves
    }

    mutating func make(_ move: Move) throws(Violation) {
        switch move {
        case .good: try pass(.pass)
        case .bad: try pass(.fail("status 502"))
        case .blind: try pass(.error("no route"))
        case .mute: try pass(.pass, answers: false)
        case .deploy(let index): running = index
        case .succeeds: try end(.exited(0))
        case .fails: try end(.exited(1))
        case .isLost: try end(.unknown("lost"))
        case .crash: try restart(isReboot: false)
        case .reboot: try restart(isReboot: true)
        case .acknowledge, .approve, .deny, .hold, .resolve, .rollBack, .abort, .switchArming:
            try ask(move)
        }
    }

    private mutating func pass(
        _ outcome: ProbeResult.Outcome, answers: Bool = true
    ) throws(Violation) {
        // In halves, so that no gap of the clock comes of it.
        for _ in 0..<2 {
            let half = Duration.seconds(5)
            now = Moment(boot: now.boot + half, wall: now.wall + half)
            if case .error = outcome { errors += 1 } else { errors = 0 }
            try handle(
                .probe(
                    service: Self.service, probe: "health",
                    ProbeResult(started: now.boot, took: .milliseconds(1), outcome: outcome)))
            try read(answers)
            try handle(.tick)
        }
    }

    private mutating func read(_ answers: Bool) throws(Violation) {
        let answer: VersionReading.Answer =
            answers
            ? .version(Self.versions[running], commit: nil, fields: [:]) : .unavailable("mute")
        try handle(
            .version(
                service: Self.service, source: 0, VersionReading(asked: now.boot, answer: answer)))
    }

    private mutating func end(_ ending: TaskResult.Ending) throws(Violation) {
        guard let task = pending else { return }
        pending = nil
        if case .unit(let name, _) = task.action, name.contains("switch"), ending == .exited(0),
            let to = Self.versions.firstIndex(of: task.variables["to.version"] ?? "")
        {
            running = to
            steps.worked(task)
        }
        if let place = StepPlace(task), place.kind == .gate, ending == .exited(0) {
            steps.passedGate(task.rollback, place.first)
        }
        try handle(.task(id: task.id, TaskResult(ending: ending)))
    }

    private mutating func restart(isReboot: Bool) throws(Violation) {
        if isReboot {
            boot += 1
            now = Moment(boot: .seconds(100), wall: now.wall + .seconds(30))
            books.rebase(to: now)
        }
        engine = Engine(
            configuration: Self.configuration, stored: stored, storedBootID: "\(storedBoot)",
            bootID: "\(boot)", now: now)
        // What ran in another boot is lost, and that is said when it is asked after.
        let lost = isReboot ? pending : nil
        pending = isReboot ? nil : pending
        try perform(engine.resume(at: now))
        guard let lost else { return }
        pending = nil
        try handle(.task(id: lost.id, TaskResult(ending: .unknown("a reboot"))))
    }

    private mutating func ask(_ move: Move) throws(Violation) {
        let seen = engine.inspect(Self.service)
        let incident = seen?.incident?.id ?? ""
        let offer = seen?.incident?.offer
        let command: Command? =
            switch move {
            case .acknowledge: .acknowledge(incident: incident, comment: "")
            case .approve:
                .approve(
                    incident: incident,
                    method: offer?.isPerMethod ?? false ? offer?.ways.first?.method : nil,
                    comment: "")
            case .deny: .deny(incident: incident, comment: "")
            case .hold: .hold(incident: incident, for: .seconds(20), comment: "")
            case .resolve: .resolve(incident: incident, comment: "")
            case .rollBack:
                .rollback(service: Self.service, to: nil, reason: "", dryRun: false, force: false)
            case .abort: seen?.rollback.map { .abort(rollback: $0.id, reason: "") }
            case .switchArming:
                books.isArmed
                    ? .disarm(service: nil, for: nil, reason: "") : .arm(service: nil, reason: "")
            case .good, .bad, .blind, .mute, .deploy, .succeeds, .fails, .isLost, .crash, .reboot:
                nil
            }
        guard let command else { return }
        let person = Peer(
            uid: 1000, name: "ann", operates: true, roles: ["any-admin", "senior-admin", "cto"])
        let (reply, effects) = engine.perform(command, by: person, at: now)
        if reply.status == .done {
            if move == .switchArming { books.isArmed.toggle() }
            if case .approve(_, let method, _) = command, let id = reply.rollback {
                steps.approved[id] = method ?? ""
            }
        }
        try perform(effects)
    }

    // MARK: - Effects

    private mutating func handle(_ event: Event) throws(Violation) {
        try perform(engine.handle(event, at: now))
    }

    private mutating func perform(_ effects: [Effect]) throws(Violation) {
        var circumstances = Circumstances(
            now: now, time: now.boot.nanoseconds, configuration: Self.configuration,
            acted: steps.acted)
        for effect in effects {
            switch effect {
            case .persist(let transaction):
                circumstances.acted = steps.acted
                try books.take(transaction, circumstances)
                if let host = transaction.host { stored.host = host }
                for (name, state) in transaction.services { stored.services[name] = state }
                storedBoot = boot
                for event in transaction.events where event.kind == "rollback.ended" {
                    let id = event.text.split(separator: " ").dropFirst().first.map(String.init)
                    if let id { try steps.ended(id) }
                }
            case .run(let task): try run(task)
            case .resume(let task): if pending == nil, boot == storedBoot { pending = task }
            case .cancel(let id): if pending?.id == id { try end(.cancelled) }
            case .readVersions, .probeNow, .checkConnectivity, .deliver, .deliverFromMemory: break
            }
        }
    }

    private mutating func run(_ task: StepTask) throws(Violation) {
        guard stored.services[Self.service]?.pendingTask == task else {
            throw Violation("intent-before-effect", "\(task.id) is run, and nothing stored says so")
        }
        try checkActing(task)
        if let plan = stored.services[Self.service]?.rollbackInspection?.plan {
            try steps.begins(task, plan)
        }
        pending = task
    }

    /// The rules that do not need samples: the random worlds have the others.
    private mutating func checkActing(_ task: StepTask) throws(Violation) {
        guard let place = StepPlace(task), !place.isCheck, place.kind != .gate,
            place.kind != .after, let book = books.services[Self.service],
            let rollback = book.rollback
        else { return }
        if place.kind == .method, rollback.hasLanded {
            throw Violation("no-method-after-landed", "\(task.id): it has landed already")
        }
        guard rollback.isAutomatic, !rollback.hasActed else { return }
        books.services[Self.service]?.rollback?.hasActed = true
        if !books.isArmed { throw Violation("no-act-while-disarmed", task.id) }
        if book.bad[rollback.to.version] ?? false { throw Violation("no-bad-target", task.id) }
        if rollback.from.matches(rollback.to) { throw Violation("another-release", task.id) }
        if book.putByRollback == rollback.from.version {
            throw Violation("no-rollback-of-a-rollback", task.id)
        }
        if errors >= 3 { throw Violation("no-act-while-blind", task.id) }
        let limits = Self.configuration.limits
        if let last = book.ends.last, now.boot - last.boot < limits.cooldown {
            throw Violation("cooldown", task.id)
        }
        if book.ends.filter({ now.boot - $0.boot < limits.per }).count >= limits.maxRollbacks {
            throw Violation("limits", task.id)
        }
    }
}
