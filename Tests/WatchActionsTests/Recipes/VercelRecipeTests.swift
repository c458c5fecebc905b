// The recipe of Vercel against a server that knows Vercel's interface and judges what it is sent.

import TestServers
import Testing
import WatchCore

@testable import WatchActions

struct VercelRecipeTests {
    private func walk(
        _ vercel: VercelAPI, token: String = "vercel-secret", deployment: String = "dpl_good",
        variables: [String: String] = [:], git: GitShop? = nil
    ) throws -> RecipeWalk {
        var places = ["https://api.vercel.com": vercel.server.url]
        if let git {
            places["/var/lib/watchd/git/${vars.repository}"] = git.clone
            places["git@git.example.com:${vars.repository}.git"] = git.remote
        }
        return try RecipeWalk(
            "vercel", places, secrets: ["vercel-token": token],
            variables: ["to.deployment": deployment].merging(variables) { $1 })
    }

    @Test func theGoodDeploymentIsPromotedAndWaitedFor() async throws {
        let vercel = try VercelAPI()
        let walk = try walk(vercel)
        #expect(await walk.gate().ending == .exited(0))
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        #expect(vercel.world { $0.production } == "dpl_good")
        let lines = vercel.server.lines.dropFirst()
        let team = "?teamId=team_CHANGE_ME"
        let question = "GET /v9/projects/prj_CHANGE_ME\(team)"
        #expect(
            lines == [
                question, "POST /v10/projects/prj_CHANGE_ME/promote/dpl_good\(team)", question,
                question, question,
            ])
    }

    /// It waits behind a rolling release; until it begins, the project tells of an older request.
    @Test(
        arguments: [
            ("dpl_old", "succeeded"), ("dpl_old", "failed"), ("dpl_good", "failed"),
            ("dpl_good", "succeeded"),
        ])
    func anOlderRequestIsNotTakenForAPromotionThatIsQueued(to: String, status: String) async throws
    {
        var world = VercelAPI.World()
        world.queue = 3
        world.last = VercelAPI.AliasRequest(
            to: to, jobs: [status], requestedAt: 1_700_000_000_000)
        if to == "dpl_good" { world.last?.requestedAt -= 86_400_000 }
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.ending))")
        #expect(vercel.world { $0.production } == "dpl_good")
        #expect(vercel.world { $0.queued == nil && $0.last?.jobs == ["succeeded"] })
    }

    @Test func aDeploymentThatWasDeletedBlocksTheGate() async throws {
        let vercel = try VercelAPI()
        let result = await (try walk(vercel, deployment: "dpl_gone")).gate()
        #expect(result.ending == .unexpected("status 404, expected 200"))
        #expect(result.output.contains("The deployment was not found"))
    }

    @Test func aTokenThatIsNotTakenIsToldAndNotShown() async throws {
        let vercel = try VercelAPI()
        let walk = try walk(vercel, token: "an-old-token")
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.map(\.ending) == [.exited(10)])
        #expect(results[0].output.contains("was answered 401"))
        #expect(results[0].output.contains("The request is not authorized."))
        #expect(!results[0].output.contains("an-old-token"))
        #expect(vercel.world { $0.production } == "dpl_bad")
    }

    @Test func aConflictEndsTheMethod() async throws {
        var world = VercelAPI.World()
        world.deployments["dpl_good"] = "ERROR"
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let gate = await walk.gate()
        #expect(gate.ending == .unexpected("$.readyState is 'ERROR', expected 'READY'"))
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.last?.ending == .unexpected("status 409, expected 201 or 202"))
    }

    @Test func aLimitOfRequestsIsWaitedFor() async throws {
        var world = VercelAPI.World()
        world.refusals = [.answer(429, ["Retry-After: 20"], #"{"error":{"code":"rate_limited"}}"#)]
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.allSatisfy { $0.ending == .exited(0) })
        #expect(walk.time.pauses.first == .seconds(20))
        #expect(vercel.world { $0.production } == "dpl_good")
    }

    /// The programs of the recipe wait as watchd's own requests do.
    @Test func aQuestionThatIsOneTooManyIsAskedAgainWhenItMayBe() async throws {
        var world = VercelAPI.World()
        world.busy = [
            .answer(429, ["Retry-After: 20"], "{}"), .answer(503, ["Retry-After: 9"], "{}"),
            .answer(429, ["Retry-After: 7200"], "{}"), .answer(423), .answer(429),
        ]
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.allSatisfy { $0.ending == .exited(0) }, "\(results.map(\.output))")
        // No longer than a minute, and without a time the usual one, which is 5 s.
        #expect(walk.waited == ["20", "9", "60", "5", "5"])
        #expect(results[0].output.contains("was answered 429: it is asked again in 20 s"))
        #expect(!results[0].output.contains("vercel-secret"))
        #expect(vercel.world { $0.production } == "dpl_good")
    }

    @Test func aServerThatIsDownAndNamesNoTimeIsNotWaitedFor() async throws {
        var world = VercelAPI.World()
        world.busy = [.wrong(503, "down")]
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.map(\.ending) == [.exited(10)])
        #expect(results[0].output.contains("was answered 503"))
        #expect(walk.waited.isEmpty)
    }

    @Test(arguments: ["failed", "skipped"])
    func aPromotionThatFailsIsToldAsFailed(_ status: String) async throws {
        var world = VercelAPI.World()
        world.jobsOfPromotion = ["pending", status]
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.last?.ending == .exited(1))
        #expect(results.last?.output.contains("the promotion of dpl_good has \(status)") == true)
    }

    // MARK: - The second method, with real git

    @Test(arguments: [true, false]) func whatWasPushedIsRevertedAndBuilt(isGood: Bool) async throws
    {
        let git = try await GitShop()
        var world = VercelAPI.World()
        if !isGood { world.builds = ["BUILDING", "ERROR"] }
        let vercel = try VercelAPI(world)
        let walk = try walk(
            vercel,
            variables: ["to.commit": git.good, "from.commit": git.bad], git: git)
        let steps = try walk.method("git-revert").steps
        let pushed = await walk.run(Array(steps.dropLast()))
        try #require(pushed.allSatisfy { $0.succeeded }, "\(pushed.map(\.output))")
        // Nothing was rewritten: the bad commits are still there, and what they did is not.
        let titles = try await git.told("log", "--format=%s", "main")
        #expect(titles.hasPrefix("Revert "))
        #expect(titles.contains("bad, part two"))
        #expect(try await git.told("show", "main:page") == "good")
        #expect(try await git.told("rev-parse", "backup-shop-17") == git.bad)
        let commit = try await git.told("rev-parse", "main")
        vercel.world { $0.builtCommit = commit }
        let built = await walk.run(steps.suffix(1))
        let check = try #require(try walk.method("git-revert").check)
        if isGood {
            #expect(built.map(\.ending) == [.exited(0)])
            #expect(await walk.run(check).ending == .exited(0))
        } else {
            #expect(built[0].ending.reason.contains(#""readyState":"ERROR""#))
            #expect(await walk.run(check).ending.reason.contains("is 'ERROR', expected 'READY'"))
        }
    }

    /// Also in a clone in which a revert of somebody's got stuck.
    @Test(arguments: [true, false]) func aMergeIsReverted(isStuck: Bool) async throws {
        let git = try await GitShop(merges: true)
        if isStuck { try await git.getStuck() }
        let vercel = try VercelAPI()
        let walk = try walk(
            vercel, variables: ["to.commit": git.good, "from.commit": git.bad], git: git)
        let steps = try walk.method("git-revert").steps
        let results = await walk.run(Array(steps.dropLast()))
        #expect(results.allSatisfy { $0.succeeded }, "\(results.map(\.output))")
        #expect(try await git.told("show", "main:page") == "good")
        #expect(try await git.told("ls-tree", "--name-only", "main") == "page")
        #expect(try await git.told("rev-parse", "main~1") == git.bad)
    }
}
