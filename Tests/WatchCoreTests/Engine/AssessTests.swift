// What the service's own questions say about the damage is in the incident, in the page and
// before anything is touched; and nothing ever waits for long, whatever they do.

import Testing

@testable import WatchCore

@Suite struct AssessTests {
    private static let sessions = Assess(
        name: "open sessions", action: .exec([World.template("/usr/lib/shop/sessions")]),
        timeout: .seconds(5))
    private static let queue = Assess(
        name: "queue",
        action: .exec([World.template("/usr/lib/shop/queue"), World.template("${from.version}")]),
        timeout: .seconds(20))

    private func world(
        _ questions: [Assess] = [sessions, queue], mode: TriggerConfiguration.Mode = .auto,
        severity: Severity = .critical, plan: Plan = World.plan()
    ) -> World {
        var service = World.service(triggers: [
            World.trigger("storm", "error_rate(access, 10s) > 25%", severity, mode),
            World.trigger("down", "failing(health) > 60%", .critical, .page),
        ])
        service.assess = questions
        let world = World(World.configuration(services: [service], plan: plan))
        world.answerDry = { _, task in
            guard task.title.hasPrefix("assess ") else { return TaskResult(ending: .exited(0)) }
            let said = task.title == "assess queue" ? "7 jobs" : "\n312 sessions\nof 40 clients"
            return TaskResult(ending: .exited(0), output: said)
        }
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.9)
        return world
    }

    private func asked(_ world: World) -> [StepTask] {
        world.dryTasks.filter { $0.title.hasPrefix("assess ") }
    }

    private func found(
        _ world: World, _ occasion: Assessment.Occasion
    ) -> [Assessment] {
        (world.incident?.assessments ?? []).filter { $0.occasion == occasion }
    }

    private func isRereading(_ world: World) -> Bool {
        if case .rereading = world.state.rollback?.stage { true } else { false }
    }

    private func openIncident(_ world: World) {
        #expect(world.pass(upTo: 60) { $0.incident != nil })
    }

    @Test func aGraveIncidentAsksAllAtOnceAndKeepsWhatTheySay() {
        let world = world(mode: .page)
        openIncident(world)
        #expect(asked(world).map(\.title) == ["assess open sessions", "assess queue"])
        #expect(asked(world).last?.variables["from.version"] == "2.0.0")
        #expect(asked(world).first?.timeout == .seconds(5))
        #expect(found(world, .opened).map(\.line) == ["312 sessions", "7 jobs"])
        #expect(found(world, .opened).first?.result?.output == "\n312 sessions\nof 40 clients")
        #expect(world.kinds("assess.answered").count == 2)
        // What is kept is what was stored.
        let id = world.incident?.id ?? ""
        #expect(world.records[id]?.assessments == world.incident?.assessments)
    }

    @Test func whoeverWasPagedHearsTheFirstLines() {
        let world = world(mode: .page)
        openIncident(world)
        let kinds = world.messages.map(\.message.kind)
        #expect(kinds == [.page, .update])
        let update = world.messages.last?.message
        #expect(update?.title == "shop: open sessions 312 sessions")
        #expect(update?.fields.contains(Message.Field("open sessions", "312 sessions")) ?? false)
        // A page that comes later says it too.
        #expect(world.pass(upTo: 1000) { $0.messages.contains { $0.channel == "mail" } })
        let later = world.messages.first { $0.channel == "mail" }?.message
        #expect(later?.fields.contains(Message.Field("queue", "7 jobs")) ?? false)
    }

    @Test func whatIsNotGraveIsNotAsked() {
        let world = world(mode: .page, severity: .medium)
        openIncident(world)
        world.pass(5)
        #expect(asked(world).isEmpty)
        #expect(world.incident?.assessments == nil)
        _ = world.command(.declare(service: "shop", severity: .high, reason: "worse"))
        #expect(asked(world).count == 2)
    }

    @Test func theyAreAskedAgainBeforeTheFirstStepAndItsMessageSaysIt() {
        let world = world()
        var before: [Assessment]?
        world.answer = { world, task in
            if before == nil, task.id.contains(".m") {
                before = world.records[world.incident?.id ?? ""]?.assessments
            }
            return world.obey(task)
        }
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        // Before the first step was run, all of it was on the disk.
        let rest = (before ?? []).filter { $0.occasion == .beforeRollback }
        #expect(rest.map(\.line) == ["312 sessions", "7 jobs"])
        #expect((before ?? []).count == 4)
        let began = world.messages.map(\.message).first { $0.title.contains("in progress") }
        #expect(began?.fields.contains(Message.Field("queue", "7 jobs")) ?? false)
    }

    @Test func oneThatHangsHoldsTheRollbackUpNoLongerThanTheLongestTime() {
        let world = world()
        world.answerDry = { _, task in
            task.title == "assess queue" ? nil : TaskResult(ending: .exited(0), output: "1")
        }
        #expect(world.pass(upTo: 60, until: isRereading))
        let at = world.now
        #expect(world.pass(upTo: 60) { !$0.methodTasks.isEmpty })
        #expect(world.now.boot - at.boot <= .seconds(22))
        let queue = found(world, .beforeRollback).first { $0.name == "queue" }
        #expect(queue?.line == "ended unknown: no answer came in time")
        let hung = asked(world).filter { $0.title == "assess queue" }.map(\.id)
        #expect(Set(world.cancelled).isSuperset(of: hung))
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        // Its answer comes in the end, and nobody is there for it.
        let last = asked(world).last { $0.title == "assess queue" }
        if let last { world.finish(last, TaskResult(ending: .exited(0), output: "late")) }
        #expect(found(world, .beforeRollback).allSatisfy { $0.line != "late" })
    }

    @Test func oneThatFailsIsOnRecordAndStopsNothing() {
        let world = world()
        world.answerDry = { _, task in
            task.title == "assess queue"
                ? TaskResult(ending: .timedOut)
                : TaskResult(ending: .exited(3), output: "no such database")
        }
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        let lines = found(world, .beforeRollback).map(\.line)
        #expect(
            lines == [
                "failed with exit status 3: no such database",
                "did not end in time and was killed",
            ])
    }

    @Test func whatIsKeptOfAnOutputIsBounded() {
        let world = world(mode: .page)
        world.answerDry = { _, _ in
            TaskResult(ending: .exited(0), output: String(repeating: "ü", count: 4000))
        }
        openIncident(world)
        let kept = found(world, .opened).first?.result?.output ?? ""
        #expect(kept.utf8.count <= 4100)
        #expect(kept.utf8.count >= 4090)
        #expect(found(world, .opened).first?.line.count == 201)
    }

    @Test func aRestartAsksAnewAndNeverWaitsForWhatIsLost() {
        let world = world()
        let usual = world.answerDry
        world.answerDry = { _, _ in nil }
        #expect(world.pass(upTo: 60, until: isRereading))
        let before = asked(world).count
        world.answerDry = usual
        world.crash()
        #expect(asked(world).count == before + 4)
        #expect(Set(asked(world).map(\.id)).count == before + 4)
        #expect(found(world, .beforeRollback).map(\.line) == ["312 sessions", "7 jobs"])
        #expect(world.pass(upTo: 120) { $0.incident?.state == .recovered })
        world.crash()
        #expect(asked(world).count == before + 4)
    }

    @Test func whatARestartLostIsSaidWhenItsTimeIsOver() {
        let world = world()
        world.answerDry = { _, task in
            task.id.contains("before-rollback") ? nil : TaskResult(ending: .exited(0))
        }
        #expect(world.pass(upTo: 60, until: isRereading))
        world.command(.abort(rollback: world.state.rollback?.id ?? "", reason: "wait"))
        world.crash()
        let lines = found(world, .beforeRollback).map(\.line)
        #expect(lines.allSatisfy { $0.contains("watchd was restarted before it answered") })
        #expect(lines.count == 2)
    }

    @Test func aQuestionWithoutItsValueIsAskedWithoutIt() {
        let world = World(
            {
                var service = World.service()
                service.assess = [Self.queue]
                return World.configuration(services: [service])
            }())
        world.sourceAnswers = false
        _ = world.command(.declare(service: "shop", severity: .critical, reason: "dark"))
        #expect(asked(world).first?.variables["from.version"] == nil)
        #expect(asked(world).first?.variables["service"] == "shop")
    }

    /// What the log holds in a second.
    private func badLines(_ world: World) -> StreamBatch {
        guard world.version == "2.0.0" else { return world.batch(50) }
        var batch = world.batch(50, errors: 45)
        batch.samples = ["GET /pay 502"]
        for _ in 0..<45 { batch.slices[0].routes.record("/pay", isError: true) }
        return batch
    }

    @Test func evidenceIsOnTheDiskBeforeAnythingIsTouched() {
        var service = World.service()
        service.streams[0].countsRoutes = true
        let step = World.plan(before: [World.step("snapshot")])
        let world = World(World.configuration(services: [service], plan: step))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.9)
        world.logs = { (world: World, _: String) -> StreamBatch? in self.badLines(world) }
        world.finds = { (world: World, _: String, _: String) -> ProbeResult.Outcome? in
            world.version == "2.0.0" ? .fail("status 500") : .pass
        }
        var seen: [Evidence?] = []
        world.answer = { world, task in
            seen.append(world.records[world.incident?.id ?? ""]?.evidence)
            return world.obey(task)
        }
        #expect(world.pass(upTo: 120) { !$0.methodTasks.isEmpty })
        #expect(world.tasks.first?.id.contains(".b0") ?? false)
        let evidence = seen.first ?? nil
        #expect(evidence?.readings["storm"] != nil)
        #expect(evidence?.probes.first?.reason == "status 500")
        #expect(evidence?.routes.first?.route == "/pay")
        #expect(evidence?.lines?.last?.text == "GET /pay 502")
    }
}
