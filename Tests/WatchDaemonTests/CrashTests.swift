// Wherever in a rollback the daemon dies, the next one goes on with the same incident, runs no
// step twice, and people hear of it.

import Glibc
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct CrashTests {
    @Test(arguments: [
        "before-persist:decision:1", "after-persist:rollback.began:1",
        "before-persist:step.started:1", "after-persist:step.started:1",
        "before-run:shop-3-r1.m0s0t1:1", "after-run:shop-3-r1.m0s0t1:1",
        "before-persist:step.finished:1", "after-persist:step.finished:1",
        "before-run:shop-3-r1.m0s1t1:1", "after-run:shop-3-r1.m0s1t1:1",
        "before-persist:verify.landing:1", "after-persist:verify.landing:1",
        "before-persist:verify.landed:1", "after-persist:verify.landed:1",
        "after-persist:verify.settled:1", "before-persist:incident.recovered:1",
        "after-persist:incident.recovered:1", "before-send:1", "after-send:1", "before-send:2",
    ])
    func aDaemonThatDiesThereGoesOnAndDoesNothingTwice(place: String) async throws {
        let host = try Host()
        let first = try RunningDaemon(host, .init(crashAt: place))
        try await first.arm()
        _ = try #require(await first.event("release.good"))
        try host.deploy(Host.bad)
        #expect(try await first.end() == SIGKILL)
        let second = try RunningDaemon(host)
        try await expectRecovery(second, host)
    }
}

/// The rollback ends well under the one incident, each step ran once, and the chat knows.
func expectRecovery(
    _ daemon: RunningDaemon, _ host: Host, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    _ = try #require(await daemon.event("incident.recovered"), sourceLocation: sourceLocation)
    _ = try #require(
        await host.chat.message("rollback complete"), sourceLocation: sourceLocation)
    #expect(host.runs == Host.onceEach, sourceLocation: sourceLocation)
    #expect(host.release == Host.good, sourceLocation: sourceLocation)
    let incidents = try await daemon.get([IncidentRecord].self, "/v1/incidents")
    #expect(incidents.map(\.id) == ["shop-3"], sourceLocation: sourceLocation)
    #expect(incidents.first?.state == .recovered, sourceLocation: sourceLocation)
    #expect(incidents.first?.rollbacks.count == 1, sourceLocation: sourceLocation)
    for words in ["rollback in progress", "rollback complete"] {
        let keys = Set(host.chat.messages(words).map(\.key))
        #expect(keys.count == 1, "\(words): \(keys)", sourceLocation: sourceLocation)
    }
}
