// `watchctl test-channel`, and what a reload has to say.

import TestServers
import Testing
import WatchCore
import WatchSystem

@testable import WatchControl

@Suite(.enabled(if: runsAsRoot, "root may act without groups")) struct ChannelTestTests {
    private func run(
        _ test: ChannelTest, _ arguments: String...
    ) async throws -> ProgramResult {
        try await withServer { server in
            server.backend.set(test: test)
            return try await watchctl(["test-channel", "--socket", server.path] + arguments)
        }
    }

    @Test func theExitStatusSaysWhetherItArrived() async throws {
        let good = ChannelTest(channel: "ops-chat", sent: true, text: "it took it", took: 0.2)
        let arrived = try await run(good, "ops-chat")
        #expect(arrived.status == 0, "\(arrived.errors)")
        #expect(arrived.output.contains("✔ it took it"))
        let json = try await run(good, "ops-chat", "--json")
        #expect(try WireJSON.decode(ChannelTest.self, from: Array(json.output.utf8)) == good)
        var bad = good
        bad.sent = false
        bad.text = "HTTP 404: no_team"
        let refused = try await run(bad, "ops-chat")
        #expect(refused.status == 1)
        #expect(refused.output.contains("✖ HTTP 404: no_team"))
    }

    @Test func anUnknownChannelNamesTheOthers() async throws {
        let test = ChannelTest(channel: "ops-chat", sent: true, text: "", took: 0)
        let unknown = try await run(test, "ops")
        #expect(unknown.status == 3)
        #expect(unknown.errors.contains("there is no channel 'ops'; there are: mail, ops-chat"))
    }

    /// The warnings of a configuration that was taken are worth as much as those of one that was
    /// not.
    @Test func aReloadShowsEachWarningOnALineOfItsOwn() async throws {
        try await withServer { server in
            server.backend.set(reloadWarning: "and a warning")
            let result = try await watchctl(["reload", "--socket", server.path])
            #expect(result.status == 0)
            #expect(result.output.split(separator: "\n").last == "and a warning")
        }
    }

    @Test func aFileThatIsNoSocketIsSaidToBeNone() async throws {
        let result = try await watchctl(["status", "--socket", "/etc/passwd"])
        #expect(result.status == 3)
        #expect(result.errors.contains("/etc/passwd is no socket; name the one of watchd"))
    }
}
