// Random configurations: everything that changes what the engine decides is drawn, within what
// `config check` would let pass. Times are short, so that a world goes through whole stories.

import WatchCore

/// A configuration, and what the simulator knows of it besides.
struct Scenario {
    var configuration: Configuration
    /// Service and trigger to the condition it was written from.
    var rules: [String: [String: Rule]] = [:]
    /// Whether probes ask other hosts, and what tells of the own network then.
    var network = NetworkManner.unknown

    static let channels = ["chat", "pager", "mail"]
}

struct ConfigurationMaker {
    var random: Random
    var expressions: ExpressionCache

    mutating func make() -> Scenario {
        let count = random.pick([1, 1, 1, 2, 2, 3])
        var scenario = Scenario(configuration: Configuration())
        let plans = (0..<random.between(1, 2)).map { plan("plan\($0)") }
        for index in 0..<count {
            let name = "s\(index)"
            var rules: [String: Rule] = [:]
            var service = service(name, plans: plans.map(\.name), &rules)
            if index > 0, random.chance(35) { service.dependsOn = ["s0"] }
            scenario.configuration.services.append(service)
            scenario.rules[name] = rules
        }
        scenario.configuration.plans = plans
        scenario.configuration.limits = limits()
        scenario.configuration.policy = policy()
        scenario.configuration.access = Access(operate: ["ops"])
        scenario.configuration.access.approve = [
            "any-admin": ["admins"], "senior-admin": ["seniors"], "cto": ["cto"],
            "dba": ["dbas"],
        ]
        scenario.configuration.channels = Scenario.channels.map {
            ChannelConfiguration(name: $0, kind: .slack(url: Template(literal: "http://x/")))
        }
        scenario.configuration.routes = [
            RouteConfiguration(
                name: "oncall",
                steps: random.pick([
                    [["chat"], ["pager"], ["mail"]], [["chat", "pager"], ["mail"]], [["pager"]],
                ])),
            RouteConfiguration(name: "team", steps: [["chat"]]),
        ]
        makeQuiet(&scenario)
        return scenario
    }

    mutating func limits() -> Limits {
        Limits(
            maxRollbacks: random.between(1, 3),
            per: .seconds(random.pick([300, 600, 3600, 86_400])),
            cooldown: .seconds(random.pick([0, 30, 60, 300, 1800])))
    }

    mutating func policy() -> [Severity: Policy] {
        var policy = Policy.defaults
        policy[.critical] = Policy(
            action: random.chance(90) ? .rollback : .page, page: "oncall",
            respondWithin: .seconds(random.pick([20, 60, 300])))
        policy[.high] = Policy(
            action: random.chance(70) ? .page : .rollback, page: "oncall",
            respondWithin: .seconds(random.pick([30, 120, 900])))
        policy[.medium] = Policy(
            action: .page, page: "team", respondWithin: .seconds(random.pick([60, 600])))
        for severity in Severity.allCases {
            policy[severity]?.approve = random.pick([nil, "any-admin", "senior-admin"])
            if policy[severity]?.approve != nil, random.chance(20) {
                policy[severity]?.secondApprover = "dba"
            }
            policy[severity]?.needsComment = random.chance(15)
            policy[severity]?.approveWithin =
                random.chance(60) ? .seconds(random.pick([10, 40, 120])) : nil
            policy[severity]?.onTimeout = random.pick(OnTimeout.allCases)
        }
        return policy
    }

    // MARK: - Services

    private mutating func service(
        _ name: String, plans: [String], _ rules: inout [String: Rule]
    ) -> ServiceConfiguration {
        let judgement = Judgement(
            warmUp: .seconds(random.pick([0, 3, 5, 10])),
            clearFor: .seconds(random.pick([0, 3, 5, 10])))
        var probes = (0..<random.between(1, 2)).map { probe("p\($0)") }
        // Its windows are short: often enough asked for `min_samples`.
        probes[0].every = .seconds(random.pick([1, 2]))
        let streams = ["log", "db"].prefix(random.pick([1, 1, 2])).map {
            StreamConfiguration(
                name: $0, kind: .file(path: "/var/log/\($0)"), format: .nginx("$status"),
                noDataAfter: random.chance(20) ? .seconds(20) : nil)
        }
        var service = ServiceConfiguration(
            name: name, version: sources(), agree: random.pick([1, 2, 2, 3]),
            bake: .seconds(random.pick([15, 25, 40])),
            suspectFor: .seconds(random.pick([60, 300, 3600])),
            targetWithin: .seconds(random.pick([300, 86_400])), judgement: judgement,
            probes: probes, streams: Array(streams), plan: plans.first)
        service.slo = 0.99
        service.baselineWindow = .seconds(random.pick([60, 3600]))
        if random.chance(15) { service.noData = .record }
        service.operations = OperationRules(
            severity: random.pick([.critical, .critical, .high]),
            mode: random.pick([.auto, .auto, .page, .shadow]),
            plan: random.chance(30) ? plans.last : nil)
        for (index, rule) in self.rules(probes.map(\.name), streams.map(\.name)).enumerated() {
            let trigger = trigger("t\(index)", rule.0, judgement, plans, grave: rule.1)
            service.triggers.append(trigger)
            rules[trigger.name] = rule.0
        }
        return service
    }

    private mutating func probe(_ name: String) -> ProbeConfiguration {
        let request = HTTPRequestSpec(url: Template(literal: "http://127.0.0.1/"))
        return ProbeConfiguration(
            name: name, every: .seconds(random.pick([1, 2, 5])), failures: random.between(1, 3),
            successes: random.between(1, 2), kind: .http(request, HTTPExpectation()))
    }

    private mutating func sources() -> [VersionSource] {
        (0..<random.pick([1, 1, 1, 2, 2, 3])).map { index in
            VersionSource(
                kind: .symlink(path: "/srv/\(index)/current"),
                every: .seconds(random.pick([1, 2, 5])))
        }
    }

    /// Conditions, and whether each is meant to act.
    private mutating func rules(_ probes: [String], _ streams: [String]) -> [(Rule, Bool)] {
        var rules: [(Rule, Bool)] = [
            (.errorRate("log", seconds: random.pick([5, 10, 30]), over: 25), true)
        ]
        if random.chance(60) { rules.append((.failing(probes, over: 60), true)) }
        if random.chance(40) {
            rules.append((.slow("log", seconds: random.pick([5, 20]), over: 300), false))
        }
        if random.chance(30) {
            rules.append(
                (.errors("log", seconds: random.pick([10, 60]), atLeast: 8), random.chance(50)))
        }
        if random.chance(20) {
            rules.append((.count("log", seconds: random.pick([5, 20]), below: 3), false))
        }
        if random.chance(30) {
            let a = Rule.errorRate("log", seconds: 10, over: 10)
            let b = Rule.errorRate("p0", seconds: random.pick([10, 60]), over: 40)
            rules.append((random.pick([.both(a, b), .either(a, b), .both(.not(a), b)]), false))
        }
        if streams.count > 1 { rules.append((.errors("db", seconds: 10, atLeast: 3), false)) }
        if random.chance(20) {
            let long = Rule.burning("log", seconds: random.pick([20, 60]), over: 7.3)
            let short = Rule.burning("log", seconds: 5, over: 7.3)
            rules.append((.both(long, short), true))
        }
        if random.chance(12) {
            rules.append(
                (.unusual("log", seconds: random.pick([10, 20]), points: 10), random.chance(50)))
        }
        if random.chance(20) { rules.append((.overrun("migration", over: 1.5), false)) }
        return rules
    }

    private mutating func trigger(
        _ name: String, _ rule: Rule, _ judgement: Judgement, _ plans: [String], grave: Bool
    ) -> TriggerConfiguration {
        var trigger = TriggerConfiguration(
            name: name, when: expressions.expression(rule.source),
            severity: grave
                ? random.pick([.critical, .critical, .high]) : random.pick(Severity.allCases),
            mode: grave
                ? random.pick([.auto, .auto, .auto, .auto, .page, .shadow])
                : random.pick([.page, .page, .auto, .shadow]),
            judgement: judgement)
        if rule.signals == ["db"] {
            trigger.mode = random.pick([.veto, .veto, .page])
            trigger.severity = .high
        }
        if random.chance(15), plans.count > 1 { trigger.plan = plans[1] }
        if random.chance(15) {
            trigger.approveWithin = .seconds(random.pick([10, 60]))
            trigger.onTimeout = random.pick(OnTimeout.allCases)
        }
        if random.chance(15) { trigger.suspectFor = .seconds(random.pick([30, 600])) }
        if random.chance(20) { trigger.sustainedFor = .seconds(random.pick([1, 4, 10, 20])) }
        if random.chance(20) { trigger.judgement.confidence = random.pick([0.9, 0.95, 0.99]) }
        return trigger
    }

}
