// A host with one sick and one healthy service, as every view of it is tested with.

import WatchCore

enum Fixtures {
    /// 2026-11-21T09:30:00Z.
    static let now = WallTime.seconds(1_795_253_400)

    static func ago(_ duration: Duration) -> WallTime { now - duration }

    static let expression = "error_rate(access, 2m) > 25%"

    static var report: StatusReport {
        StatusReport(
            time: now,
            daemon: .init(
                version: "0.1.0", pid: 4242, started: ago(.hours(76)),
                configuration: "/etc/watchd/watchd.yaml", stateDirectory: "/var/lib/watchd"),
            armed: ArmStatus(
                armed: true, by: "root", reason: "release week is over", since: ago(.hours(2))),
            storeProblem: nil, services: [shop, blog])
    }

    static var shop: ServiceStatus {
        ServiceStatus(
            name: "shop", verdict: .breached,
            armed: ArmStatus(armed: true, by: "root", reason: ""),
            release: .init(
                version: "2.0.0", commit: "4f2c1d0aa17", standing: .baking,
                since: ago(.minutes(14)), baked: 720, bake: 1800,
                origin: "read from symlink:/srv/shop/current"),
            releaseNote: nil, lastKnownGood: "1.9.0",
            sources: [
                .init(label: "symlink:/srv/shop/current", version: "2.0.0", problem: nil),
                .init(label: "http", version: nil, problem: "connection refused"),
            ],
            signals: [
                .init(
                    name: "access", kind: .stream, state: .failing, window: 120, count: 2400,
                    errorRate: 0.312, p50: 0.012, p95: 0.42, note: nil),
                .init(
                    name: "health", kind: .probe, state: .passing, window: 300, count: 30,
                    errorRate: 0, p50: 0.003, p95: 0.0091, note: nil),
                .init(
                    name: "app", kind: .stream, state: .blind, window: 60, count: 0,
                    errorRate: nil, p50: nil, p95: nil, note: "unreadable: permission denied"),
            ],
            triggers: [
                .init(
                    name: "5xx storm", when: expression, severity: .critical, mode: .auto,
                    verdict: .breached, since: ago(.seconds(40)), note: nil,
                    readings: ["error_rate(access, 2m)": Reading(value: 0.312, samples: 2400)]),
                .init(
                    name: "slow", when: "p95(access, 5m) > 800ms", severity: .high, mode: .page,
                    verdict: .insufficient, since: ago(.minutes(2)), note: "12 of 20 samples",
                    readings: [
                        "p95(access, 5m)": Reading(gap: .tooFewSamples(needed: 20), samples: 12)
                    ]),
            ],
            incident: incident,
            readiness: .init(
                ready: true, reason: nil, text: "would roll back to 1.9.0", target: "1.9.0"))
    }

    static var blog: ServiceStatus {
        ServiceStatus(
            name: "blog", verdict: .healthy,
            armed: ArmStatus(
                armed: false, by: "alice", reason: "migration", until: now + .hours(1)),
            release: nil, releaseNote: "release-unknown: no source answers", lastKnownGood: nil,
            sources: [], signals: [], triggers: [], incident: nil,
            readiness: .init(
                ready: false, reason: "no-known-good",
                text: "would page: no release was seen to be good yet", target: nil))
    }

    static var incident: IncidentRecord {
        IncidentRecord(
            id: "shop-17", service: "shop", state: .rollingBack, severity: .critical,
            opened: ago(.seconds(40)),
            release: ReleaseIdentity(version: "2.0.0", commit: "4f2c1d0"),
            breaches: [
                .init(
                    trigger: "5xx storm", severity: .critical, began: ago(.seconds(40)),
                    readings: ["error_rate(access, 2m)": Reading(value: 0.312, samples: 2400)])
            ],
            decision: "rollback", reason: "trigger:5xx storm", rollbacks: [rollback],
            firstBad: ago(.seconds(95)), decided: ago(.seconds(40)))
    }

    static var rollback: RollbackRecord {
        RollbackRecord(
            id: "shop-17-r1", plan: "shop-symlink",
            from: ReleaseIdentity(version: "2.0.0", commit: "4f2c1d0"),
            to: ReleaseIdentity(version: "1.9.0"), state: .methods, askedBy: "watchd",
            began: ago(.seconds(40)),
            steps: [
                .init(
                    task: "shop-17-r1.g0", title: "gate migration",
                    command: "/usr/lib/shop/gate 2.0.0 1.9.0", began: ago(.seconds(40)),
                    took: .milliseconds(420), result: TaskResult(ending: .exited(0), output: "go")),
                .init(
                    task: "shop-17-r1.m0s0t0", title: "method symlink, step 1 of 1",
                    command: "shop-symlink:1.9.0", began: ago(.seconds(38)), took: .seconds(3),
                    result: TaskResult(ending: .exited(1), output: "no such\u{1B}[31m directory")),
                .init(
                    task: "shop-17-r1.m1s0t0", title: "method redeploy, step 1 of 1",
                    command: "shop-deploy:1.9.0", began: ago(.seconds(34))),
            ], method: "redeploy")
    }

    /// The same incident, over.
    static var recovered: IncidentRecord {
        var incident = incident
        incident.state = .recovered
        incident.cured = ago(.seconds(5))
        incident.breaches[0].cleared = ago(.seconds(5))
        incident.rollbacks[0].state = .recovered
        incident.rollbacks[0].ended = ago(.seconds(5))
        incident.rollbacks[0].steps[2].took = .seconds(6)
        incident.rollbacks[0].steps[2].result = TaskResult(ending: .exited(0))
        return incident
    }

    /// A rollback waits for somebody's word.
    static func offering(perMethod: Bool) -> IncidentRecord {
        var incident = incident
        incident.state = perMethod ? .handedOver : .awaitingApproval
        incident.decision = "page"
        incident.reason = perMethod ? "not-landed" : "disarmed"
        incident.rollbacks = []
        let link = ApprovalOffer.Way(
            method: "symlink", loses: nil, role: "any-admin", groups: ["ops", "admins"],
            steps: ["shop-symlink: shop-symlink:${to.version}"],
            command: "watchctl approve shop-17")
        let restore = ApprovalOffer.Way(
            method: "restore", loses: "orders since the last backup", role: "cto",
            groups: ["board"], steps: ["shop-restore: shop-restore"],
            command: "watchctl approve shop-17 --method restore")
        incident.offer = ApprovalOffer(
            plan: "shop-symlink", from: ReleaseIdentity(version: "2.0.0", commit: "4f2c1d0"),
            to: ReleaseIdentity(version: "1.9.0"), ways: [perMethod ? restore : link],
            isPerMethod: perMethod,
            conditions: perMethod
                ? []
                : [
                    "disarmed: automatic action is off on this host (alice: migration); "
                        + "`watchctl arm` allows it"
                ],
            offered: ago(.seconds(40)), until: perMethod ? nil : now + .minutes(10),
            onTimeout: perMethod ? nil : .rollback)
        return incident
    }

    static func event(_ id: Int64, service: String = "shop", incident: String? = nil) -> EventRecord
    {
        EventRecord(
            id: id, time: ago(.seconds(100 - Int(id))), service: service, incident: incident,
            kind: "trigger.breached", trigger: "5xx storm", severity: .critical,
            text: "event \(id) of \(service)",
            readings: ["error_rate(access, 2m)": Reading(value: 0.312, samples: 2400)])
    }

    static var explanation: Explanation {
        Explanation(
            service: "shop", trigger: shop.triggers[0],
            lines: [
                .init(depth: 0, text: expression, value: "true"),
                .init(depth: 1, text: "error_rate(access, 2m)", value: "31.2 %", samples: 2400),
                .init(depth: 1, text: "25%", value: "25 %"),
            ],
            decision: "rollback", reason: "trigger:5xx storm",
            text: "it would roll back to 1.9.0 with plan shop-symlink")
    }

    static var delivery: Delivery {
        Delivery(
            id: "shop-17/1/ops-chat", channel: "ops-chat", title: "shop: rollback in progress",
            state: .waiting, attempts: 2, queued: ago(.seconds(38)), nextAttempt: now + .seconds(8),
            lastError: "HTTP 503")
    }

    /// The page of that incident, which two of three channels took.
    static var pages: [Delivery] {
        let channels: [(String, String?)] = [
            ("ops-chat", nil), ("mail", "HTTP 503"), ("pager", nil),
        ]
        return channels.map { channel, problem in
            Delivery(
                id: "shop-17/1/\(channel)", channel: channel, title: "shop: 5xx storm",
                state: problem == nil ? .sent : .failed, attempts: problem == nil ? 1 : 7,
                queued: ago(.seconds(40)), sent: problem == nil ? ago(.seconds(39)) : nil,
                lastError: problem)
        }
    }

    /// What the journal says of it, and what somebody did.
    static var story: [EventRecord] {
        func event(
            _ before: Int, _ kind: String, _ decision: String?, _ reason: String, _ text: String
        ) -> EventRecord {
            EventRecord(
                time: ago(.seconds(before)), service: "shop", incident: "shop-17", kind: kind,
                decision: decision, reason: reason, text: text)
        }
        return [
            event(40, "incident.opened", nil, "trigger:5xx storm", "incident shop-17 opened"),
            event(
                40, "decision", "rollback", "trigger:5xx storm",
                "rollback because '5xx storm' is breached (severity critical, mode auto, policy "
                    + "rollback)"),
            event(
                20, "incident.acknowledged", nil, "alice", "alice (uid 1001) answered: looking"),
        ]
    }

    static var releases: ReleaseList {
        ReleaseList(
            service: "shop", running: "2.0.0", lastKnownGood: "1.9.0",
            releases: [
                Release(
                    identity: ReleaseIdentity(version: "2.0.0", commit: "4f2c1d0"),
                    baked: .minutes(12), lastRan: moment(.zero)),
                Release(
                    identity: ReleaseIdentity(version: "1.9.0"), standing: .good,
                    baked: .minutes(30), standingReason: "baked 30m",
                    lastRan: moment(.minutes(14))),
                Release(
                    identity: ReleaseIdentity(version: "1.8.7"), standing: .bad,
                    standingReason: "alice: loses orders", lastRan: moment(.days(3))),
            ])
    }

    private static func moment(_ before: Duration) -> Moment {
        Moment(boot: Instant.seconds(1_000_000) - before, wall: ago(before))
    }
}
