// The recipe of Neon against servers that know Neon's and Render's interfaces.

import TestServers
import Testing
import WatchCore

@testable import WatchActions

struct NeonRecipeTests {
    private func walk(
        _ neon: NeonAPI, _ render: RenderAPI, variables: [String: String] = [:],
        keys: (neon: String, render: String) = ("neon-secret", "render-secret")
    ) throws -> RecipeWalk {
        try RecipeWalk(
            "neon",
            [
                "https://console.neon.tech": neon.server.url,
                "https://api.render.com": render.server.url,
            ],
            secrets: [
                "neon-key": keys.neon, "render-key": keys.render,
                "database-password": "pa55/word",
            ], variables: variables)
    }

    /// The gates, the method up to the first step that fails, and what runs in any case.
    private func run(_ walk: RecipeWalk) async throws -> [TaskResult] {
        let gates = await walk.gates()
        try #require(gates.allSatisfy { $0.succeeded }, "\(gates.last?.output ?? "")")
        let steps = await walk.run(try walk.method("restore").steps)
        return await gates + steps + walk.run(walk.plan.after)
    }

    private func url(_ host: String) -> String {
        RenderAPI.oldURL.replacing(RenderAPI.oldHost, with: "\(host).\(NeonAPI.region)")
    }

    @Test func theDatabaseOfBeforeTheDeploymentIsBranchedAndUsed() async throws {
        let (neon, render) = (try NeonAPI(), try RenderAPI())
        let walk = try walk(neon, render)
        let method = try walk.method("restore")
        #expect(!method.isUnattended)
        #expect(method.loses == "everything written since the bad deployment began")
        let results = try await run(walk)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        let made = neon.world { $0.made }
        #expect(made.map(\.name) == ["before-shop-17"])
        #expect(made.map(\.time) == ["2026-01-17T10:30:00Z"])
        // Whoever asked the pooler goes on to; role, password and all else are as they were.
        #expect(render.world { $0.used } == url("ep-small-bush-1-pooler"))
        #expect(render.world { $0.commit } == "b7920c6")
        #expect(render.world { $0.maintenance } == [true, false])
        #expect(results.allSatisfy { !$0.output.contains("pa55") })
    }

    /// What was written since the first rollback is in the branch that it made, and nowhere else.
    @Test func aSecondRollbackBeginsAtTheBranchInUse() async throws {
        let (neon, render) = (try NeonAPI(), try RenderAPI())
        _ = try await run(try walk(neon, render))
        #expect(neon.world { $0.made.map(\.parent) } == ["br-main-000000"])
        // Weeks later.
        render.world {
            for index in $0.deploys.indices { $0.deploys[index].course = ["deactivated"] }
            $0.deploys.insert(
                RenderAPI.Deploy(
                    id: "dep-02", commit: "c0ffee1", startedAt: "2026-02-20T08:00:00Z"), at: 0)
        }
        let second = try walk(
            neon, render, variables: ["incident": "shop-31", "from.commit": "c0ffee1"])
        let results = try await run(second)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        #expect(neon.world { $0.made.map(\.name) } == ["before-shop-17", "before-shop-31"])
        #expect(neon.world { $0.made.map(\.parent) } == ["br-main-000000", "br-dawn-scene-1"])
        #expect(neon.world { $0.made.last?.time } == "2026-02-20T08:00:00Z")
        #expect(render.world { $0.used } == url("ep-small-bush-2-pooler"))
    }

    /// Somebody tried the bad commit again, and a build of another one failed in between.
    @Test func theFirstOfItsDeploysInARowIsWhenItBegan() async throws {
        var world = RenderAPI.World()
        let old = world.deploys
        world.deploys =
            [
                RenderAPI.Deploy(
                    id: "dep-04", commit: "d00d1e5", startedAt: "2026-01-17T14:05:00Z",
                    course: ["build_in_progress"]),
                RenderAPI.Deploy(
                    id: "dep-03", commit: "b90de38", startedAt: "2026-01-17T14:00:00Z"),
                RenderAPI.Deploy(
                    id: "dep-02", commit: "d00d1e5", startedAt: "2026-01-17T13:00:00Z",
                    course: ["build_failed"]),
                RenderAPI.Deploy(
                    id: "dep-01", commit: "b90de38", startedAt: "2026-01-17T12:00:00Z",
                    course: ["deactivated"]),
            ] + old
        world.deploys[4].course = ["update_failed"]
        // It could not be built at first, and it was tried the week before, and rolled back.
        world.deploys.insert(
            RenderAPI.Deploy(
                id: "dep-005", commit: "b90de38", startedAt: "2026-01-17T09:00:00Z",
                course: ["build_failed"]), at: 5)
        world.deploys.append(
            RenderAPI.Deploy(
                id: "dep-001", commit: "b90de38", startedAt: "2026-01-10T10:00:00Z",
                course: ["deactivated"]))
        let (neon, render) = (try NeonAPI(), try RenderAPI(world))
        _ = try await run(try walk(neon, render))
        #expect(neon.world { $0.made.map(\.time) } == ["2026-01-17T10:30:00Z"])
    }

    @Test func aCommitThatWasNeverDeployedBlocks() async throws {
        let (neon, render) = (try NeonAPI(), try RenderAPI())
        let results = await (try walk(neon, render, variables: ["from.commit": "0ther00"])).gates()
        #expect(results.last?.ending == .exited(10))
        #expect(results.last?.output.contains("0ther00 began to be deployed") == true)
    }

    @Test(arguments: ["shop", "postgresql://shop@db.example.com/shop"])
    func aDatabaseElsewhereBlocks(_ url: String) async throws {
        var world = RenderAPI.World()
        world.variables["DATABASE_URL"] = url
        let (neon, render) = (try NeonAPI(), try RenderAPI(world))
        let results = await (try walk(neon, render)).gates()
        #expect(results.count == 2)
        #expect(results.last?.succeeded == false)
    }

    /// The next hotfix must not switch databases without a word.
    @Test(arguments: ["build_failed", "build_in_progress"])
    func aDeployThatFailsLeavesTheVariableAsItWas(_ last: String) async throws {
        var world = RenderAPI.World()
        world.course = ["created", last]
        if last != "build_failed" { world.refusals = [.reset] }
        let (neon, render) = (try NeonAPI(), try RenderAPI(world))
        let walk = try walk(neon, render)
        let results = try await run(walk)
        #expect(results.contains { !$0.succeeded })
        #expect(neon.world { $0.made.count } == 1)
        #expect(render.world { $0.variables["DATABASE_URL"] } == RenderAPI.oldURL)
        let said = results.map(\.output).first { $0.contains("b7920c6 is not live") }
        #expect(said?.contains("DATABASE_URL names \(RenderAPI.oldHost) again") == true)
        #expect(render.world { $0.isInMaintenance } == false)
    }

    @Test func whatIsStillBuiltWhenItIsGivenUpIsCancelled() async throws {
        let (neon, render) = (try NeonAPI(), try RenderAPI())
        let walk = try walk(neon, render)
        _ = await walk.gates()
        let steps = try walk.method("restore").steps
        // Without the last one, which waits.
        _ = await walk.run(Array(steps.dropLast()))
        render.world { $0.deploys[0].course = ["build_in_progress"] }
        #expect(await walk.run(walk.plan.after).allSatisfy { $0.succeeded })
        #expect(render.world { $0.deploys[0].course } == ["canceled"])
        #expect(render.world { $0.variables["DATABASE_URL"] } == RenderAPI.oldURL)
    }

    @Test func aProjectThatIsLockedIsWaitedFor() async throws {
        var world = NeonAPI.World()
        world.locks = 2
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let results = try await run(try walk(neon, render))
        #expect(results.allSatisfy { $0.succeeded })
        #expect(neon.world { $0.made.count } == 1)
    }

    @Test func aDeployThatIsQueuedIsWaitedFor() async throws {
        var world = RenderAPI.World()
        world.queues = true
        let (neon, render) = (try NeonAPI(), try RenderAPI(world))
        let results = try await run(try walk(neon, render))
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        #expect(render.world { $0.commit } == "b7920c6")
    }

    @Test func aBranchThatCannotBeMadeLeavesTheApplicationWhereItIs() async throws {
        var world = NeonAPI.World()
        world.course = ["scheduling", "failed"]
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let walk = try walk(neon, render)
        let results = try await run(walk)
        #expect(results.contains { $0.ending.reason.contains(#""status":"failed""#) })
        #expect(render.world { $0.variables["DATABASE_URL"] } == RenderAPI.oldURL)
        #expect(render.world { $0.made.isEmpty })
    }

    @Test func aSecondRestoreOfTheSameIncidentIsRefused() async throws {
        var world = NeonAPI.World()
        world.branches["br-dawn-scene-1"] = NeonAPI.Branch(
            name: "before-shop-17", parent: "br-main-000000")
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let results = try await run(try walk(neon, render))
        #expect(results.contains { $0.ending == .unexpected("status 409, expected 201") })
        #expect(render.world { $0.variables["DATABASE_URL"] } == RenderAPI.oldURL)
    }

    // MARK: - 401, 404 and 429

    @Test func aKeyOfNeonThatIsNotTakenBlocks() async throws {
        let (neon, render) = (try NeonAPI(), try RenderAPI())
        let walk = try walk(neon, render, keys: ("an-old-key", "render-secret"))
        #expect(await walk.gates().map(\.ending) == [.unexpected("status 401, expected 200")])
        #expect(neon.world { $0.made.isEmpty })
    }

    @Test func aKeyOfRenderThatIsNotTakenBlocksAndIsNotShown() async throws {
        let (neon, render) = (try NeonAPI(), try RenderAPI())
        let results = await (try walk(neon, render, keys: ("neon-secret", "an-old-key"))).gates()
        #expect(results.map(\.ending) == [.exited(0), .exited(10)])
        #expect(results.last?.output.contains("was answered 401") == true)
        #expect(results.last?.output.contains("an-old-key") == false)
    }

    @Test func aHostThatIsNoEndpointOfTheProjectBlocks() async throws {
        var world = NeonAPI.World()
        world.endpoints = [:]
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let results = await (try walk(neon, render)).gates()
        #expect(results.count == 3)
        #expect(results.last?.ending == .unexpected("status 404, expected 200"))
        #expect(results.last?.output.contains("endpoint not found") == true)
    }

    @Test func aBranchInUseThatIsGoneLeavesTheApplicationWhereItIs() async throws {
        var world = NeonAPI.World()
        world.branches = [:]
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let results = try await run(try walk(neon, render))
        #expect(results.contains { $0.ending == .unexpected("status 404, expected 201") })
        #expect(render.world { $0.variables["DATABASE_URL"] } == RenderAPI.oldURL)
        #expect(render.world { $0.made.isEmpty })
    }

    @Test func limitsOfRequestsAreWaitedForOnBothSides() async throws {
        var world = NeonAPI.World()
        world.busy = [.answer(429, ["Retry-After: 7"], "{}")]
        let (neon, render) = (try NeonAPI(world), try RenderAPI())
        let walk = try walk(neon, render)
        let gates = await walk.gates()
        #expect(gates.allSatisfy { $0.succeeded })
        #expect(walk.time.pauses.contains(.seconds(7)))
        neon.world { $0.busy = [.answer(429, ["Retry-After: 8"], "{}"), .answer(429)] }
        let steps = try walk.method("restore").steps
        var results = await walk.run(Array(steps.prefix(3)))
        #expect(walk.time.pauses.contains(.seconds(8)))
        render.world {
            $0.busy = [
                .answer(429, ["Retry-After: 12"], "{}"), .answer(429, ["Retry-After: 13"], "{}"),
            ]
        }
        results += await walk.run(Array(steps.dropFirst(3)) + walk.plan.after)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        #expect(walk.waited == ["12", "13"])
        #expect(neon.world { $0.made.count } == 1)
        #expect(render.world { $0.used } == url("ep-small-bush-1-pooler"))
    }

    /// The new value itself is what is sent again.
    @Test func aNewValueThatIsOneTooManyIsSetLater() async throws {
        let (neon, render) = (try NeonAPI(), try RenderAPI())
        let walk = try walk(neon, render)
        _ = await walk.gates()
        let steps = try walk.method("restore").steps
        _ = await walk.run(Array(steps.prefix(3)))
        render.world {
            // As it is asked for first, so that the next request is the one that sets it.
            $0.busy = [
                .json(200, #"{"key":"DATABASE_URL","value":"\#(RenderAPI.oldURL)"}"#),
                .answer(429, ["Retry-After: 14"], "{}"),
            ]
        }
        let results = await walk.run([steps[3]])
        #expect(results.map(\.ending) == [.exited(0)], "\(results.map(\.output))")
        #expect(walk.waited == ["14"])
        #expect(render.world { $0.variables["DATABASE_URL"] } == url("ep-small-bush-1-pooler"))
        #expect(results.allSatisfy { !$0.output.contains("pa55") })
    }
}
