// Both tables of DESIGN "The decision", cell by cell, and the order of the reasons.

import Testing

@testable import WatchCore

@Suite struct DecisionTableTests {
    typealias Mode = TriggerConfiguration.Mode
    typealias PolicyAction = Policy.Action

    struct Cell: Sendable, CustomTestStringConvertible {
        var mode: Mode
        var action: PolicyAction
        var decision: String
        var isOffered: Bool

        var testDescription: String { "\(mode) × \(action)" }
    }

    static let table: [Cell] = [
        Cell(mode: .auto, action: .rollback, decision: "rollback", isOffered: false),
        Cell(mode: .auto, action: .page, decision: "page", isOffered: true),
        Cell(mode: .auto, action: .record, decision: "record", isOffered: false),
        Cell(mode: .page, action: .rollback, decision: "page", isOffered: true),
        Cell(mode: .page, action: .page, decision: "page", isOffered: true),
        Cell(mode: .page, action: .record, decision: "record", isOffered: false),
        Cell(mode: .veto, action: .rollback, decision: "page", isOffered: false),
        Cell(mode: .veto, action: .page, decision: "page", isOffered: false),
        Cell(mode: .veto, action: .record, decision: "page", isOffered: false),
    ]

    private func world(
        _ mode: Mode, _ action: PolicyAction, plan: Plan = World.plan(), knownGood: Bool = true,
        answer: @escaping (World, StepTask) -> TaskResult? = { $0.obey($1) }
    ) -> World {
        let storm = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, mode)
        // Something grave must be healthy for a release to bake.
        let quiet = World.trigger("quiet", "failing(health) > 60%", .critical, .page)
        var configuration = World.configuration(
            services: [World.service(triggers: [storm, quiet])], plan: plan)
        configuration.policy[.critical]?.action = action
        configuration.access = World.access
        let world = World(configuration)
        world.answer = answer
        if knownGood { #expect(world.bakeFirst()) } else { world.pass(5) }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(
            world.pass(upTo: 30) {
                $0.lastDecision != nil || !$0.kinds("would-have-acted").isEmpty
            })
        return world
    }

    @Test(arguments: table) func theDecisionOfEachModeAndAction(_ cell: Cell) {
        let world = world(cell.mode, cell.action)
        #expect(world.lastDecision?.decision == cell.decision)
        #expect(world.lastDecision?.reason == "trigger:storm")
        #expect((world.offer != nil) == cell.isOffered)
        #expect((world.incident?.state == .awaitingApproval) == cell.isOffered)
        #expect((world.incident?.state == .rollingBack) == (cell.decision == "rollback"))
        world.pass(3)
        #expect(world.messages.isEmpty == (cell.decision == "record"))
    }

    @Test(arguments: [
        (PolicyAction.rollback, "shadow:rollback"), (.page, "shadow:page"),
        (.record, "shadow:record"),
    ])
    func shadowRecordsWhatAutoWouldHaveDecided(_ action: PolicyAction, _ reason: String) {
        let world = world(.shadow, action)
        #expect(world.incident == nil)
        #expect(world.messages.isEmpty)
        #expect(world.kinds("would-have-acted").map(\.decision) == ["record"])
        #expect(world.kinds("would-have-acted").map(\.reason) == [reason])
    }

    @Test func noApprovalIsOfferedWhereNothingIsKnownToBeGood() {
        let world = world(.page, .rollback, knownGood: false)
        #expect(world.lastDecision?.decision == "page")
        #expect(world.offer == nil)
        #expect(world.incident?.state == .open)
        #expect(!(world.lastPage?.text.contains("approve") ?? true))
        let reply = world.approve()
        #expect(reply.status == .refused)
        #expect(reply.reason == "no-known-good")
    }

    @Test func holdWhereEachMethodNeedsAnApproval() {
        let world = world(.auto, .rollback, plan: World.plan(methods: [World.restore()]))
        #expect(world.lastDecision?.decision == "hold")
        #expect(world.lastDecision?.reason == "awaiting-approval")
        #expect(world.incident?.state == .awaitingApproval)
        #expect(world.offer?.ways.map(\.loses) == ["orders since the last backup"])
        #expect(world.tasks.isEmpty)
        #expect(world.lastPage?.text.contains("loses: orders since the last backup") ?? false)
    }

    @Test func holdInShadowIsRecordedAsSuch() {
        let world = world(.shadow, .rollback, plan: World.plan(methods: [World.restore()]))
        #expect(world.kinds("would-have-acted").map(\.reason) == ["shadow:hold"])
    }

    // MARK: - Who asks

    /// Each condition of watchd's own, made not to hold.
    static let conditions: [(code: String, break: @Sendable (World) -> Void)] = [
        ("disarmed", { $0.command(.disarm(service: nil, for: nil, reason: "test")) }),
        ("no-release-suspect", { $0.pass(3700) }),
        ("cooldown", { $0.edit { $0.automaticEnds = [$1] } }),
        (
            "limit-reached",
            { world in
                let day = Duration.hours(1)
                world.edit { state, now in
                    let before = Moment(boot: now.boot - day, wall: now.wall - day)
                    state.automaticEnds = [before, before]
                }
            }
        ),
    ]

    private func prepared(_ code: String, mode: Mode) -> World {
        let storm = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, mode)
        var configuration = World.configuration(services: [World.service(triggers: [storm])])
        configuration.access = World.access
        let world = World(configuration)
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        for condition in Self.conditions where condition.code == code { condition.break(world) }
        world.errorRate = 0.4
        #expect(world.pass(upTo: 30) { $0.lastDecision != nil })
        return world
    }

    @Test(arguments: conditions.map(\.code))
    func watchdNeedsAllConditions(_ code: String) {
        let world = prepared(code, mode: .auto)
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == code)
        #expect(world.tasks.isEmpty)
        #expect(world.offer != nil)
    }

    @Test(arguments: conditions.map(\.code))
    func anApprovalNeedsTheKnownGoodOnlyAndIsShownTheOthers(_ code: String) {
        let world = prepared(code, mode: .page)
        #expect(world.offer?.conditions.contains { $0.hasPrefix("\(code): ") } ?? false)
        #expect(world.lastPage?.text.contains("Against it: \(code)") ?? false)
        #expect(world.approve().status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.version == "1.0.0")
    }

    @Test(arguments: conditions.map(\.code))
    func aPersonNeedsTheKnownGoodOnly(_ code: String) {
        let world = prepared(code, mode: .page)
        let reply = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false),
            by: World.admin)
        #expect(reply.status == .done)
        #expect(world.offer == nil)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test func aPersonCanNameATargetWhereNothingIsKnownToBeGood() {
        let world = world(.page, .rollback, knownGood: false)
        let reply = world.command(
            .rollback(service: "shop", to: "1.0.0", reason: "", dryRun: false, force: false))
        #expect(reply.status == .done)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
    }

    @Test(arguments: ["watchd", "approval", "person"])
    func gatesAreAskedWhoeverAsks(_ asker: String) {
        let gate = Gate(
            name: "migration", action: .unit(name: "gate", with: nil), timeout: .seconds(5))
        let mode = asker == "watchd" ? Mode.auto : .page
        let world = world(mode, .rollback, plan: World.plan(gates: [gate])) { world, task in
            task.title.hasPrefix("gate") ? TaskResult(ending: .exited(10)) : world.obey(task)
        }
        if asker == "approval" { #expect(world.approve().status == .done) }
        if asker == "person" {
            world.command(
                .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false))
        }
        world.pass(3)
        #expect(world.methodTasks.isEmpty)
        #expect(world.incident?.reason == "gate-blocked:migration")
        // To be approved again when the gate's reason is gone; a person just asks again.
        #expect((world.offer != nil) == (asker != "person"))
    }

    // MARK: - Order

    @Test func theFirstConditionThatFailsIsTheReasonInTheOrderOfTheList() {
        let world = allForbidden()
        var reasons: [String] = []
        for (expected, lift) in Self.lifts {
            let reason = world.refusal
            reasons.append(reason ?? "none")
            #expect(reason == expected)
            lift(world)
        }
        #expect(world.refusal == nil)
    }

    /// Everything speaks against it at once.
    private func allForbidden() -> World {
        var storm = World.trigger("storm", "error_rate(access, 10s) > 25%")
        storm.plan = "restore"
        let veto = World.trigger("frozen", "p50(access, 5s) > 10ms", .low, .veto)
        var service = World.service(triggers: [storm, veto])
        service.streams[0].noDataAfter = .seconds(5)
        var configuration = World.configuration(services: [
            service, World.service("blog", triggers: []),
        ])
        configuration.plans.append(World.plan(methods: [World.restore()]))
        configuration.plans[1].name = "restore"
        let world = World(configuration, armed: false)
        world.pass(3)
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(30)
        world.sourceAnswers = false
        world.requestsPerSecond = 0
        world.pass(10)
        _ = world.maintain()
        world.storeWorks = false
        world.handle(.storeFailed("disk full", skipped: []))
        world.edit { state, now in
            state.incident?.hold = Hold(until: now, by: "alice", text: "held by alice")
            state.incident?.hold?.until.boot = now.boot + .hours(24)
            state.automaticEnds = [now, now]
        }
        return world
    }

    static let lifts: [(reason: String, lift: @Sendable (World) -> Void)] = [
        (
            "disarmed",
            { world in world.editHost { $0.arming = Arming(isArmed: true, by: "", reason: "") } }
        ),
        ("maintenance", { $0.command(.endMaintenance(service: "shop")) }),
        ("vetoed", { $0.editEngine { $0.configuration.triggers[1].mode = .shadow } }),
        ("blind", { $0.editEngine { $0.streams.update("access") { $0.health = StreamHealth() } } }),
        (
            "release-unknown",
            { world in
                world.sourceAnswers = true
                world.pass(1)
                world.pass(1)
                world.edit { state, now in
                    state.book.begin(
                        Deployment(
                            number: 89, release: ReleaseIdentity(version: "2.0.0"), began: now,
                            origin: .rollback(id: "shop-1-r1")), fields: [:], now: now)
                }
            }
        ),
        (
            "no-release-suspect",
            { world in
                world.edit { state, now in
                    state.book.begin(
                        Deployment(
                            number: 90, release: ReleaseIdentity(version: "2.0.0"), began: now,
                            origin: .read(source: "link"), breachPredates: true),
                        fields: [:], now: now)
                }
            }
        ),
        (
            "breach-predates-release",
            { world in
                world.edit { state, now in
                    state.book.begin(
                        Deployment(
                            number: 91, release: ReleaseIdentity(version: "2.0.0"), began: now,
                            origin: .read(source: "link")), fields: [:], now: now)
                }
            }
        ),
        (
            "same-release",
            { world in
                world.edit { state, now in
                    for version in ["0.9.0", "2.0.0"] {
                        state.book.begin(
                            Deployment(
                                number: 92, release: ReleaseIdentity(version: version), began: now,
                                origin: .read(source: "link")), fields: [:], now: now)
                    }
                }
            }
        ),
        (
            "no-known-good",
            { world in
                world.edit { state, now in
                    let old = ReleaseIdentity(version: "0.9.0")
                    state.book.mark(old, .good, reason: "")
                    var rollback = World.someRollback
                    rollback.from = old
                    state.rollback = rollback
                }
            }
        ),
        (
            "target-quarantined",
            { world in
                world.edit { state, _ in state.rollback = nil }
                world.editEngine { $0.configuration.targetWithin = .zero }
                world.now.boot = world.now.boot + .seconds(1)
            }
        ),
        ("target-stale", { $0.editEngine { $0.configuration.targetWithin = .days(7) } }),
        (
            "cooldown",
            { world in
                world.edit { state, now in
                    let earlier = Moment(boot: now.boot - .hours(1), wall: now.wall)
                    state.automaticEnds = [earlier, earlier]
                }
            }
        ),
        (
            "limit-reached",
            { world in
                world.edit { state, _ in state.automaticEnds = [] }
                world.editEngine("blog") { blog in
                    blog.state.graveBreaches = [GraveBreach(began: world.now)]
                    blog.state.rollback = World.someRollback
                }
                world.editEngine { shop in
                    shop.triggers.set(TriggerState(breachedSince: world.now), for: "storm")
                }
            }
        ),
        ("common-cause", { $0.editEngine("blog") { $0.state.graveBreaches = nil } }),
        ("busy", { $0.editEngine("blog") { $0.state.rollback = nil } }),
        ("awaiting-approval", { $0.editEngine { $0.configuration.triggers[0].plan = nil } }),
        ("held", { world in world.edit { state, _ in state.incident?.hold?.isOver = true } }),
        (
            "store-unavailable",
            { world in
                world.storeWorks = true
                world.handle(.storeRecovered)
            }
        ),
    ]
}

extension World {
    static var someRollback: Rollback {
        let identity = ReleaseIdentity(version: "5.0.0")
        let start = Moment(boot: .seconds(1), wall: .seconds(1))
        return Rollback(
            id: "x-1-r1", plan: plan(), from: identity, to: identity, variables: [:],
            asker: .watchd(trigger: "storm"), isForced: false, began: start, stage: .gate(0),
            record: RollbackRecord(
                id: "x-1-r1", plan: "shop", from: identity, to: identity, state: .gates,
                askedBy: "watchd", began: start.wall))
    }

    /// Why watchd may not act now for the first trigger, as `explain` says it.
    var refusal: String? {
        let reason = engine.explain(service: "shop", trigger: "storm", at: now)?.reason
        return reason == "trigger:storm" ? nil : reason
    }

    func edit(_ change: (inout ServiceState, Moment) -> Void) {
        editEngine { change(&$0.state, now) }
    }

    func editEngine(_ name: String = "shop", _ change: (inout ServiceEngine) -> Void) {
        guard var service = engine.services[name] else { return }
        change(&service)
        engine.services.set(service, for: name)
    }

    func editHost(_ change: (inout HostState) -> Void) { change(&engine.host) }
}
