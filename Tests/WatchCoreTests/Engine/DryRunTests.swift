// `rollback --dry-run`: a person reads to the last word what would run, and what the gates say
// now.

import Testing

@testable import WatchCore

@Suite struct DryRunTests {
    private static func template(_ text: String) -> Template { World.template(text) }

    private static let gates = [
        Gate(
            name: "backup", action: .unit(name: "backup", with: template("${to.version}")),
            timeout: .seconds(20)),
        Gate(name: "target", action: .unit(name: "has", with: nil), timeout: .seconds(10)),
    ]

    private func world(_ plan: Plan = World.plan(gates: gates)) -> World {
        let world = World(World.configuration(plan: plan))
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        return world
    }

    private func ask(_ world: World, to: String? = nil, force: Bool = false) -> CommandReply {
        world.command(
            .rollback(service: "shop", to: to, reason: "", dryRun: true, force: force))
    }

    /// The last answer, when all gates have said theirs.
    private func told(_ world: World, to: String? = nil, force: Bool = false) -> CommandReply {
        _ = ask(world, to: to, force: force)
        let reply = ask(world, to: to, force: force)
        #expect(reply.pending == nil)
        return reply
    }

    // MARK: - Gates

    @Test func gatesAreAskedWhenAPersonAsks() {
        let world = world()
        world.answerDry = { _, _ in nil }
        let before = world.dryTasks.count
        let first = ask(world)
        #expect(first.pending?.contains("plan shop") ?? false)
        #expect(first.plan?.contains { $0.contains("not asked") } ?? false)
        // Whoever asks again meanwhile does not ask the gates again.
        #expect(ask(world).pending != nil)
        #expect(world.dryTasks.count == before + 1)
        let task = world.dryTasks[before]
        #expect(task.variables["to.version"] == "1.0.0")
        world.finish(task, TaskResult(ending: .exited(0), output: "2 h old\n"))
        world.finish(world.dryTasks[before + 1], TaskResult(ending: .exited(0)))
        let reply = ask(world)
        #expect(reply.pending == nil)
        #expect(reply.message == "would roll shop back to 1.0.0 with plan shop")
        let lines = reply.plan ?? []
        #expect(
            lines.starts(with: [
                "gate backup: start watchd-rollback@backup:1.0.0.service (as root) (within 20s)",
                "    it says go: 2 h old",
                "gate target: start watchd-rollback@has.service (as root) (within 10s)",
                "    it says go",
            ]), "\(lines)")
        #expect(world.tasks.isEmpty)
        #expect(world.incident == nil)
    }

    /// All that is in the way is said at once.
    @Test func theOthersAreAskedThoughOneSaysNo() {
        let world = world()
        world.answerDry = { _, task in
            let isBackup = task.title == "gate backup"
            return TaskResult(ending: .exited(isBackup ? 10 : 12), output: isBackup ? "9 h" : "")
        }
        let reply = told(world)
        #expect(reply.status == .done)
        #expect(reply.message.hasPrefix("would not roll shop back to 1.0.0 with plan shop: gate b"))
        #expect(reply.reason == "gate-blocked:backup")
        let lines = reply.plan ?? []
        #expect(lines.contains { $0.contains("gate backup") && $0.hasSuffix(": 9 h") })
        #expect(lines.contains { $0.contains("gate target asks for somebody's word") })
        let forced = told(world, force: true)
        #expect(forced.message.hasSuffix("with plan shop in spite of backup, target"))
        #expect(forced.reason == nil)
    }

    /// In the first weeks all that is to go back to ran before watchd did.
    @Test func aReleaseThatWasNeverSeenIsAskedAbout() {
        let world = world()
        let reply = told(world, to: "0.9.9")
        #expect(
            reply.message == "would roll shop back to 0.9.9 with plan shop "
                + "(as far as is known here, 0.9.9 never ran)")
        #expect(world.dryTasks.last?.variables["to.version"] == "0.9.9")
        #expect(reply.reason == nil)
    }

    /// Whoever asks again wants to know what they say now.
    @Test func whatGatesSaidIsToldOnceAndThenAskedAnew() {
        let world = world()
        _ = told(world)
        let count = world.dryTasks.count
        world.answerDry = { _, _ in TaskResult(ending: .exited(10), output: "a migration ran") }
        #expect(ask(world).pending != nil)
        #expect(world.dryTasks.count > count)
        #expect(ask(world).reason == "gate-blocked:backup")
    }

    /// Somebody asked and did not wait for the answer.
    @Test func whatNobodyWaitedForIsAskedAnew() {
        let world = world()
        _ = ask(world)
        let count = world.dryTasks.count
        world.pass(11)
        #expect(ask(world).pending != nil)
        #expect(world.dryTasks.count > count)
    }

    /// A dry run ends as the act would: that would not begin before somebody has approved it.
    @Test func whereEachMethodNeedsAnApprovalItSaysSo() {
        let world = world(World.plan(gates: Self.gates, methods: [World.restore()]))
        let reply = told(world)
        #expect(reply.status == .done)
        #expect(reply.reason == "awaiting-approval")
        #expect(
            reply.message
                == "would only offer to roll shop back to 1.0.0 with plan shop: each method waits "
                + "for an approval (restore: role cto)", "\(reply.message)")
        #expect(reply.plan?.contains { $0.hasPrefix("method restore") } ?? false)
        world.answerDry = { _, _ in TaskResult(ending: .exited(10), output: "9 h old") }
        let blocked = told(world)
        #expect(blocked.reason == "awaiting-approval")
        #expect(blocked.message.contains("; approved now it would not go on: gate backup"))
        #expect(told(world, force: true).message.hasSuffix("in spite of backup, target"))
        // Nothing came of it; the act says the same.
        #expect(world.incident == nil)
        let act = world.command(
            .rollback(service: "shop", to: nil, reason: "", dryRun: false, force: false))
        #expect(act.reason == reply.reason)
    }

    /// What they said of one release is nothing about another.
    @Test func anotherTargetIsAskedAbout() {
        let world = world()
        world.pass(40)
        world.deploy("3.0.0")
        world.pass(5)
        _ = world.command(.mark(service: "shop", version: "2.0.0", .good, reason: "seen"))
        _ = told(world, to: "2.0.0")
        let first = world.dryTasks.last?.variables["to.version"]
        _ = told(world, to: "1.0.0")
        #expect(first == "2.0.0")
        #expect(world.dryTasks.last?.variables["to.version"] == "1.0.0")
    }

    /// A dry run is no round: it takes nothing away from what is known of tonight.
    @Test func readinessIsAsItWas() {
        let world = world()
        world.pass(90)
        let before = world.status?.readiness.plans?.first
        #expect(before?.asked != nil)
        world.answerDry = { _, _ in TaskResult(ending: .exited(10)) }
        _ = told(world)
        #expect(world.status?.readiness.plans?.first == before)
        #expect(world.kinds("readiness.changed").isEmpty)
    }

    @Test func aGateThatNeverAnswersIsGivenUp() {
        let world = world()
        world.answerDry = { _, task in
            task.title == "gate backup" ? nil : TaskResult(ending: .exited(0))
        }
        _ = ask(world)
        world.pass(20 + 30 + 2)
        let reply = ask(world)
        #expect(reply.pending == nil)
        #expect(reply.message.contains("would not") && reply.message.contains("backup"))
    }

    @Test func withoutAStoreNothingIsAsked() {
        let world = world()
        let count = world.dryTasks.count
        world.storeWorks = false
        _ = world.command(.disarm(service: nil, for: nil, reason: "try"))
        #expect(ask(world).reason == "store-unavailable")
        #expect(world.dryTasks.count == count)
    }

    /// A gate may ask the database that the neighbour's rollback is restoring.
    @Test func whileANeighbourIsRolledBackNoneIsAsked() {
        let world = World(
            World.configuration(
                services: [World.service(), World.service("api")],
                plan: World.plan(gates: Self.gates)))
        world.answer = { _, _ in nil }
        #expect(world.bakeFirst())
        world.deploy("2.0.0")
        world.pass(5)
        world.command(
            .rollback(service: "api", to: nil, reason: "now", dryRun: false, force: false))
        let count = world.dryTasks.count
        let reply = ask(world)
        #expect(reply.pending == nil)
        #expect(reply.message.hasSuffix("; its gates are not asked while api is being rolled back"))
        #expect(reply.plan?.contains { $0.contains("not asked") } ?? false)
        #expect(world.dryTasks.count == count)
    }

    // MARK: - Lines

    private func lines(_ steps: [Step]) -> [String] {
        let method = Method(name: "link", steps: steps)
        return told(world(World.plan(methods: [method]))).plan ?? []
    }

    @Test func aProgramIsToldWithAllThatGoesWithIt() {
        var settings = ProgramSettings()
        settings.environment = [
            ExecCheck.Variable(name: "TOKEN", value: Self.template("${credential:deploy}")),
            ExecCheck.Variable(name: "NOTE", value: Self.template("back to ${to.version}")),
        ]
        settings.input = Self.template("yes\n${to.version}\n")
        settings.directory = Self.template("/srv/${service}")
        settings.exit = [0, 3]
        settings.contains = "at ${to.version}"
        settings.saves = [JourneyCheck.Saved(name: "build", source: .pattern("build (.*)"))]
        let words = ["/usr/bin/git", "revert", "-m", "two words", "${from.version}"]
        var step = Step(
            name: "revert", action: .exec(words.map(Self.template), settings),
            timeout: .seconds(10), idempotent: true, retries: 2, onFailure: .continue,
            check: .exec(["/usr/bin/is", "${to.version}", "${build}"].map(Self.template)))
        step.backoff = .seconds(5)
        step.target = .seconds(8)
        let told = lines([step])
        let start = told.firstIndex { $0.hasPrefix("  revert:") } ?? 0
        #expect(
            told.dropFirst(start).starts(with: [
                #"  revert: exec /usr/bin/git revert -m "two words" 2.0.0 (within 10s, target 8s, "#
                    + "2 more tries if it fails, the first after 5s, goes on if it fails, "
                    + "idempotent)",
                "      env TOKEN=${credential:deploy}", #"      env NOTE="back to 1.0.0""#,
                "      in /srv/shop", #"      stdin "yes\u000a1.0.0\u000a""#,
                #"      good if exit 0 or 3, and its output contains "at 1.0.0""#,
                #"      saves build from "build (.*)""#,
                "      done if exec /usr/bin/is 1.0.0 ${build} passes",
            ]), "\(told)")
        #expect(told.contains("known only then: ${build}"))
        #expect(told.last == "read only then, and never shown: ${credential:deploy}")
    }

    @Test func aRequestIsToldWithItsBodyAndItsPoll() throws {
        var request = HTTPRequestSpec(
            method: "POST", url: Self.template("https://api/deploys?of=${service}"),
            headers: [.init(name: "Authorization", value: Self.template("Bearer ${env:KEY}"))],
            body: Self.template(#"{"version": "${to.version}"}"#))
        request.unixSocket = "/run/api"
        var expectation = HTTPExpectation(status: [.hundreds(2), .exactly(409)])
        expectation.json = [
            .init(
                path: try JSONPath("$.version"), comparison: .equals(.string("${to.version}")))
        ]
        var call = HTTPCall(request: request, expectation: expectation)
        call.saves = [JourneyCheck.Saved(name: "id", source: .json(try JSONPath("$.id")))]
        call.poll = HTTPCall.Poll(
            request: HTTPRequestSpec(url: Self.template("https://api/deploys/${id}")),
            every: .seconds(5),
            until: HTTPExpectation(
                json: [
                    .init(path: try JSONPath("$.state"), comparison: .equals(.string("live")))
                ]), failed: HTTPExpectation(contains: "canceled"))
        let told = lines([Step(name: "deploy", action: .http(call), timeout: .minutes(5))])
        let start = told.firstIndex { $0.hasPrefix("  deploy:") } ?? 0
        #expect(
            told.dropFirst(start).starts(with: [
                "  deploy: POST https://api/deploys?of=shop (within 5m)",
                "      header Authorization: Bearer ${env:KEY}",
                #"      body "{\"version\": \"1.0.0\"}""#, "      over the socket /run/api",
                #"      good if status 2xx or 409, and $.version = "1.0.0""#,
                "      saves id from $.id", "      then every 5s: GET https://api/deploys/${id}",
                #"        until $.state = "live""#,
                #"        failed if the body contains "canceled""#,
            ]), "\(told)")
    }

    @Test func aQueryIsToldWithItsDatabaseAndItsRows() {
        let query = SQLQuery(
            connection: Self.template("postgresql://w@/shop"),
            text: Self.template("select version\nfrom release where v = '${to.version}'"),
            expectation: .rows(["${to.version}|1"]), capture: "rows")
        let told = lines([Step(name: "look", action: .sql(query), timeout: .seconds(5))])
        let start = told.firstIndex { $0.hasPrefix("  look:") } ?? 0
        #expect(
            told.dropFirst(start).starts(with: [
                #"  look: psql "select version\u000afrom release where v = '1.0.0'" (within 5s)"#,
                "      database postgresql://w@/shop", #"      good if its rows are "1.0.0|1""#,
                "      captures rows",
            ]), "\(told)")
    }

    @Test func verificationIsToldWhole() {
        let told = told(world(World.plan())).plan ?? []
        #expect(
            told.suffix(4) == [
                "verify: 1.0.0 read 2 times within 10s, then all clear for 5s within 1m",
                "    what is seen in the first 2s after landing does not count",
                "    probes pass: health", "    true: error_rate(access, 5s) < 1%",
            ], "\(told)")
    }

    /// What a gate finds out is part of what would run.
    @Test func whatAGateSavesIsFilledIn() {
        var settings = ProgramSettings()
        settings.saves = [JourneyCheck.Saved(name: "backup", source: .pattern(".*"))]
        let gate = Gate(
            name: "newest", action: .exec([Self.template("/bin/newest")], settings),
            timeout: .seconds(5))
        let step = Step(
            name: "restore", action: .exec(["/bin/restore", "${backup}"].map(Self.template)),
            timeout: .seconds(5))
        let world = world(
            World.plan(gates: [gate], methods: [Method(name: "restore", steps: [step])]))
        world.answerDry = { _, _ in
            var result = TaskResult(ending: .exited(0))
            result.saved = ["backup": "monday.dump"]
            return result
        }
        let told = told(world).plan ?? []
        #expect(told.contains { $0.hasPrefix("  restore: exec /bin/restore monday.dump (") })
        #expect(!told.contains { $0.hasPrefix("known only then") })
    }
}
