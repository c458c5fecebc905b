// Small worlds that can be seen whole. One with everything in it has more states than there is time
// for, so each looks at one part of the incident machine with just the moves that concern it; what
// lies across these parts is left to the random worlds.

import WatchCore

public struct SearchScene: Sendable {
    public var name: String
    var configuration: Configuration
    /// Releases there are; the first one runs and is good at the beginning.
    var versions = ["1.0", "2.0"]
    /// So many of them proved themselves before, one after the other.
    var good = 1
    var moves: Set<SearchMove.Kind>

    static let service = "shop"
    static let step = Duration.seconds(5)
    /// Longer than any search lets pass by single steps.
    static let never = Duration.hours(6)

    private static let work: Set<SearchMove.Kind> = [
        .good, .bad, .deploy, .succeeds, .fails, .isLost,
    ]

    public static var all: [SearchScene] {
        // The largest first, so that no thread is left alone with it.
        [
            people, methods, limits, rollback, crash, approval(.rollback), approval(.hold),
            approval(.escalate), marks, switches, quiet, blindness, walkBack, handedOver,
        ]
    }

    /// Two methods, a gate and `after`, all of which may fail or be lost.
    private static var rollback: SearchScene {
        SearchScene(name: "rollback", configuration: configuration(plan()), moves: work)
    }

    /// Limits, cooldown, suspicion and budget, all within a few steps of each other.
    private static var limits: SearchScene {
        var scene = SearchScene(
            name: "limits", configuration: configuration(plan(methods: ["one"])),
            moves: [.good, .bad, .deploy, .redeploy, .succeeds, .fails])
        scene.configuration.limits = Limits(maxRollbacks: 2, per: step * 6, cooldown: step * 3)
        scene.configuration.services[0].suspectFor = step * 3
        scene.configuration.plans[0].budget = step * 4
        scene.configuration.plans[0].gates = []
        return scene
    }

    private static var crash: SearchScene {
        SearchScene(
            name: "crash", configuration: configuration(plan(methods: ["one"])),
            moves: work.union([.crash, .reboot]))
    }

    private static func approval(_ onTimeout: OnTimeout) -> SearchScene {
        var scene = SearchScene(
            name: "approval, then \(onTimeout.rawValue)",
            configuration: configuration(plan(methods: ["one"])),
            moves: [.good, .bad, .deploy, .succeeds, .approve, .deny, .hold])
        scene.configuration.policy[.critical]?.action = .page
        scene.configuration.policy[.critical]?.approveWithin = step * 2
        scene.configuration.policy[.critical]?.respondWithin = onTimeout == .escalate ? step : nil
        scene.configuration.policy[.critical]?.onTimeout = onTimeout
        return scene
    }

    /// Besides what runs unattended, something that can lose data.
    private static var methods: SearchScene {
        SearchScene(
            name: "methods", configuration: configuration(plan(methods: ["one", "lossy"])),
            moves: work.union([.approve, .deny]))
    }

    private static var people: SearchScene {
        SearchScene(
            name: "people", configuration: configuration(plan(methods: ["one"])),
            moves: [
                .good, .bad, .deploy, .succeeds, .resolve, .rollBack, .abort,
            ])
    }

    private static var marks: SearchScene {
        SearchScene(
            name: "marks", configuration: configuration(plan(methods: ["one"])),
            moves: [.good, .bad, .deploy, .succeeds, .mark])
    }

    private static var switches: SearchScene {
        SearchScene(
            name: "switches", configuration: configuration(plan(methods: ["one"])),
            moves: [.good, .bad, .deploy, .redeploy, .succeeds, .switchArming, .abort])
    }

    private static var quiet: SearchScene {
        SearchScene(
            name: "quiet", configuration: configuration(plan(methods: ["one"])),
            moves: [.good, .bad, .deploy, .succeeds, .maintain, .silence, .endQuiet, .crash])
    }

    private static var blindness: SearchScene {
        SearchScene(
            name: "blindness", configuration: configuration(plan(methods: ["one"])),
            moves: [
                .good, .bad, .blind, .blindLong, .mute, .deploy, .succeeds, .fails, .resolve,
            ])
    }

    private static var walkBack: SearchScene {
        var scene = SearchScene(
            name: "walk-back", configuration: configuration(plan(methods: ["one"])),
            versions: ["1.0", "2.0", "3.0"], good: 2,
            moves: [.good, .bad, .deploy, .succeeds, .fails])
        scene.configuration.plans[0].walkBack = 1
        scene.configuration.limits.maxRollbacks = 2
        return scene
    }

    private static var handedOver: SearchScene {
        SearchScene(
            name: "handed over", configuration: configuration(plan(methods: ["one"])),
            moves: [
                .good, .bad, .calm, .deploy, .succeeds, .fails, .acknowledge, .abort,
            ])
    }

    // MARK: - What they have in common

    private static func configuration(_ plan: Plan) -> Configuration {
        let judgement = Judgement(warmUp: .zero, clearFor: step)
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/"))
        let trigger = TriggerConfiguration(
            name: "down", when: ExpressionCache().expression("failing(health) > 60%"),
            severity: .critical, mode: .auto, judgement: judgement)
        let guarded = ServiceConfiguration(
            name: service,
            version: [VersionSource(kind: .symlink(path: "/srv/shop/current"), every: step)],
            agree: 1, bake: step, suspectFor: never, judgement: judgement,
            probes: [
                ProbeConfiguration(
                    name: "health", every: step, failures: 1, successes: 1,
                    kind: .http(request, HTTPExpectation()))
            ], triggers: [trigger], plan: plan.name)
        var configuration = Configuration(
            services: [guarded],
            limits: Limits(maxRollbacks: 1, per: never, cooldown: .zero), plans: [plan],
            channels: ["chat", "mail"].map {
                ChannelConfiguration(name: $0, kind: .slack(url: Template(literal: "http://x/")))
            },
            routes: [
                RouteConfiguration(name: "oncall", steps: [["chat"], ["mail"]]),
                RouteConfiguration(name: "team", steps: [["chat"]]),
            ])
        configuration.policy[.critical]?.respondWithin = nil
        configuration.policy[.critical]?.ackExpires = never
        configuration.policy[.high]?.respondWithin = nil
        configuration.policy[.high]?.ackExpires = never
        return configuration
    }

    private static func plan(methods: [String] = ["one", "two"]) -> Plan {
        Plan(
            name: "plan", budget: never,
            gates: [Gate(name: "gate", action: .unit(name: "gate", with: nil), timeout: step)],
            methods: methods.map(method), after: [stepOf("after", idempotent: true)],
            verify: Verify(
                version: 1, landWithin: step, settle: .zero, probes: ["health"], clearFor: step,
                timeout: step * 2),
            probation: step)
    }

    /// `one` may not be repeated, `two` may, `lossy` needs an approval.
    private static func method(_ name: String) -> Method {
        let isOnce = name == "one"
        let switching = isOnce ? "one-switch-once" : "\(name)-switch"
        return Method(
            name: name, loses: name == "lossy" ? "what was written since" : nil,
            steps: [stepOf(switching, idempotent: !isOnce)])
    }

    private static func stepOf(_ name: String, idempotent: Bool) -> Step {
        Step(
            name: name, action: .unit(name: name, with: nil), timeout: step,
            idempotent: idempotent)
    }
}
