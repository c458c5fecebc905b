// A shop that is guarded, and a copy of it on which its plan is drilled.

@testable import WatchCore

/// What each of the two runs, and how it does.
final class DrillHost {
    var versions = ["shop": "1.0.0", "shop-drill": "1.0.0"]
    var errorRates: [String: Double] = [:]
    /// Steps that are out, unanswered, by title.
    var holds: Set<String> = []
    /// Exit statuses of steps, by title; 0 else.
    var endings: [String: Int] = [:]
}

extension World {
    static let drill = Drill(
        service: "shop-drill", credentials: ["db": "drill-db"], every: .days(30))

    static func drilledPlan(_ drill: Drill = drill, target: Duration? = nil) -> Plan {
        var activate = step("activate")
        activate.target = target
        var restore = Method(
            name: "restore", loses: "orders since the last backup", approve: "cto",
            steps: [step("restore")])
        restore.check = nil
        var secret = ProgramSettings()
        secret.environment = [
            ExecCheck.Variable(name: "DB", value: template("${credential:db}"))
        ]
        let gate = Gate(
            name: "migration",
            action: .exec([template("/usr/lib/shop/gate"), template("${vars.database}")], secret),
            timeout: .seconds(20))
        var plan = plan(
            gates: [gate], before: [step("snapshot")],
            methods: [Method(name: "symlink", steps: [activate]), restore],
            after: [step("open")])
        plan.drill = drill
        plan.verify.target = .seconds(30)
        return plan
    }

    /// 1.0.0 is good in both; the drill's service has 2.0.0 to go back from.
    static func withDrill(
        _ host: DrillHost, plan: Plan = drilledPlan(), deployed: Bool = true,
        others: [ServiceConfiguration] = []
    ) -> World {
        var copy = service(
            "shop-drill",
            triggers: [trigger("storm", "error_rate(access, 10s) > 25%", .high, .page)])
        copy.plan = nil
        copy.vars = ["database": "drill_db"]
        var shop = service("shop")
        shop.vars = ["database": "shop"]
        let world = World(configuration(services: [shop, copy] + others, plan: plan))
        world.logs = { world, service in
            world.batch(50, errors: Int(50 * (host.errorRates[service] ?? 0)))
        }
        world.reads = { _, service, _ in says(host.versions[service] ?? "1.0.0") }
        world.answer = { _, task in
            if host.holds.contains(task.title) { return nil }
            let status = host.endings[task.title] ?? 0
            if status == 0, task.title.hasPrefix("method") {
                host.versions[task.service] = task.variables["to.version"]
                host.errorRates[task.service] = 0
            }
            return TaskResult(ending: .exited(status), took: .seconds(2))
        }
        _ = world.pass(upTo: 120) { $0.kinds("release.good").count == 2 }
        if deployed {
            host.versions["shop-drill"] = "2.0.0"
            world.pass(10)
        }
        return world
    }

    @discardableResult
    func drill(
        to: String? = nil, method: String? = nil, dryRun: Bool = false
    ) -> CommandReply {
        command(
            .drill(DrillRequest(plan: "shop", to: to, method: method, isDryRun: dryRun)),
            by: Peer(uid: 1000, name: "alice", operates: true))
    }

    func incident(of service: String) -> IncidentRecord? {
        engine.openIncidents.first { $0.service == service }
    }

    /// How it stands with the plan's drills.
    var drillStatus: DrillStatus? { engine.drillStatus(at: now).first }
}
