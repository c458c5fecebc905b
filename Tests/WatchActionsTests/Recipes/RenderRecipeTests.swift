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
        #expect(await walk.run(method.steps).map(\.ending) == [.exited(0), .exited(0)])
        #expect(await walk.run(check).ending == .exited(0))
        #expect(render.world { $0.commit } == "b90de38")
        let place = "/v1/services/srv-CHANGE_ME/deploys/dep-1"
        #expect(render.server.lines.suffix(2).first == "GET \(place)")
    }

    @Test func theGoodCommitIsDeployedBehindTheMaintenancePage() async throws {
        let render = try RenderAPI()
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps + walk.plan.after)
        #expect(results.map(\.ending) == [.exited(0), .exited(0), .exited(0)])
        #expect(results[1].saved == ["deploy": "dep-1"])
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
        #expect(results[1].ending.reason.contains(#""status":"\#(status)""#))
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
        #expect(results.last?.ending == .unexpected("status \(status), expected 201"))
        #expect(render.world { $0.deploys.isEmpty })
    }

    @Test func aLimitOfRequestsIsWaitedForAndOneDeployBegins() async throws {
        var world = RenderAPI.World()
        world.refusals = [.wrong(429, "rate limit"), .answer(503, ["Retry-After: 9"], "{}")]
        let render = try RenderAPI(world)
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps)
        #expect(results.last?.ending == .exited(0))
        #expect(walk.time.pauses.contains(.seconds(9)))
        #expect(render.world { $0.deploys.count } == 1)
    }

    @Test func anAnswerThatNeverComesDeploysNoSecondTime() async throws {
        var world = RenderAPI.World()
        world.refusals = [.reset]
        let render = try RenderAPI(world)
        let walk = try walk(render)
        let results = await walk.run(try walk.method("deploy").steps)
        #expect(results[1].ending.reason.contains("whether it was carried out is not known"))
        #expect(render.server.lines.filter { $0.hasPrefix("POST") }.count == 1)
    }
}
