// The shop of the scenarios: real windows, real waiting times, a sign-in and a certificate beside
// the health endpoint. Each story is told in minutes.

@testable import WatchCore

extension World {
    /// The defaults of the design, and triggers as people write them.
    static func shop(
        triggers: [TriggerConfiguration] = [], more: [String] = [],
        version: [VersionSource] = [source(every: 10)],
        change: (inout ServiceConfiguration) -> Void = { _ in }
    ) -> Configuration {
        let services = (["shop"] + more).map { name in
            let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/"))
            var service = service(name, triggers: usual + triggers, version: version)
            service.bake = .minutes(30)
            service.suspectFor = .hours(2)
            service.judgement = Judgement()
            service.probes = [("health", 10), ("signin", 30), ("certificate", 3600)].map {
                ProbeConfiguration(
                    name: $0.0, every: .seconds($0.1), kind: .http(request, HTTPExpectation()))
            }
            change(&service)
            return service
        }
        var configuration = configuration(services: services, plan: shopPlan)
        configuration.limits = Limits()
        return configuration
    }

    private static var usual: [TriggerConfiguration] {
        [
            TriggerConfiguration(
                name: "5xx storm", when: expression("error_rate(access, 2m) > 25%"),
                severity: .critical, mode: .auto),
            TriggerConfiguration(
                name: "endpoints down", when: expression("failing(health, signin) > 60%"),
                severity: .critical, mode: .auto),
        ]
    }

    private static var shopPlan: Plan {
        Plan(
            name: "shop", budget: .minutes(15), gates: [], before: [],
            methods: [
                Method(name: "symlink", steps: [step("activate")]),
                Method(name: "redeploy", steps: [step("activate")]),
            ],
            after: [],
            verify: Verify(
                version: 2, landWithin: .seconds(30), settle: .seconds(15),
                probes: ["health", "signin"], clearFor: .minutes(1),
                when: [expression("error_rate(access, 1m) < 1%")], timeout: .minutes(5)),
            probation: .minutes(15))
    }

    func pass(minutes: Int) { pass(minutes * 60) }

    /// 1.0.0 runs and is known to be good.
    static func open(_ configuration: Configuration = shop()) -> World {
        let world = World(configuration)
        world.requestsPerSecond = 5
        world.pass(minutes: 3)
        for service in configuration.services {
            world.command(
                .mark(service: service.name, version: "1.0.0", .good, reason: "it ran for weeks"))
        }
        return world
    }

    /// The decisions so far, as `decision reason`.
    var decisions: [String] {
        kinds("decision").map { "\($0.decision ?? "") \($0.reason ?? "")" }
    }
}
