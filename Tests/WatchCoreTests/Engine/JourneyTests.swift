// Steps of journeys as signals: what a rule can ask of them, when nobody asks them, and that they
// are not counted beside their journeys.

import Testing

@testable import WatchCore

@Suite struct JourneyTests {
    private static func step(_ name: String) -> JourneyCheck.Step {
        JourneyCheck.Step(
            name: name,
            request: HTTPRequestSpec(url: Template(literal: "http://shop.example.com/\(name)")))
    }

    private static func rule(_ name: String, _ when: String) -> TriggerConfiguration {
        World.trigger(name, when, .critical, .page)
    }

    private static var journey: ProbeConfiguration {
        ProbeConfiguration(
            name: "signin", every: .seconds(1), timeout: .milliseconds(500),
            kind: .journey(JourneyCheck(steps: ["login", "orders"].map(step))))
    }

    private static func service(_ triggers: [TriggerConfiguration]) -> ServiceConfiguration {
        var service = World.service(triggers: triggers)
        service.probes.append(journey)
        service.probes += journey.steps
        return service
    }

    /// A world in which journeys go as `login` and `orders` say.
    private final class Customers {
        let world: World
        var login: ProbeResult.Outcome = .pass
        var orders: ProbeResult.Outcome = .pass

        init(_ triggers: [TriggerConfiguration], _ change: (inout Configuration) -> Void = { _ in })
        {
            var configuration = World.configuration(services: [JourneyTests.service(triggers)])
            change(&configuration)
            world = World(configuration)
            // Nothing comes by itself of what only journeys ask.
            world.finds = { _, _, probe in probe.hasPrefix("signin") ? nil : .pass }
        }

        func go(_ seconds: Int, isRecheck: Bool = false) {
            for _ in 0..<seconds {
                world.pass(1)
                world.handle(.probe(service: "shop", probe: "signin", run(isRecheck)))
            }
        }

        private func run(_ isRecheck: Bool) -> ProbeResult {
            var steps = [ProbeResult.Step(name: "login", result: result(login, 20, isRecheck))]
            if login == .pass {
                steps.append(
                    ProbeResult.Step(name: "orders", result: result(orders, 200, isRecheck)))
            }
            let worst = steps.map(\.result.outcome).first { $0 != .pass } ?? .pass
            var whole = result(worst, 220, isRecheck)
            whole.steps = steps
            whole.body = worst == .pass ? nil : "what it said"
            return whole
        }

        private func result(
            _ outcome: ProbeResult.Outcome, _ milliseconds: Int, _ isRecheck: Bool
        ) -> ProbeResult {
            ProbeResult(
                started: world.now.boot, took: .milliseconds(milliseconds), outcome: outcome,
                isRecheck: isRecheck)
        }

        var signals: [String: ServiceStatus.SignalStatus] {
            Dictionary(
                (world.status?.signals ?? []).map { ($0.name, $0) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    @Test func eachStepIsJudgedByItself() {
        let customers = Customers([
            JourneyTests.rule("orders", "error_rate(signin.orders, 10s) > 50%"),
            JourneyTests.rule("login", "error_rate(signin.login, 10s) > 50%"),
            JourneyTests.rule("whole", "error_rate(signin, 10s) > 50%"),
        ])
        customers.go(130)
        customers.orders = .fail("status 500")
        customers.go(12)
        let breached = Set(customers.world.kinds("trigger.breached").compactMap(\.trigger))
        #expect(breached == ["orders", "whole"])
        #expect(customers.signals["signin.orders"]?.state == .failing)
        #expect(customers.signals["signin.login"]?.state == .passing)
    }

    /// A verdict does not wait for the next second.
    @Test func aRuleOfAStepIsJudgedWhenItsJourneyComes() {
        let customers = Customers([JourneyTests.rule("orders", "up(signin.orders) < 1")])
        customers.go(130)
        customers.orders = .fail("status 500")
        customers.go(2)
        #expect(customers.world.kinds("trigger.breached").map(\.trigger) == ["orders"])
    }

    @Test func aStepThatIsNotAskedIsUnknownAndNeitherFailingNorBlind() {
        let customers = Customers([
            JourneyTests.rule("orders", "failing(signin.orders) > 50%"),
            JourneyTests.rule("both", "failing(signin.login, signin.orders) > 60%"),
        ])
        customers.go(130)
        customers.login = .fail("status 500")
        customers.go(3)
        // Its last word is still of today.
        #expect(customers.signals["signin.orders"]?.state == .passing)
        customers.go(400)
        #expect(customers.signals["signin.orders"]?.state == .waiting)
        #expect(
            customers.signals["signin.orders"]?.note?.hasPrefix("not asked for ") == true)
        #expect(customers.signals["signin.login"]?.state == .failing)
        #expect(customers.world.engine.openBlindIncidents.isEmpty)
        // Only the one that spoke counts.
        #expect(customers.world.kinds("trigger.breached").map(\.trigger) == ["both"])
        customers.login = .pass
        customers.go(2)
        #expect(customers.signals["signin.orders"]?.state == .passing)
    }

    @Test func stepsAreBlindWithTheirJourneyAndPeopleAreToldOfThatOnce() {
        let customers = Customers([
            JourneyTests.rule("orders", "error_rate(signin.orders, 10s) > 50%")
        ])
        customers.go(130)
        customers.login = .error("the name was not resolved")
        customers.go(310)
        for name in ["signin", "signin.login", "signin.orders"] {
            #expect(customers.signals[name]?.state == .blind, "\(name)")
        }
        #expect(customers.world.engine.openBlindIncidents.first?.blind.map(\.signal) == ["signin"])
        #expect(customers.world.kinds("trigger.blind").map(\.trigger).contains("orders"))
        customers.login = .fail("status 500")
        customers.go(2)
        // It was not asked since, and yet it is not blind any more.
        #expect(customers.signals["signin.orders"]?.state == .waiting)
        customers.go(70)
        #expect(customers.world.engine.openBlindIncidents.isEmpty)
    }

    @Test func allProbesAreJourneysAndNotTheirStepsBesides() {
        let customers = Customers([JourneyTests.rule("half", "failing() > 49%")])
        customers.go(130)
        customers.orders = .fail("status 500")
        customers.go(5)
        // The service's own probe and the journey: one of two.
        #expect(customers.world.kinds("trigger.breached").map(\.trigger) == ["half"])
        let evidence = customers.world.incident?.evidence
        #expect(evidence?.probes.map(\.name) == ["health", "signin"])
        #expect(evidence?.probes.last?.body == "what it said")
    }

    @Test func reChecksMoveTheStateOfStepsAndAreNoSamples() {
        let customers = Customers([])
        customers.go(130)
        let before = customers.signals["signin.orders"]?.count
        customers.orders = .fail("status 500")
        customers.go(2, isRecheck: true)
        #expect(customers.signals["signin.orders"]?.state == .failing)
        #expect((customers.signals["signin.orders"]?.count ?? 0) <= before ?? 0)
    }

    @Test func aCheckpointBringsStepsBack() throws {
        let customers = Customers([
            JourneyTests.rule("orders", "error_rate(signin.orders, 1m) > 50%")
        ])
        customers.go(130)
        customers.orders = .fail("status 500")
        customers.go(20)
        let before = customers.signals["signin.orders"]
        let checkpoint = customers.world.engine.checkpoint(at: customers.world.now)
        customers.world.crash()
        customers.world.engine.restore(
            checkpoint, isSameBoot: true, at: customers.world.now)
        let after = try #require(customers.signals["signin.orders"])
        #expect(after.state == .failing && after.count == before?.count)
        #expect(after.errorRate == before?.errorRate)
    }

    @Test func aChangedStepBeginsAnewAndTheOthersGoOn() {
        let customers = Customers([])
        customers.go(130)
        var configuration = customers.world.configuration
        var journey = Self.journey
        journey.kind = .journey(
            JourneyCheck(steps: [Self.step("login"), Self.step("basket")]))
        configuration.services[0].probes =
            configuration.services[0].probes.filter { !$0.name.hasPrefix("signin") }
            + [journey] + journey.steps
        _ = customers.world.engine.reconfigure(to: configuration, at: customers.world.now)
        #expect(customers.signals["signin.login"]?.state == .passing)
        #expect(customers.signals["signin.basket"]?.state == .waiting)
        #expect(customers.signals["signin.orders"] == nil)
    }

    @Test func whenAnAnswerIsMissingEveryProbeIsAskedOnceAndNoStep() {
        let customers = Customers([])
        customers.go(5)
        var asked: [String] = []
        for (probe, host, isLate) in [
            ("health", "a.example", false), ("signin", "b.example", true),
        ] {
            var result = ProbeResult(
                started: customers.world.now.boot, took: .seconds(1),
                outcome: isLate ? .fail("no answer") : .pass)
            result.host = host
            result.timedOut = isLate
            let effects = customers.world.engine.handle(
                .probe(service: "shop", probe: probe, result), at: customers.world.now)
            for case .probeNow(_, let probes) in effects { asked += probes }
        }
        #expect(asked == ["health", "signin"])
    }

    /// Whether this host's network works is not known yet: all of the run waits, or none of it.
    @Test func aRunThatTimedOutWaitsWithAllItsSteps() {
        let customers = Customers([])
        customers.go(60)
        let before = customers.signals["signin.login"]?.count
        // Heard before, which proves nothing of now.
        var health = ProbeResult(
            started: customers.world.now.boot - .seconds(2), took: .seconds(1), outcome: .pass)
        health.host = "a.example"
        customers.world.handle(.probe(service: "shop", probe: "health", health))
        var late = ProbeResult(
            started: customers.world.now.boot, took: .seconds(1), outcome: .fail("no answer"))
        late.steps = [ProbeResult.Step(name: "login", result: late)]
        late.host = "b.example"
        late.timedOut = true
        customers.world.handle(.probe(service: "shop", probe: "signin", late))
        #expect(customers.signals["signin.login"]?.count == before)
        customers.world.pass(31)
        #expect(customers.signals["signin.login"]?.errorRate ?? 0 > 0)
    }
}
