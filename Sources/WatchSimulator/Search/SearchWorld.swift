// A world so small that all of it can be seen: one service with one probe, one version source and a
// short plan, a few releases, a person, a store that is always there, and a daemon that may die
// between any two events. Time goes in steps of five seconds, the longest that is no gap.

import WatchCore

struct SearchWorld {
    /// All that makes a difference, here and in the engine.
    struct Fingerprint {
        var state: AbstractState
        /// Two independent sums of it: a collision hides a state once in 2¹²⁸ pairs.
        var hash: Key { Key(state.parts) }
    }

    struct Key: Hashable {
        private var a: UInt64 = 0x9e37_79b9_7f4a_7c15
        private var b: UInt64 = 0xc2b2_ae3d_27d4_eb4f

        init(_ parts: [Int]) {
            for part in parts {
                let part = UInt64(bitPattern: Int64(part))
                a = Self.mixed(a ^ part)
                b = Self.mixed(b &+ part &* 0x1656_67b1_9e37_79f9)
            }
        }

        private static func mixed(_ value: UInt64) -> UInt64 {
            let once = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            let twice = (once ^ (once >> 27)) &* 0x94d0_49bb_1331_11eb
            return twice ^ (twice >> 31)
        }
    }

    let scene: SearchScene
    private(set) var engine: Engine
    private(set) var now: Moment
    private var boot = 0
    private var stored = DurableState()
    private var storedBoot = 0
    private(set) var books = Books()
    private var steps = StepBook()
    private var pending: StepTask?
    /// Index of the release that really runs.
    private var running = 0
    /// Index of the newest that ever ran.
    private var newest = 0
    /// Results in a row that said nothing of the target: three make the probe blind.
    private var errors = 0
    /// A breach stood when the release that runs, and the one before it, was last read.
    private var wasBreached = false
    private var predates: [String: Bool] = [:]
    /// Maintenance lasts until then, and a silence, by its id.
    private var maintainedUntil: Instant?
    private var silence: (id: String, until: Instant)?

    static var service: String { SearchScene.service }

    var fingerprint: Fingerprint {
        let abstraction = Abstraction(
            step: SearchScene.step, horizon: 12, versions: scene.versions)
        var state = engine.abstract(Self.service, abstraction, at: now)
        state.add(running)
        state.add(newest)
        state.add(pending.map { steps.count($0) } ?? -1)
        state.add(wasBreached)
        for version in scene.versions { state.add(predates[version]) }
        let rollback = books.services[Self.service]?.rollback
        state.add(rollback.map { $0.hasActed })
        state.add(rollback.map { steps.acted.contains($0.id) })
        state.add(books.services[Self.service]?.open.values.contains { !$0.told.isEmpty })
        return Fingerprint(state: state)
    }

    /// The first release is good and watchd is armed.
    static func first(_ scene: SearchScene) throws(Violation) -> SearchWorld {
        var world = SearchWorld(scene)
        world.books.services[service] = ServiceBook()
        try world.perform(world.engine.resume(at: world.now))
        for release in 0..<scene.good {
            if release > 0 { try world.make(.deploy(release)) }
            for _ in 0..<4 { try world.make(.good) }
        }
        try world.make(.switchArming)
        return world
    }

    private init(_ scene: SearchScene) {
        self.scene = scene
        now = Moment(boot: .seconds(10_000), wall: .seconds(1_800_000_000))
        engine = Engine(configuration: scene.configuration, now: now)
    }

    // MARK: - Moves

    var moves: [SearchMove] {
        var moves: [SearchMove] = [.good, .bad]
        func add(_ kind: SearchMove.Kind, _ move: SearchMove, if isPossible: Bool = true) {
            if isPossible, scene.moves.contains(kind) { moves.append(move) }
        }
        add(.blind, .blind)
        add(.mute, .mute)
        add(.blindLong, .blindLong, if: errors >= 3)
        add(.crash, .crash)
        add(.reboot, .reboot)
        add(.switchArming, .switchArming)
        add(.rollBack, .rollBack)
        // The same again is another move: within ten reads it makes the version mixed.
        add(.deploy, .deploy(newest + 1), if: newest + 1 < scene.versions.count)
        for index in 0...newest where index != running {
            add(.redeploy, .redeploy(index))
        }
        add(.mark, .mark(isGood: true))
        add(.mark, .mark(isGood: false))
        add(.maintain, .maintain, if: maintainedUntil == nil)
        add(.silence, .silence, if: silence == nil)
        add(.endQuiet, .endQuiet, if: maintainedUntil != nil || silence != nil)
        for (kind, move) in [
            (SearchMove.Kind.succeeds, SearchMove.succeeds), (.fails, .fails), (.isLost, .isLost),
        ] {
            add(kind, move, if: pending != nil)
        }
        add(.abort, .abort, if: engine.hasRollback(Self.service))
        guard let incident = engine.inspect(Self.service)?.incident else { return moves }
        add(.calm, .calm, if: incident.state == .handedOver)
        for (kind, move) in [
            (SearchMove.Kind.acknowledge, SearchMove.acknowledge), (.approve, .approve),
            (.deny, .deny), (.hold, .hold), (.resolve, .resolve),
        ] {
            add(kind, move)
        }
        return moves
    }

    mutating func make(_ move: SearchMove) throws(Violation) {
        switch move {
        case .good: try pass(.pass)
        case .bad: try pass(.fail("status 502"))
        case .blind: try pass(.error("no route"))
        case .mute: try pass(.pass, answers: false)
        case .calm: for _ in 0..<182 { try pass(.pass) }
        case .blindLong: for _ in 0..<62 { try pass(.error("no route")) }
        case .deploy(let index): deploy(index)
        case .redeploy(let index):
            deploy(index)
            // A step goes by between two reads, or all would be of one instant.
            try pass(.pass, reads: 11)
        case .succeeds: try end(.exited(0))
        case .fails: try end(.exited(1))
        case .isLost: try end(.unknown("lost"))
        case .crash: try restart(isReboot: false)
        case .reboot: try restart(isReboot: true)
        case .acknowledge, .approve, .deny, .hold, .resolve, .rollBack, .abort, .switchArming,
            .mark, .maintain, .silence, .endQuiet:
            try ask(move)
        }
    }

    private mutating func deploy(_ index: Int) {
        predates[scene.versions[index]] = index > newest ? wasBreached : nil
        running = index
        newest = Swift.max(newest, index)
    }

    private mutating func pass(
        _ outcome: ProbeResult.Outcome, answers: Bool = true, reads: Int = 1
    ) throws(Violation) {
        now = Moment(boot: now.boot + SearchScene.step, wall: now.wall + SearchScene.step)
        if let until = maintainedUntil, until <= now.boot { maintainedUntil = nil }
        if let until = silence?.until, until <= now.boot { silence = nil }
        for _ in 0..<reads { try read(answers) }
        try handle(
            .probe(
                service: Self.service, probe: "health",
                ProbeResult(started: now.boot, took: .milliseconds(1), outcome: outcome)))
        if case .error = outcome { errors += 1 } else { errors = 0 }
        try handle(.tick)
        if answers { wasBreached = !(books.services[Self.service]?.breached.isEmpty ?? true) }
        try checkHeard()
    }

    private mutating func read(_ answers: Bool) throws(Violation) {
        let answer: VersionReading.Answer =
            answers
            ? .version(scene.versions[running], commit: nil, fields: [:]) : .unavailable("mute")
        try handle(
            .version(
                service: Self.service, source: 0, VersionReading(asked: now.boot, answer: answer)))
    }

    private mutating func end(_ ending: TaskResult.Ending) throws(Violation) {
        guard let task = pending else { return }
        pending = nil
        if case .unit(let name, _) = task.action, name.contains("switch"), ending == .exited(0),
            let to = scene.versions.firstIndex(of: task.variables["to.version"] ?? "")
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
            books.rebase(to: now, latestWall: now.wall)
        }
        engine = Engine(
            configuration: scene.configuration, stored: stored, storedBootID: "\(storedBoot)",
            bootID: "\(boot)", now: now)
        // What ran in another boot is lost, and that is said when it is asked after.
        let lost = isReboot ? pending : nil
        pending = isReboot ? nil : pending
        try perform(engine.resume(at: now))
        guard let lost else { return }
        pending = nil
        try handle(.task(id: lost.id, TaskResult(ending: .unknown("a reboot"))))
    }

    private mutating func ask(_ move: SearchMove) throws(Violation) {
        guard let command = command(for: move) else { return }
        let person = Peer(
            uid: 1000, name: "ann", operates: true, roles: ["any-admin", "senior-admin", "cto"])
        let (reply, effects) = engine.perform(command, by: person, at: now)
        if reply.status == .done { note(command, reply) }
        try perform(effects)
    }

    private mutating func note(_ command: Command, _ reply: CommandReply) {
        switch command {
        case .arm: books.isArmed = true
        case .disarm: books.isArmed = false
        case .approve(_, let method, _):
            if let id = reply.rollback { steps.approved[id] = method ?? "" }
        case .mark(let service, let version, let standing, _):
            books.services[service]?.bad[version] = standing == .bad
        case .maintain(let request): maintainedUntil = now.boot + request.lasts
        case .silence(let request):
            let id = reply.message.prefix { $0 != ":" }
            silence = (String(id), now.boot + request.lasts)
        case .endMaintenance: maintainedUntil = nil
        case .endSilence: silence = nil
        case .acknowledge, .resolve, .falseAlarm, .deny, .hold, .declare, .rollback, .abort,
            .stepDone, .announce, .beginOperation, .endOperation, .beatOperation, .reachPhase,
            .schedule, .drill:
            break
        }
    }

    // MARK: - Effects

    private mutating func handle(_ event: Event) throws(Violation) {
        try perform(engine.handle(event, at: now))
    }

    private mutating func perform(_ effects: [Effect]) throws(Violation) {
        guard !effects.isEmpty else { return }
        for effect in effects {
            switch effect {
            case .persist(let transaction):
                let circumstances = Circumstances(
                    now: now, time: now.wall.nanoseconds, configuration: scene.configuration,
                    acted: steps.acted)
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
            case .runDry, .readVersions, .probeNow, .checkConnectivity, .deliver,
                .deliverFromMemory:
                break
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
}

extension SearchWorld {
    /// What is asked for by somebody; nil: there is nothing to ask for.
    private func command(for move: SearchMove) -> Command? {
        let seen = engine.inspect(Self.service)
        let incident = seen?.incident?.id ?? ""
        let offer = seen?.incident?.offer
        let quiet = QuietRequest(
            service: Self.service, lasts: SearchScene.step * 2, reason: "")
        return switch move {
        case .acknowledge: .acknowledge(incident: incident, comment: "")
        case .approve:
            .approve(
                incident: incident,
                method: offer?.isPerMethod ?? false ? offer?.ways.first?.method : nil,
                comment: "")
        case .deny: .deny(incident: incident, comment: "")
        case .hold: .hold(incident: incident, for: SearchScene.step * 2, comment: "")
        case .resolve: .resolve(incident: incident, comment: "")
        case .rollBack:
            .rollback(service: Self.service, to: nil, reason: "", dryRun: false, force: false)
        case .abort: seen?.rollback.map { .abort(rollback: $0.id, reason: "") }
        case .switchArming:
            books.isArmed
                ? .disarm(service: nil, for: nil, reason: "") : .arm(service: nil, reason: "")
        case .mark(let isGood):
            .mark(
                service: Self.service, version: scene.versions[running],
                isGood ? .good : .bad, reason: "")
        case .maintain: .maintain(quiet)
        case .silence: .silence(quiet)
        case .endQuiet:
            silence.map { .endSilence(id: $0.id) } ?? .endMaintenance(service: Self.service)
        case .good, .bad, .blind, .mute, .calm, .blindLong, .deploy, .redeploy, .succeeds, .fails,
            .isLost, .crash, .reboot:
            nil
        }
    }

    // MARK: - Rules

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
        let isWalk = book.walked.contains(rollback.id)
        if !books.isArmed { throw Violation("no-act-while-disarmed", task.id) }
        if maintainedUntil != nil { throw Violation("no-act-in-maintenance", task.id) }
        if book.bad[rollback.to.version] ?? false { throw Violation("no-bad-target", task.id) }
        if rollback.from.matches(rollback.to) { throw Violation("another-release", task.id) }
        if errors >= 3 { throw Violation("no-act-while-blind", task.id) }
        if !isWalk, book.putByRollback == rollback.from.version {
            throw Violation("no-rollback-of-a-rollback", task.id)
        }
        if !isWalk, predates[rollback.from.version] ?? false {
            throw Violation("breach-predates-release", task.id)
        }
        let limits = scene.configuration.limits
        if !isWalk, let last = book.ends.last, now.boot - last.boot < limits.cooldown {
            throw Violation("cooldown", task.id)
        }
        if book.ends.filter({ now.boot - $0.boot < limits.per }).count >= limits.maxRollbacks {
            throw Violation("limits", task.id)
        }
    }

    /// What was to be paged was paged, unless something keeps it back.
    private func checkHeard() throws(Violation) {
        guard maintainedUntil == nil, silence == nil,
            let record = engine.inspect(Self.service)?.incident, record.decision == "page",
            record.breaches.contains(where: { $0.cleared == nil }),
            let book = books.services[Self.service]?.open[record.id], book.told.isEmpty
        else { return }
        switch record.state {
        case .open, .awaitingApproval, .handedOver:
            throw Violation("every-incident-is-paged", "\(record.id): nobody has heard of it")
        case .rollingBack, .verifying, .recovered, .cleared, .superseded, .closed: return
        }
    }
}
