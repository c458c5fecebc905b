// The recipe of Render against a server that knows Render's interface and judges what it is sent.

import TestServers
import Testing
import WatchCore

@testable import WatchActions

struct RenderRecipeTests {
    private func walk(_ render: RenderAPI, key: String = "render-secret") throws -> RecipeWalk {
        try RecipeWalk(
            "render", ["https://api.render.com": render.server.url], secrets: ["render-key": key])
    }

    @Test func theVariableIsSetAndTheSameBuildStartedAgain() async throws {
        let render = try RenderAPI()
        let walk = try walk(render)
        #expect(await walk.gate().ending == .exited(0))
        let method = try walk.method("flag")
        #expect(method.changesFlag)
        let check = try #require(method.check)
        #expect(await walk.run(check).ending == .unexpected("$.value is 'true', expected 'false'"))
        let results = await walk.run(method.steps)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        #expect(await walk.run(check).ending == .exited(0))
        #expect(render.world { $0.commit } == "b90de38")
        #expect(render.world { $0.made.map(\.course) } == [["live"]])
    }

    @Test func theGoodCommitIsDeployedBehindTheMaintenancePage() async throws {
        let render = try RenderAPI()
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps + walk.plan.after)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        #expect(render.world { $0.commit } == "b7920c6")
        #expect(render.world { $0.maintenance } == [true, false])
    }

    @Test(arguments: ["build_failed", "update_failed", "pre_deploy_failed", "canceled"])
    func aDeployThatFailsIsToldAsFailed(_ status: String) async throws {
        var world = RenderAPI.World()
        world.course = ["created", "build_in_progress", status]
        let render = try RenderAPI(world)
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps)
        #expect(results.last?.output.contains("the deploy dep-1 is \(status)") == true)
        // `after` runs whatever happened.
        #expect(await walk.run(walk.plan.after).map(\.ending) == [.exited(0)])
        #expect(render.world { $0.isInMaintenance } == false)
    }

    @Test func aKeyThatIsNotTakenBlocksTheGate() async throws {
        let render = try RenderAPI()
        let result = await (try walk(render, key: "an-old-key")).gate()
        #expect(result.ending == .unexpected("status 401, expected 200"))
    }

    @Test func aSuspendedServiceBlocksTheGate() async throws {
        var world = RenderAPI.World()
        world.suspended = "suspended"
        let render = try RenderAPI(world)
        let result = await (try walk(render)).gate()
        #expect(
            result.ending == .unexpected("$.suspended is 'suspended', expected 'not_suspended'"))
    }

    @Test(arguments: [409, 404, 400])
    func aDeployThatIsRefusedIsNotAskedForAgain(_ status: Int) async throws {
        var world = RenderAPI.World()
        world.refusals = [.wrong(status, "no")]
        let render = try RenderAPI(world)
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps)
        #expect(results.last?.ending == .unexpected("status \(status), expected 201 or 202"))
        #expect(render.world { $0.made.isEmpty })
    }

    @Test func aLimitOfRequestsIsWaitedForAndOneDeployBegins() async throws {
        var world = RenderAPI.World()
        world.refusals = [.wrong(429, "rate limit"), .answer(503, ["Retry-After: 9"], "{}")]
        let render = try RenderAPI(world)
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps)
        #expect(results.last?.ending == .exited(0))
        #expect(walk.time.pauses.contains(.seconds(9)))
        #expect(render.world { $0.made.count } == 1)
    }

    @Test func aQuestionThatIsOneTooManyIsAskedAgainWhenItMayBe() async throws {
        var world = RenderAPI.World()
        world.busy = [.answer(429, ["Retry-After: 30"], "{}"), .wrong(429, "rate limit")]
        let render = try RenderAPI(world)
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        #expect(walk.waited == ["30", "5"])
        #expect(render.world { $0.made.count } == 1)
    }

    /// 202 has no body: another deploy is under way, and the one that is asked for waits.
    @Test(arguments: ["flag", "deploy"]) func aDeployThatIsQueuedIsWaitedFor(
        _ name: String
    ) async throws {
        var world = RenderAPI.World()
        world.queues = true
        let render = try RenderAPI(world)
        let walk = try walk(render)
        let results = await walk.run(try walk.method(name).steps)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.ending))")
        #expect(render.world { $0.made.map(\.course) } == [["live"]])
    }

    @Test func anotherDeployThatComesBetweenIsNotTakenForIt() async throws {
        let render = try RenderAPI()
        let walk = try walk(render)
        let steps = try walk.method("deploy").steps
        _ = await walk.run(Array(steps.prefix(2)))
        render.world {
            $0.deploys.insert(
                RenderAPI.Deploy(
                    id: "dep-01", commit: "0ther00", startedAt: "2026-01-17T10:50:00Z",
                    course: ["build_failed"]), at: 0)
        }
        let results = await walk.run(Array(steps.dropFirst(2)))
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        #expect(results.last?.output.contains("dep-1 is live") == true)
    }

    @Test func anAnswerThatNeverComesDeploysNoSecondTime() async throws {
        var world = RenderAPI.World()
        world.refusals = [.reset]
        let render = try RenderAPI(world)
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps)
        #expect(
            results.last?.ending.reason.contains("whether it was carried out is not known") == true)
        #expect(render.server.lines.filter { $0.hasPrefix("POST") }.count == 1)
    }
}
