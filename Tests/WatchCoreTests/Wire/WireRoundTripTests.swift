// What one side writes the other reads: keys in snake case, data left alone, nothing forgotten.

import FoundationEssentials
import Testing
import WatchSystem

@testable import WatchCore

private let noon = WallTime(nanoseconds: 1_795_262_400_000_000_000)

@Suite struct WireRoundTripTests {
    private static let readings = [
        "error_rate(access, 2m)": Reading(value: 0.31, samples: 2400),
        "p95(myAccess, 5m)": Reading(gap: .tooFewSamples(needed: 20), samples: 3),
        "_odd__Key_": Reading(gap: .blind("unparsed")),
    ]

    static let rollback: RollbackRecord = {
        var rollback = plainRollback
        rollback.losses = ["orders"]
        rollback.verifying = noon + .minutes(1)
        rollback.landed = noon + .minutes(2)
        rollback.verifyTarget = 300
        rollback.steps[0].target = .minutes(1)
        return rollback
    }()

    private static let plainRollback = RollbackRecord(
        id: "shop-17-r1", plan: "shop-symlink", from: ReleaseIdentity(version: "2.0.0"),
        to: ReleaseIdentity(version: "1.9.0", commit: "4f2c1d0"), state: .curing,
        askedBy: "watchd", began: noon, ended: noon + .minutes(3),
        steps: [
            RollbackRecord.StepRecord(
                task: "shop-17-r1.m0s0t0", title: "activate", command: "ln", began: noon,
                took: .seconds(1.5), result: TaskResult(ending: .timedOut, took: .seconds(30)))
        ], method: "symlink", note: "waits")

    static let taskResult: TaskResult = {
        var result = TaskResult(ending: .exited(3), output: "x", took: .seconds(2))
        result.saved = ["deployment": "dpl_1"]
        result.captured = ["counts": "5|15"]
        result.isNo = true
        return result
    }()

    static let incident: IncidentRecord = {
        var incident = plainIncident
        incident.offer = ApprovalOffer(
            plan: "shop-symlink", from: ReleaseIdentity(version: "2.0.0"),
            to: ReleaseIdentity(version: "1.9.0"),
            ways: [
                ApprovalOffer.Way(
                    method: "restore", loses: "orders", role: "cto", groups: ["board"],
                    steps: ["restore: shop-restore"],
                    command: "watchctl approve shop-17 --method restore")
            ], isPerMethod: true, conditions: ["disarmed: off"], offered: noon,
            until: noon + .minutes(5), onTimeout: .escalate)
        incident.offer?.forcedBy = "anna"
        incident.answer = ApprovalAnswer(kind: .denied, by: "anna", at: noon, text: "no")
        incident.heldUntil = noon + .minutes(5)
        incident.evidence = Evidence(
            taken: noon, readings: ["5xx storm": readings],
            probes: [
                Evidence.Probe(name: "health", state: "failing", reason: "refused", body: "no")
            ],
            routes: [Evidence.Route(stream: "access", route: "/cart", count: 9, errors: 3)],
            sources: [Evidence.Source(label: "link", version: "2.0.0", problem: "gone")],
            lines: [Evidence.Line(stream: "access", text: "status=500")])
        incident.assessments = [
            Assessment(
                name: "open sessions", occasion: .beforeRollback, command: "/usr/lib/sessions",
                began: noon, result: TaskResult(ending: .exited(0), output: "312"))
        ]
        incident.blind = [
            IncidentRecord.BlindSignal(
                signal: "access", reason: "unparsed", text: "unparsed: 9 of 10", began: noon,
                cleared: noon + .minutes(2))
        ]
        incident.leftOut = 7
        incident.muted = 2
        incident.mutedBy = "silence:night"
        incident.undelivered = UndeliveredPage(
            since: noon, title: "shop: storm",
            channels: [UndeliveredPage.Channel(channel: "chat", problem: "HTTP 503")])
        incident.firstDecided = noon - .seconds(30)
        incident.drill = DrillRecord(rollback, of: "shop-drill", incident: "shop-drill-3")
        return incident
    }()

    static let plainIncident = IncidentRecord(
        id: "shop-17", service: "shop", state: .rollingBack, severity: .critical, opened: noon,
        closed: noon + .hours(1), release: ReleaseIdentity(version: "2.0.0", commit: "abc"),
        breaches: [
            IncidentRecord.Breach(
                trigger: "5xx storm", severity: .high, began: noon, cleared: noon + .minutes(4),
                readings: readings)
        ],
        decision: "rollback", reason: "trigger:5xx storm", acknowledgedBy: "anna",
        isFalseAlarm: true, rollbacks: [rollback], firstBad: noon - .seconds(90), decided: noon,
        cured: noon + .minutes(3), unconfirmed: ["up(health)"])

    static let event = EventRecord(
        id: 9, time: noon, service: "shop", incident: "shop-17", kind: "decision",
        trigger: "5xx storm", severity: .critical, release: ReleaseIdentity(version: "2.0.0"),
        decision: "rollback", reason: "trigger:5xx storm", text: "rolls back",
        readings: readings)

    static let release = Release(
        identity: ReleaseIdentity(version: "2.0.0"), standing: .bad, baked: .seconds(90),
        standingReason: "rolled back", lastRan: Moment(boot: .seconds(12.5), wall: noon),
        fields: ["deployedAt": "2026", "deployed_at": "2025"])

    @Test(arguments: [
        incident as any Codable & Sendable, rollback, rollback.steps[0], event, release,
        taskResult,
        Reading(gap: .noData, samples: 1),
    ])
    func everyStoredPropertyIsWritten(value: any Codable & Sendable) throws {
        let json = try WireJSON.encode(value)
        let object = try WireJSON.decode([String: JSONValue].self, from: json)
        for child in Mirror(reflecting: value).children {
            let label = try #require(child.label)
            if value is Reading, label == "value" {
                #expect(object[label] == .null)
                continue
            }
            // A property that was added and forgotten in the encoder shows here.
            #expect(object[snakeCase(label)] != nil, "\(label) is missing")
        }
    }

    private func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }

    @Test func everythingShownReadsBack() throws {
        try expectSame(Self.incident)
        try expectSame(Self.event)
        try expectSame(IncidentDetail(incident: Self.incident, timeline: [Self.event]))
        try expectSame(
            ReleaseList(
                service: "shop", running: "2.0.0", lastKnownGood: nil, releases: [Self.release]))
        try expectSame(
            Delivery(
                id: "shop-17/3/ops", channel: "ops", title: "t", state: .waiting, attempts: 2,
                queued: noon, nextAttempt: noon + .seconds(5), lastError: "502"))
        try expectSame(
            CommandReply(
                status: .notFound, reason: "busy", message: "no", incident: "i", rollback: "r",
                plan: ["one", "two"]))
        try expectSame(ErrorReply(code: "forbidden", message: "no"))
        try expectSame(
            Deployment(
                number: 4, release: ReleaseIdentity(version: "2"),
                began: Moment(boot: .seconds(1), wall: noon), origin: .announced(by: "deploy"),
                breachPredates: true, isReturnOfGood: true))
        try expectSame(Self.status)
    }

    private static let status = StatusReport(
        time: noon,
        daemon: StatusReport.Daemon(
            version: "0.1.0", pid: 7, started: noon, configuration: "/etc/watchd/watchd.yaml",
            stateDirectory: "/var/lib/watchd"),
        armed: ArmStatus(armed: true, by: "anna", reason: "r", since: noon, until: nil),
        storeProblem: "full",
        services: [
            ServiceStatus(
                name: "shop", verdict: .breached,
                armed: ArmStatus(armed: false, by: "b", reason: "r", until: noon),
                release: ServiceStatus.ReleaseStatus(
                    version: "2.0.0", commit: nil, standing: .baking, since: noon, baked: 12.5,
                    bake: 1800, origin: "read from symlink:/srv"),
                releaseNote: "mixed", lastKnownGood: "1.9.0",
                sources: [
                    ServiceStatus.SourceStatus(label: "symlink", version: "2.0.0", problem: nil)
                ],
                signals: [
                    ServiceStatus.SignalStatus(
                        name: "access", kind: .stream, state: .passing, window: 120, count: 9,
                        errorRate: 0.1, p50: 0.02, p95: 0.4, note: nil)
                ],
                triggers: [
                    ServiceStatus.TriggerStatus(
                        name: "5xx storm", when: "error_rate(access, 2m) > 25%",
                        severity: .critical, mode: .auto, verdict: .breached, since: noon,
                        note: nil, readings: readings)
                ],
                incident: incident,
                readiness: ServiceStatus.Readiness(
                    ready: false, reason: "disarmed", text: "t", target: "1.9.0"))
        ])

    private func expectSame<T: Codable & Equatable>(
        _ value: T, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let bytes = try WireJSON.encode(value)
        let back = try WireJSON.decode(T.self, from: bytes)
        #expect(back == value, sourceLocation: sourceLocation)
        #expect(try WireJSON.encode(back) == bytes, sourceLocation: sourceLocation)
        // As it is stored: keys as the types spell them.
        let plain = try JSONEncoder().encode(value)
        #expect(
            try JSONDecoder().decode(T.self, from: plain) == value,
            sourceLocation: sourceLocation)
    }

    @Test func keysThatAreDataAreLeftAlone() throws {
        let json = String(decoding: try WireJSON.encode(Self.event), as: UTF8.self)
        #expect(json.contains(#""error_rate(access, 2m)":{"#))
        #expect(json.contains(#""p95(myAccess, 5m)":{"#))
        let object = JSONValue.object(["deployedAt": .string("x"), "build_id": .number(1)])
        let nested = JSONValue.array([.object(["someKey": object])])
        let bytes = try WireJSON.encode(nested)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"[{"someKey":{"build_id":1,"deployedAt":"x"}}]"#)
        #expect(try WireJSON.decode(JSONValue.self, from: bytes) == nested)
    }

    @Test func multiWordKeysAreInSnakeCase() throws {
        let json = String(decoding: try WireJSON.encode(Self.status), as: UTF8.self)
        for key in ["state_directory", "store_problem", "last_known_good", "error_rate"] {
            #expect(json.contains("\"\(key)\":"), "\(key)")
        }
        #expect(!json.contains("\\/"), "a path is readable")
    }

    @Test func aClientReadsWhatANewerDaemonAdds() throws {
        let json = #"{"code":"forbidden","message":"no","added_later":[1]}"#
        let reply = try WireJSON.decode(ErrorReply.self, from: Array(json.utf8))
        #expect(reply == ErrorReply(code: "forbidden", message: "no"))
    }
}
