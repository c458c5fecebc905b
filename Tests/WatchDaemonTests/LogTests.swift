// What somebody finds in the log in the morning.

import Glibc
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct LogTests {
    @Test func theLogTellsOfTheIncidentAndTheJournalOfADeath() async throws {
        let host = try Host()
        let first = try RunningDaemon(host)
        try await first.arm()
        _ = try #require(await first.event("release.good"))
        try host.deploy(Host.bad)
        _ = try #require(await first.event("incident.recovered"))
        for words in [
            "decision rollback", "rollback.began", "step.started", "step.finished",
            "verify.landed", "incident.recovered",
        ] {
            let line = try #require(
                await first.lines.first { $0.contains(": \(words)") }, "\(words)")
            #expect(line.contains("incident=shop-3"), "\(line)")
            #expect(line.contains("service=shop"), "\(line)")
        }
        let step = try #require(await first.lines.first { $0.contains("step.started") })
        #expect(step.contains("rollback=shop-3-r1"), "\(step)")
        try await first.killed()

        let second = try RunningDaemon(host)
        let crash = try #require(await second.event("daemon.crashed"))
        #expect(crash.text.contains("ended without being stopped"), "\(crash.text)")
        _ = try #require(await second.lines.first { $0.contains("daemon.crashed") })
        second.signal(SIGTERM)
        #expect(try await second.end() == 0)

        let third = try RunningDaemon(host)
        _ = try #require(await third.event("daemon.stopped"))
        let start = try #require(await third.event("daemon.started", count: 2))
        #expect(start.text.contains("it had stopped at"), "\(start.text)")
    }
}
