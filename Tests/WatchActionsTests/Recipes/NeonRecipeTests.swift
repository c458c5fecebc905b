// The recipe of Neon against servers that know Neon's and Render's interfaces.

import TestServers
import Testing
import WatchCore

@testable import WatchActions

struct NeonRecipeTests {
    private func walk(_ neon: NeonAPI, _ render: RenderAPI) throws -> RecipeWalk {
        try RecipeWalk(
            "neon",
            [
                "https://console.neon.tech": neon.server.url,
                "https://api.render.com": render.server.url,
            ],
            secrets: [
                "neon-key": "neon-secret", "render-key": "render-secret",
                "database-password": "pa55-word",
            ])
    }

    @Test func theDatabaseOfBeforeTheDeploymentIsBranchedAndUsed() async throws {
        let (neon, render) = (try NeonAPI(), try RenderAPI())
        let walk = try walk(neon, render)
        #expect(await walk.gate().ending == .exited(0))
        let method = try walk.method("restore")
        #expect(!method.isUnattended)
        #expect(method.loses == "everything written since the bad deployment began")
        let results = await walk.run(method.steps + walk.plan.after)
        #expect(results.map(\.ending) == .init(repeating: .exited(0), count: 7))
        #expect(neon.world { $0.branches } == ["before-shop-17": "2026-01-17T10:30:00Z"])
        #expect(
            render.world { $0.variables["DATABASE_URL"] }
                == "postgresql://shop:pa55-word@\(NeonAPI.host)/shop?sslmode=require")
        #expect(render.world { $0.commit } == "b7920c6")
        #expect(render.world { $0.maintenance } == [true, false])
        #expect(results.allSatisfy { !$0.output.contains("pa55-word") })
    }

    @Test func aProjectThatIsLockedIsWaitedFor() async throws {
        var world = NeonAPI.World()
        world.locks = 2
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let walk = try walk(neon, render)
        let results = await walk.run(try walk.method("restore").steps)
        #expect(results.allSatisfy { $0.succeeded })
        #expect(neon.world { $0.branches.count } == 1)
    }

    @Test func aBranchThatCannotBeMadeLeavesTheApplicationWhereItIs() async throws {
        var world = NeonAPI.World()
        world.course = ["scheduling", "failed"]
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let walk = try walk(neon, render)
        let results = await walk.run(try walk.method("restore").steps)
        #expect(results.count == 3)
        #expect(results[2].ending.reason.contains(#""status":"failed""#))
        #expect(render.world { $0.variables["DATABASE_URL"] } == "postgresql://old")
        #expect(render.world { $0.deploys.isEmpty })
    }

    @Test func aSecondRestoreOfTheSameIncidentIsRefused() async throws {
        var world = NeonAPI.World()
        world.branches = ["before-shop-17": "2026-01-17T10:30:00Z"]
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let walk = try walk(neon, render)
        let results = await walk.run(try walk.method("restore").steps)
        #expect(results.last?.ending == .unexpected("status 409, expected 201"))
        #expect(render.world { $0.variables["DATABASE_URL"] } == "postgresql://old")
    }
}
