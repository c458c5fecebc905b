// DESIGN §5 "Incidents": which way an incident goes, which ways it does not go, and how the ends
// that need nobody come by themselves.

import Testing

@testable import WatchCore

@Suite struct IncidentRulesTests {
    private static let storm = World.trigger("storm", "error_rate(access, 10s) > 25%")

    private func world(
        _ triggers: [TriggerConfiguration] = [storm], armed: Bool = true, knownGood: Bool = true,
        answer: @escaping (World, StepTask) -> TaskResult? = { $0.obey($1) }
    ) -> World {
        let world = World(
            World.configuration(services: [World.service(triggers: triggers)]), armed: armed)
        world.answer = answer
        if knownGood { #expect(world.bakeFirst()) } else { world.pass(5) }
        return world
    }

    @Test func itGoesThroughItsStatesInOrder() {
        let world = World.offering()
        var states: [IncidentState] = []
        func look() {
            if let state = world.incident?.state, states.last != state { states.append(state) }
        }
        look()
        world.approve()
        for _ in 0..<90 {
            look()
            world.pass(1)
        }
        #expect(states == [.awaitingApproval, .rollingBack, .verifying, .recovered])
        #expect(world.incident == nil)
    }

    @Test(arguments: [false, true], [IncidentState.cleared, .superseded])
    func openAndAwaitingApprovalCanClearAndBeSuperseded(
        isOffered: Bool, _ ending: IncidentState
    ) {
        let world = world(armed: false, knownGood: isOffered)
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { $0.incident != nil })
        #expect(world.incident?.state == (isOffered ? .awaitingApproval : .open))
        if ending == .cleared { world.errorRate = 0 } else { world.version = "2.0.1" }
        #expect(world.pass(upTo: 40) { $0.incident?.state == ending })
        #expect(world.offer == nil)
    }

    @Test(arguments: [IncidentState.recovered, .cleared, .superseded])
    func itClosesByItselfAfterProbationWithTheResolveMessage(_ ending: IncidentState) {
        let world = world(armed: ending == .recovered)
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { $0.incident != nil })
        switch ending {
        case .cleared: world.errorRate = 0
        case .superseded: world.deploy("2.0.1")
        default: break
        }
        #expect(world.pass(upTo: 90) { $0.incident?.state == ending })
        let paged = Set(world.messages.map(\.channel))
        world.pass(59)
        #expect(world.incident?.state == ending)
        #expect(!world.messages.contains { $0.message.kind == .resolve })
        world.pass(2)
        #expect(world.incident == nil)
        let resolved = world.messages.filter { $0.message.kind == .resolve }
        #expect(Set(resolved.map(\.channel)) == paged && !paged.isEmpty)
    }

    @Test(arguments: [IncidentState.recovered, .handedOver])
    func anotherDeploymentSupersedesNothingThatWatchdHasDealtWith(_ state: IncidentState) {
        let world = world { world, task in
            let result = world.obey(task)
            if state == .handedOver { world.errorRate = 0.4 }
            return result
        }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 180) { $0.incident?.state == state })
        world.deploy("2.0.1")
        world.pass(15)
        #expect(world.runs == "2.0.1")
        #expect(world.incident?.state == state)
    }

    @Test(arguments: [
        ("incident.cleared", "cleared"), ("incident.superseded", "superseded"),
        ("approval.offered", "awaiting-approval"), ("incident.handed-over", "not-the-release"),
        ("incident.reopened", "trigger:storm"),
    ])
    func eachTransitionHasItsTimeItsCauseAndReadings(_ kind: String, _ cause: String) {
        let isActing = kind == "incident.handed-over"
        let world = world(armed: isActing) { world, task in
            let result = world.obey(task)
            world.errorRate = 0.4
            return result
        }
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 40) { $0.incident != nil })
        if kind == "incident.superseded" { world.version = "2.0.1" }
        if kind == "incident.cleared" || kind == "incident.reopened" { world.errorRate = 0 }
        if kind == "incident.reopened" {
            #expect(world.pass(upTo: 40) { $0.incident?.state == .cleared })
            world.errorRate = 0.4
        }
        #expect(world.pass(upTo: 240) { !$0.kinds(kind).isEmpty })
        let event = world.kinds(kind).last
        #expect(event?.time == world.now.wall)
        #expect(event?.incident == world.id)
        #expect(event?.reason == cause)
        #expect(event?.readings["error_rate(access, 10s)"] != nil)
    }

    @Test func severityIsTheWorstThatJoined() {
        let mild = World.trigger("some errors", "error_rate(access, 10s) > 5%", .medium, .page)
        let low = World.trigger("down", "failing(health) > 60%", .low, .page)
        let world = world([mild, Self.storm, low], armed: false)
        world.errorRate = 0.1
        #expect(world.pass(upTo: 40) { $0.incident?.severity == .medium })
        world.errorRate = 0.4
        #expect(world.pass(upTo: 40) { $0.incident?.severity == .critical })
        world.probePasses = false
        #expect(world.pass(upTo: 20) { $0.incident?.breaches.count == 3 })
        #expect(world.incident?.severity == .critical)
        // It was that bad, though the worst of it is over.
        world.errorRate = 0.1
        #expect(world.pass(upTo: 40) { $0.verdict("storm") == .healthy })
        #expect(world.incident?.severity == .critical)
        #expect(world.kinds("incident.opened").count == 1)
    }

    @Test func whatIsDeclaredJoinsTheOpenIncidentAndABreachJoinsWhatWasDeclared() {
        let world = world(armed: false)
        world.command(.declare(service: "shop", severity: .medium, reason: "slow checkout"))
        let id = world.id
        #expect(world.incident?.severity == .medium)
        world.errorRate = 0.4
        #expect(world.pass(upTo: 40) { $0.incident?.breaches.count == 1 })
        #expect(world.id == id)
        #expect(world.incident?.severity == .critical)
        world.command(.declare(service: "shop", severity: .low, reason: "and the blog"))
        #expect(world.engine.openIncidents.map(\.id) == [id])
        #expect(world.incident?.severity == .critical)
        #expect(world.kinds("incident.opened").count == 1)
    }

    /// Nobody but a person can say that what they declared is over.
    @Test func whatWasDeclaredAloneIsEndedByAPersonOnly() {
        let world = world()
        world.command(.declare(service: "shop", severity: .high, reason: "orders are lost"))
        let id = world.id
        world.pass(2000)
        #expect(world.incident?.state == .open)
        #expect(world.tasks.isEmpty)
        world.command(.resolve(incident: id, comment: "found them"))
        #expect(world.incident == nil)
        #expect(world.messages.last?.message.kind == .resolve)
    }

    /// The next deployment need not be about it.
    @Test func whatWasDeclaredAloneOutlivesADeployment() {
        let world = world()
        world.command(.declare(service: "shop", severity: .high, reason: "orders are lost"))
        let id = world.id
        world.announce("3.0.0")
        world.pass(60)
        #expect(world.id == id)
        #expect(world.incident?.state == .open)
    }

    @Test func whatIsDeclaredIntoAClearedIncidentStaysOpen() {
        let world = world(armed: false)
        world.errorRate = 0.4
        #expect(world.pass(upTo: 40) { $0.incident != nil })
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { $0.incident?.state == .cleared })
        let id = world.id
        world.command(.declare(service: "shop", severity: .high, reason: "orders are lost"))
        world.pass(300)
        #expect(world.id == id)
        #expect(world.incident?.state == .open)
        #expect(world.lastPage?.title.contains("orders are lost") ?? false)
        world.command(.resolve(incident: id, comment: "found them"))
        #expect(world.incident == nil)
    }

    @Test(arguments: [true, false])
    func whatWasDeclaredOutlivesABreachThatJoinedItAndCleared(restarts: Bool) {
        let world = world(armed: false)
        world.deploy("2.0.0")
        world.pass(5)
        world.command(.declare(service: "shop", severity: .high, reason: "orders are lost"))
        let id = world.id
        world.errorRate = 0.4
        #expect(world.pass(upTo: 40) { $0.offer != nil })
        if restarts { world.crash() }
        world.errorRate = 0
        world.pass(300)
        #expect(world.verdict("storm") == .healthy)
        #expect(world.id == id)
        #expect(world.incident?.state == .open)
        #expect(world.offer == nil)
    }

    /// Said while it is broken, it is about the breach, and over with it.
    @Test func whatIsDeclaredDuringABreachClearsWithIt() {
        let world = world(armed: false)
        world.errorRate = 0.4
        #expect(world.pass(upTo: 40) { $0.incident != nil })
        world.command(.declare(service: "shop", severity: .critical, reason: "it is bad"))
        world.errorRate = 0
        #expect(world.pass(upTo: 40) { $0.incident?.state == .cleared })
    }

    @Test func whatIsDeclaredInProbationOutlivesIt() {
        let world = world()
        world.deploy("2.0.0", errorRate: 0.4)
        #expect(world.pass(upTo: 60) { $0.incident?.state == .recovered })
        let id = world.id
        world.command(.declare(service: "shop", severity: .high, reason: "orders are lost"))
        world.pass(300)
        #expect(world.id == id)
        world.command(.resolve(incident: id, comment: "found them"))
        #expect(world.incident == nil)
    }
}
