// A pipeline waits for the verdict on its release, and goes on by the exit status.

import TestServers
import Testing
import WatchCore

@Suite(.enabled(if: runsAsRoot, "root may act without groups")) struct WaitTests {
    private func release(_ version: String, _ standing: Standing) -> Release {
        Release(
            identity: ReleaseIdentity(version: version), standing: standing, baked: .minutes(3),
            standingReason: "because",
            lastRan: Moment(boot: .seconds(1), wall: .seconds(1_800_000_000)))
    }

    private func wait(
        _ list: ReleaseList, _ arguments: String...
    ) async throws -> ProgramResult {
        try await withServer { server in
            server.backend.set(releases: list)
            return try await watchctl(
                ["wait", "shop", "--socket", server.path] + arguments)
        }
    }

    @Test func goodIsZeroAndBadIsOne() async throws {
        let good = ReleaseList(
            service: "shop", running: "2.0.0", lastKnownGood: "1.9.0",
            releases: [release("2.0.0", .good), release("1.9.0", .good)])
        #expect(try await wait(good).status == 0)
        #expect(try await wait(good, "--version", "2.0.0").output.contains("2.0.0 is good"))
        var bad = good
        bad.releases[0].standing = .bad
        let result = try await wait(bad, "--json")
        #expect(result.status == 1)
        #expect(result.output.contains(#""result":"bad""#))
    }

    @Test func whatIsNotKnownInTimeIsThree() async throws {
        let baking = ReleaseList(
            service: "shop", running: "2.0.0", lastKnownGood: "1.9.0",
            releases: [release("2.0.0", .baking), release("1.9.0", .good)])
        let result = try await wait(baking, "--for", "1ms")
        #expect(result.status == 3)
        #expect(result.output.contains("2.0.0 is baking"))
        // A good release that does not run is not yet the one that is waited for.
        let other = try await wait(baking, "--for", "1ms", "--version", "1.9.0")
        #expect(other.status == 3)
        #expect(other.output.contains("1.9.0 does not run yet, 2.0.0 does"))
    }

    @Test func anotherReleaseInItsPlaceIsOne() async throws {
        try await withServer { server in
            var list = ReleaseList(
                service: "shop", running: "2.0.0", lastKnownGood: nil,
                releases: [release("2.0.0", .baking)])
            server.backend.set(releases: list)
            async let result = watchctl(["wait", "shop", "--socket", server.path])
            for await _ in server.backend.releasesAsked { break }
            list.running = "2.0.1"
            list.releases.append(release("2.0.1", .baking))
            server.backend.set(releases: list)
            let ended = try await result
            #expect(ended.status == 1)
            #expect(ended.output.contains("2.0.1 runs instead of 2.0.0"))
        }
    }

    @Test func whoCannotBeAskedIsThree() async throws {
        #expect(
            try await watchctl(["wait", "shop", "--socket", "/tmp/watchd-test-none.sock"]).status
                == 3)
        try await withServer { server in
            let unknown = try await watchctl(["wait", "shpo", "--socket", server.path])
            #expect(unknown.status == 3)
        }
        #expect(try await watchctl(["wait", "shop", "--for", "ever"]).status == 2)
    }
}
