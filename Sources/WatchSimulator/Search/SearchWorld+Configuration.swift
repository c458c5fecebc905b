// What the small world is configured as: every kind of step once, times of one to three steps.

import WatchCore

extension SearchWorld {
    static let configuration: Configuration = {
        let judgement = Judgement(warmUp: .zero, clearFor: step)
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/"))
        var trigger = TriggerConfiguration(
            name: "down", when: ConfigurationMaker.expression("failing(health) > 60%"),
            severity: .critical, mode: .auto, judgement: judgement)
        trigger.approveWithin = step * 2
        let guarded = ServiceConfiguration(
            name: service,
            version: [VersionSource(kind: .symlink(path: "/srv/shop/current"), every: step)],
            agree: 1, bake: step * 2, suspectFor: step * 4, judgement: judgement,
            probes: [
                ProbeConfiguration(
                    name: "health", every: step, failures: 1, successes: 1,
                    kind: .http(request, HTTPExpectation()))
            ], triggers: [trigger], plan: "plan")
        var configuration = Configuration(
            services: [guarded],
            limits: Limits(maxRollbacks: 2, per: step * 5, cooldown: step * 2), plans: [plan],
            channels: ["chat", "mail"].map {
                ChannelConfiguration(name: $0, kind: .slack(url: Template(literal: "http://x/")))
            },
            routes: [
                RouteConfiguration(name: "oncall", steps: [["chat"], ["mail"]]),
                RouteConfiguration(name: "team", steps: [["chat"]]),
            ])
        configuration.policy[.critical]?.respondWithin = step * 2
        return configuration
    }()

    private static let plan = Plan(
        name: "plan", budget: step * 5,
        gates: [Gate(name: "gate", action: unit("gate"), timeout: step)],
        methods: [
            Method(name: "one", steps: [stepOf("one-switch-once", idempotent: false)]),
            Method(name: "two", steps: [stepOf("two-switch", idempotent: true)]),
        ],
        after: [stepOf("after", idempotent: true)],
        verify: Verify(
            version: 1, landWithin: step, settle: .zero, probes: ["health"], clearFor: step,
            timeout: step * 3),
        probation: step * 2)

    private static func stepOf(_ name: String, idempotent: Bool) -> Step {
        Step(name: name, action: unit(name), timeout: step, idempotent: idempotent)
    }

    private static func unit(_ name: String) -> Action { .unit(name: name, with: nil) }
}
