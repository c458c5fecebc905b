// DESIGN "Incidents": states, who closes what, and what is written down.

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
