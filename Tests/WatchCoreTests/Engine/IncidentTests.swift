// DESIGN "Incidents": states, who closes what, and what is written down.

import FoundationEssentials
import Testing

@testable import WatchCore

@Suite struct IncidentTests {
    private func stormy(
        _ configuration: Configuration = World.configuration(), armed: Bool = true,
        answer: @escaping (World, StepTask) -> TaskResult? = { $0.obey($1) }
    ) -> World {
        let world = World(configuration, armed: armed)
        world.answer = answer
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 30) { $0.incident != nil })
        return world
    }

    @Test func everyTransitionIsAnEventWithTimeCauseAndReadings() {
        let world = stormy(World.configuration(plan: World.plan(after: [World.step("open")])))
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.pass(upTo: 90) { $0.incident == nil })
        let transitions = [
            "incident.opened", "decision", "rollback.began", "verify.landing", "verify.landed",
            "incident.recovered", "incident.closed",
        ]
        for kind in transitions {
            let event = world.kinds(kind).first
            #expect(event?.incident != nil, "\(kind)")
            #expect(event?.reason?.isEmpty == false, "\(kind)")
            #expect(event?.readings["error_rate(access, 10s)"] != nil, "\(kind)")
        }
        let order = world.events.map(\.kind).filter(transitions.contains)
        #expect(order.filter { $0 != "decision" } == transitions.filter { $0 != "decision" })
    }

    @Test func evidenceIsStoredBeforeAnythingIsTouched() {
        let world = stormy { world, task in
            // What is on disk when the first step is asked for.
            let stored = world.stored.services["shop"]?.incident?.record.evidence
            #expect(stored?.readings["storm"]?["error_rate(access, 10s)"]?.value != nil)
            #expect(stored?.probes.map(\.name) == ["health"])
            #expect(stored?.sources.map(\.version) == ["2.0.0"])
            return world.obey(task)
        }
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.incident?.evidence != nil)
    }

    /// A service that fails under 2.0.0 and says so, in its log and in what a probe reads.
    private func talkative(sharing: Bool) -> World {
        var service = World.service()
        service.sharesEvidence = sharing
        let world = World(World.configuration(services: [service]), armed: false)
        #expect(world.bakeFirst())
        world.logs = { world, _ in
            var batch = world.batch(50, errors: world.version == "2.0.0" ? 20 : 0)
            let second = world.now.boot.second
            batch.samples = (0..<8).map { "\(world.version) line \(second)-\($0)" }
            return batch
        }
        world.finds = { _, _, _ in nil }
        var result = ProbeResult(
            started: world.now.boot, took: .milliseconds(5), outcome: .fail("status 500"))
        result.body = "of 1.0.0"
        world.handle(.probe(service: "shop", probe: "health", result))
        world.pass(5)
        world.deploy("2.0.0")
        world.pass(5)
        result.started = world.now.boot
        result.body = "no database"
        world.handle(.probe(service: "shop", probe: "health", result))
        #expect(world.pass(upTo: 60) { $0.incident?.evidence != nil })
        return world
    }

    @Test func evidenceHasWhatWasSaidBoundedAndOnlyOfThisRelease() throws {
        let evidence = try #require(talkative(sharing: false).incident?.evidence)
        #expect(evidence.probes.map(\.body) == ["no database"])
        let lines = try #require(evidence.lines)
        #expect(lines.count == Evidence.linesOfStream)
        #expect(lines.allSatisfy { $0.stream == "access" && $0.text.hasPrefix("2.0.0 ") })
    }

    @Test func whatWasSaidLeavesTheHostOnlyWhereThatIsWanted() throws {
        let kept = try #require(talkative(sharing: false).messages.first).message
        #expect(!kept.fields.contains { $0.value.contains("2.0.0 line") })
        #expect(!kept.fields.contains { $0.value.contains("no database") })
        let world = talkative(sharing: true)
        let shared = try #require(world.messages.first { $0.message.kind == .page }).message
        #expect(shared.fields.contains { $0.name == "body of health" && $0.value == "no database" })
        let lines = try #require(shared.fields.first { $0.name == "lines of access" }?.value)
        #expect(lines.split(separator: "\n").count == 3)
    }

    /// A checkpoint every few seconds has better things to carry.
    @Test func whatWasSaidIsNotInACheckpoint() throws {
        let world = talkative(sharing: false)
        let checkpoint = world.engine.checkpoint(at: world.now)
        let text = String(decoding: try JSONEncoder().encode(checkpoint), as: UTF8.self)
        #expect(!text.contains("no database") && !text.contains("2.0.0 line"))
    }

    @Test func evidenceNamesTheFailingRoutesTheWorstFirst() {
        var service = World.service()
        service.streams[0].countsRoutes = true
        let world = World(World.configuration(services: [service]))
        #expect(world.bakeFirst())
        world.logs = { world, _ in
            var batch = world.batch(50, errors: 20)
            for _ in 0..<15 { batch.slices[0].routes.record("/pay", isError: true) }
            for route in 0..<20 { batch.slices[0].routes.record("/\(route)", isError: true) }
            for _ in 0..<15 { batch.slices[0].routes.record("/", isError: false) }
            return batch
        }
        world.deploy("2.0.0")
        #expect(world.pass(upTo: 30) { $0.incident?.evidence != nil })
        let routes = world.incident?.evidence?.routes ?? []
        #expect(routes.first?.route == "/pay")
        #expect(routes.first?.stream == "access")
        #expect(routes.first.map { $0.errors == $0.count } ?? false)
        #expect(routes.count == Evidence.routeLimit)
        #expect(!routes.contains { $0.route == "/" })
    }

    @Test func clearedAndSupersededCloseByThemselvesAfterProbationWithTheResolveMessage() {
        let world = stormy(armed: false)
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { $0.incident?.state == .cleared })
        world.pass(58)
        #expect(world.incident != nil)
        #expect(world.pass(upTo: 5) { $0.incident == nil })
        let resolved = world.messages.filter { $0.message.kind == .resolve }.map(\.channel)
        let paged = world.messages.filter { $0.message.kind == .page }.map(\.channel)
        #expect(Set(resolved) == Set(paged))
    }

    private func handedOver() -> World {
        let world = stormy { world, task in
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        #expect(world.pass(upTo: 180) { $0.incident?.state == .handedOver })
        return world
    }

    @Test func handedOverClosesWhenAllWasClearForAWhileAndSomebodyAcknowledged() {
        let world = handedOver()
        world.errorRate = 0
        world.pass(1000)
        #expect(world.incident?.state == .handedOver)
        world.command(.acknowledge(incident: world.id, comment: ""))
        world.pass(1)
        #expect(world.incident == nil)
    }

    @Test func anAcknowledgementAloneDoesNotCloseIt() {
        let world = handedOver()
        world.command(.acknowledge(incident: world.id, comment: ""))
        world.pass(1200)
        #expect(world.incident?.state == .handedOver)
        world.errorRate = 0
        world.pass(880)
        #expect(world.incident?.state == .handedOver)
        #expect(world.pass(upTo: 60) { $0.incident == nil })
    }

    @Test func unknownIsNotClear() {
        let world = handedOver()
        world.command(.acknowledge(incident: world.id, comment: ""))
        // Nobody can say that it is better: there are no requests.
        world.requestsPerSecond = 0
        world.pass(2000)
        #expect(world.incident?.state == .handedOver)
    }

    @Test func handedOverClosesWhenAPersonResolvesIt() {
        let world = handedOver()
        let id = world.id
        #expect(
            world.command(.resolve(incident: id, comment: "it was the database")).status == .done)
        #expect(world.incident == nil)
        #expect(world.messages.last?.message.kind == .resolve)
    }

    @Test func aBreachInAHandedOverIncidentPagesAndNeverActs() {
        let world = handedOver()
        let tasks = world.tasks.count
        world.probePasses = false
        #expect(world.pass(upTo: 30) { $0.lastDecision?.trigger == "down" })
        #expect(world.lastDecision?.decision == "page")
        #expect(world.lastDecision?.reason == "not-the-release")
        world.pass(60)
        #expect(world.tasks.count == tasks)
    }

    @Test func falseAlarmIsAMarkNotAStateAndLiftsTheVerdictOnTheRelease() {
        let world = stormy()
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        #expect(world.state.book.release(version: "2.0.0")?.standing == .bad)
        world.command(.falseAlarm(incident: world.id, comment: "load test"))
        #expect(world.incident?.state == .recovered)
        #expect(world.incident?.isFalseAlarm ?? false)
        #expect(world.state.book.release(version: "2.0.0")?.standing == .baking)
    }

    @Test func aPersonCanOpenOne() {
        let world = World()
        #expect(world.bakeFirst())
        world.command(.declare(service: "shop", severity: .critical, reason: "checkout fails"))
        #expect(world.incident?.state == .open)
        #expect(world.kinds("incident.opened").map(\.reason) == ["declared:root"])
        #expect(world.lastPage?.title.contains("checkout fails") ?? false)
        world.pass(300)
        #expect(world.incident?.state == .open)
    }

    @Test func shadowTriggersOpenNoIncident() {
        let shadow = World.trigger("storm", "error_rate(access, 10s) > 25%", .critical, .shadow)
        let down = World.trigger("down", "failing(health) > 60%")
        let world = World(
            World.configuration(services: [World.service(triggers: [shadow, down])]))
        #expect(world.bakeFirst())
        world.deploy("2.0.0", errorRate: 0.4)
        world.pass(30)
        #expect(world.incident == nil)
        #expect(world.kinds("would-have-acted").count == 1)
    }
}
