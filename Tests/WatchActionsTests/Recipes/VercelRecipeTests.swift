// The recipe of Vercel against a server that knows Vercel's interface and judges what it is sent.

import Foundation
import TestServers
import Testing
import WatchCore

@testable import WatchActions

struct VercelRecipeTests {
    private func walk(
        _ vercel: VercelAPI, token: String = "vercel-secret", deployment: String = "dpl_good",
        variables: [String: String] = [:], git: String? = nil
    ) throws -> RecipeWalk {
        var places = ["https://api.vercel.com": vercel.server.url]
        if let git { places["/var/lib/watchd/git/shop"] = git }
        return try RecipeWalk(
            "vercel", places, secrets: ["vercel-token": token],
            variables: ["to.deployment": deployment].merging(variables) { $1 })
    }

    @Test func theGoodDeploymentIsPromotedAndWaitedFor() async throws {
        let vercel = try VercelAPI()
        let walk = try walk(vercel)
        #expect(await walk.gate().ending == .exited(0))
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.map(\.ending) == [.exited(0)])
        #expect(vercel.world { $0.production } == "dpl_good")
        let lines = vercel.server.lines
        let team = "?teamId=team_CHANGE_ME"
        #expect(lines[1] == "POST /v10/projects/prj_CHANGE_ME/promote/dpl_good\(team)")
        #expect(lines.dropFirst(2).allSatisfy { $0 == "GET /v9/projects/prj_CHANGE_ME\(team)" })
        #expect(lines.count == 5)
        #expect(walk.time.pauses == [.seconds(3), .seconds(3), .seconds(3)])
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
        #expect(results.map(\.ending) == [.unexpected("status 401, expected 201 or 202")])
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
        #expect(results.map(\.ending) == [.unexpected("status 409, expected 201 or 202")])
    }

    @Test func aLimitOfRequestsIsWaitedFor() async throws {
        var world = VercelAPI.World()
        world.refusals = [.answer(429, ["Retry-After: 20"], #"{"error":{"code":"rate_limited"}}"#)]
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.map(\.ending) == [.exited(0)])
        #expect(walk.time.pauses.first == .seconds(20))
        #expect(vercel.world { $0.production } == "dpl_good")
    }

    @Test(arguments: ["failed", "skipped"])
    func aPromotionThatFailsIsToldAsFailed(_ status: String) async throws {
        var world = VercelAPI.World()
        world.jobsOfPromotion = ["pending", status]
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results[0].ending.reason.hasPrefix("unexpected: it failed: status 200"))
        #expect(results[0].ending.reason.contains(#""jobStatus":"\#(status)""#))
    }

    @Test func aPromotionThatNeverEndsIsGivenUpInTime() async throws {
        var world = VercelAPI.World()
        world.jobsOfPromotion = ["in-progress"]
        let vercel = try VercelAPI(world)
        let walk = try walk(vercel)
        let results = await walk.run(try walk.method("promote").steps)
        #expect(results.map(\.ending) == [.timedOut])
        #expect(walk.time.pauses.reduce(.zero, +) == .minutes(3))
    }

    // MARK: - The second method, with real git

    @Test(arguments: [true, false]) func whatWasPushedIsRevertedAndBuilt(isGood: Bool) async throws
    {
        let git = try GitShop()
        var world = VercelAPI.World()
        if !isGood { world.builds = ["BUILDING", "ERROR"] }
        let vercel = try VercelAPI(world)
        let walk = try walk(
            vercel,
            variables: ["to.commit": git.good, "from.commit": git.bad], git: git.clone)
        let steps = try walk.method("git-revert").steps
        let pushed = await walk.run(Array(steps.dropLast()))
        #expect(pushed.map(\.ending) == .init(repeating: .exited(0), count: steps.count - 1))
        // Nothing was rewritten: the bad commits are still there, and what they did is not.
        #expect(try git.remote("log", "--format=%s", "main").hasPrefix("Revert "))
        #expect(try git.remote("log", "--format=%s", "main").contains("bad, part two"))
        #expect(try git.remote("show", "main:page") == "good\n")
        vercel.world { $0.builtCommit = try? git.remote("rev-parse", "main") }
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
}

/// A bare repository with a good commit and two bad ones, and a clone of it.
struct GitShop {
    private let directory: URL
    let good: String
    let bad: String

    var clone: String { directory.appending(path: "clone").path() }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(
            path: "watchd-git-\(UUID().uuidString)")
        let remote = directory.appending(path: "remote.git").path()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Self.git(["init", "--quiet", "--bare", "--initial-branch=main", remote])
        let clone = directory.appending(path: "clone").path()
        try Self.git(["clone", "--quiet", remote, clone])
        func commit(_ text: String, _ message: String) throws -> String {
            try Data("\(text)\n".utf8).write(to: URL(filePath: clone + "/page"))
            try Self.git(["-C", clone, "add", "page"])
            try Self.git(
                [
                    "-C", clone, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit",
                    "--quiet", "-m", message,
                ])
            return try Self.git(["-C", clone, "rev-parse", "HEAD"])
        }
        try Self.git(["-C", clone, "checkout", "--quiet", "-B", "main"])
        good = try commit("good", "good")
        _ = try commit("bad", "bad, part one")
        bad = try commit("worse", "bad, part two")
        try Self.git(["-C", clone, "push", "--quiet", "origin", "main"])
    }

    func remote(_ arguments: String...) throws -> String {
        try Self.git(
            ["--git-dir", directory.appending(path: "remote.git").path()] + arguments,
            trimmed: arguments.first != "show")
    }

    @discardableResult
    private static func git(_ arguments: [String], trimmed: Bool = true) throws -> String {
        let process = ChildProcess()
        process.executableURL = URL(filePath: "/usr/bin/git")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "git \(arguments)")
        let text = String(decoding: data, as: UTF8.self)
        return trimmed ? text.trimmingCharacters(in: .whitespacesAndNewlines) : text
    }
}
