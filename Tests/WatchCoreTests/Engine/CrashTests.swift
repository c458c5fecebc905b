// The engine dies at every point of a rollback and comes back with what was stored.

import Testing

@testable import WatchCore

@Suite struct CrashTests {
    private func worldInStep(
        idempotent: Bool, check: Bool = false, later: [String] = []
    ) -> World {
        let plan = World.plan(methods: [
            Method(
                name: "symlink",
                steps: [World.step("activate", idempotent: idempotent, check: check)]
                    + later.map { World.step($0) })
        ])
        let world = World(World.configuration(plan: plan))
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { !$0.methodTasks.isEmpty })
        return world
    }

    @Test func aRunningStepIsAskedAfterAndNotDecidedAnew() {
        let world = worldInStep(idempotent: false)
        let first = world.tasks[0]
        world.crash()
        #expect(world.tasks.count == 2)
        #expect(world.tasks[1] == first)
        world.answer = { $0.obey($1) }
        world.finish(first, world.obey(first) ?? TaskResult(ending: .exited(1)))
        #expect(world.pass(upTo: 90) { $0.incident?.state == .recovered })
        #expect(Set(world.tasks.map(\.id)).count == 1)
    }

    @Test func anUnknownOutcomeOfANonIdempotentStepIsNeverRepeated() {
        let world = worldInStep(idempotent: false)
        world.crash()
        world.finish(world.tasks[0], TaskResult(ending: .unknown("reboot")))
        world.answer = { $0.obey($1) }
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        #expect(Set(world.tasks.map(\.id)).count == 1)
        #expect(world.incident?.reason == "not-landed")
    }

    @Test func anUnknownOutcomeThatLandedAndCuredIsRecovered() {
        let world = worldInStep(idempotent: false)
        // It did its work before everything went down.
        world.version = "1.0.0"
        world.errorRate = 0
        world.crash()
        world.finish(world.tasks[0], TaskResult(ending: .unknown("reboot")))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(Set(world.tasks.map(\.id)).count == 1)
    }

    /// Stopped, the plan still runs all of `after`, each step of it once.
    @Test(arguments: ["crash", "abort"])
    func aStepOfAfterThatWasDoneIsNotRunAgainWhenTheRollbackStops(_ what: String) {
        let plan = World.plan(after: [
            World.step("one", idempotent: false),
            World.step("two", idempotent: false, check: true),
            World.step("three", idempotent: false),
        ])
        let world = World(World.configuration(plan: plan))
        world.answer = { world, task in
            if task.title.hasPrefix("method") || task.title == "after: two" { return nil }
            return task.title.hasPrefix("check") ? nil : TaskResult(ending: .exited(0))
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { !$0.methodTasks.isEmpty })
        let abort = Command.abort(rollback: world.state.rollback?.id ?? "", reason: "by hand")
        if what == "crash" {
            world.command(abort)
            world.finish(world.tasks[0], TaskResult(ending: .cancelled))
        } else {
            world.finish(world.tasks[0], TaskResult(ending: .exited(0)))
        }
        let two = world.tasks.last { $0.title == "after: two" }
        world.crash(sameBoot: false)
        if let two { world.finish(two, TaskResult(ending: .unknown("reboot"))) }
        if what == "abort" { world.command(abort) }
        if let check = world.tasks.last { world.finish(check, TaskResult(ending: .exited(0))) }
        #expect(world.pass(upTo: 10) { $0.incident?.state == .handedOver })
        for name in ["one", "two", "three"] {
            let ids = world.tasks.filter { $0.title == "after: \(name)" }.map(\.id)
            #expect(Set(ids).count == 1, "\(name)")
        }
    }

    /// That it was told to the step may have been lost.
    @Test func anAbortOutlivesACrash() {
        let world = worldInStep(idempotent: false)
        let abort = Command.abort(rollback: world.state.rollback?.id ?? "", reason: "by hand")
        let (reply, effects) = world.engine.perform(abort, by: World.admin, at: world.now)
        #expect(reply.status == .done)
        world.perform(
            effects.filter { if case .persist = $0 { true } else { false } })
        #expect(world.cancelled.isEmpty)
        world.crash()
        #expect(world.cancelled == [world.tasks[0].id])
    }

    /// "Rollback complete" alone would leave out that maintenance mode was never left.
    @Test func whoeverHearsThatItRecoveredHearsWhichStepsDidNotRun() {
        let world = worldInStep(idempotent: false, later: ["warm caches", "open doors"])
        world.version = "1.0.0"
        world.errorRate = 0
        world.crash()
        world.finish(world.tasks[0], TaskResult(ending: .unknown("its shim died")))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        let undone =
            "of method symlink 'activate' ended unknown: its shim died, and 'warm caches', "
            + "'open doors' were not run"
        #expect(world.incident?.rollbacks.last?.note == undone)
        let told = world.messages.last { $0.message.title.contains("rollback complete") }
        #expect(told?.message.text.contains("But \(undone).") ?? false)
    }

    @Test func whoTakesOverHearsWhichStepsDidNotRun() {
        let world = worldInStep(idempotent: false, later: ["open doors"])
        world.crash()
        world.finish(world.tasks[0], TaskResult(ending: .unknown("its shim died")))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .handedOver })
        #expect(world.lastPage?.text.contains("'open doors' was not run") ?? false)
    }

    @Test func anIdempotentStepIsRepeatedUnderANewName() {
        let world = worldInStep(idempotent: true)
        world.crash()
        world.answer = { $0.obey($1) }
        world.finish(world.tasks[0], TaskResult(ending: .unknown("reboot")))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.tasks.last?.id.hasSuffix("t2") ?? false)
    }

    @Test func theCheckDecidesWhatBecameOfAStep() {
        let world = worldInStep(idempotent: false, check: true)
        world.version = "1.0.0"
        world.errorRate = 0
        world.crash()
        world.answer = { $0.obey($1) }
        world.finish(world.tasks[0], TaskResult(ending: .unknown("reboot")))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.tasks.filter { $0.title.hasPrefix("method") }.map(\.id).uniqued.count == 1)
        #expect(world.tasks.contains { $0.title == "check of activate" })
    }

    @Test func verificationGoesOnAfterARestart() {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { !$0.kinds("verify.landed").isEmpty })
        world.crash()
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.methodTasks.count == 1)
        #expect(world.kinds("incident.opened").count == 1)
    }

    @Test func aRebootInTheMiddleForgetsNothing() {
        let world = worldInStep(idempotent: true)
        world.crash(sameBoot: false)
        world.answer = { $0.obey($1) }
        world.finish(world.tasks[0], TaskResult(ending: .unknown("another boot")))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        #expect(world.kinds("incident.opened").count == 1)
    }

    @Test func anOpenIncidentSurvivesAndIsNotPagedAgain() {
        let world = World(armed: false)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(20)
        let pages = world.messages.count
        #expect(pages == 1)
        world.crash()
        world.pass(20)
        #expect(world.messages.count == pages)
        #expect(world.kinds("incident.opened").count == 1)
    }

    /// The disk is full before the release that breaks is judged.
    private func brokenOnAFullDisk() -> World {
        let world = World()
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(3)
        world.storeWorks = false
        world.pass(20)
        return world
    }

    @Test func aFullDiskMeansNoActionAndAPageFromMemory() {
        let world = brokenOnAFullDisk()
        #expect(world.methodTasks.isEmpty)
        #expect(world.version == "2.0.0")
        #expect(world.volatileMessages.contains { $0.message.kind == .page })
        #expect(world.incident?.reason == "store-unavailable")
    }

    /// Receivers drop what has an id that they know.
    @Test func aPageFromMemoryHasAnIdThatNoOtherMessageGetsAfterACrash() {
        let world = brokenOnAFullDisk()
        let fromMemory = Set(world.volatileMessages.map(\.id))
        #expect(!fromMemory.isEmpty)
        world.storeWorks = true
        world.crash()
        world.pass(60)
        #expect(!world.messages.isEmpty)
        #expect(fromMemory.isDisjoint(with: world.messages.map(\.id)))
    }

    @Test func aCheckpointKeepsWindowsAndBakeThroughARestart() {
        let world = World()
        world.pass(12)
        let checkpoint = world.engine.checkpoint(at: world.now)
        let baked = world.state.book.releases.first?.baked
        world.crash()
        world.engine.restore(checkpoint, isSameBoot: true, at: world.now)
        #expect(world.state.book.releases.first?.baked == baked)
        let storm = world.engine.explain(service: "shop", trigger: "storm", at: world.now)
        #expect(storm?.lines.first?.value == "false")
    }

    @Test func aCheckpointWithoutAWindowThatIsAskedForNowDoesNotTakeItAway() {
        let world = World()
        world.pass(12)
        let checkpoint = world.engine.checkpoint(at: world.now)
        // The plan was edited while watchd was down: the service itself is the same.
        var configuration = world.configuration
        configuration.plans[0].verify.when = [World.expression("error_rate(access, 7s) < 1%")]
        var engine = Engine(configuration: configuration, now: world.now)
        engine.restore(checkpoint, isSameBoot: true, at: world.now)
        let windows = engine.services["shop"]?.streams["access"]?.windows
        #expect(windows?.widths == [.seconds(7), .seconds(10)])
        #expect(engine.services["shop"]?.probes["health"] == checkpointed(checkpoint))
    }

    private func checkpointed(_ checkpoint: EngineCheckpoint) -> ServiceEngine.ProbeSignal? {
        checkpoint.services["shop"]?.probes["health"]
    }

    @Test func aReloadKeepsWindowsAndTheIncident() {
        let world = World(armed: false)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(20)
        let id = world.incident?.id
        var next = world.configuration
        next.services[0].bake = .minutes(5)
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        world.pass(3)
        #expect(world.incident?.id == id)
        #expect(world.status?.triggers.first?.verdict == .breached)
    }

    @Test func aTriggerThatAReloadRemovesEndsItsBreach() {
        let world = World(armed: false)
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(20)
        var next = world.configuration
        next.services[0].triggers.removeAll { $0.name == "storm" }
        world.perform(world.engine.reconfigure(to: next, at: world.now))
        world.pass(3)
        #expect(world.incident?.state == .cleared)
    }
}

extension Array where Element: Hashable {
    fileprivate var uniqued: Set<Element> { Set(self) }
}
