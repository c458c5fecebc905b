// What runs a step may die with it or without the daemon. Nobody knows then what the step did, so
// it is not run again, and reading alone decides.

import Glibc
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct StepLossTests {
    @Test(arguments: [false, true], [false, true])
    func aStepThatLostItsShimIsNotRunAgain(daemonToo: Bool, landed: Bool) async throws {
        let host = try Host()
        try host.holdNote()
        var daemon = try RunningDaemon(host)
        let hold = try await untilHeld(daemon, host)
        defer { close(hold) }
        let shim = try #require(Int32(host.text("shim").dropLast()))
        if daemonToo { daemon.signal(SIGSTOP) }
        #expect(kill(shim, SIGKILL) == 0)
        if landed { try host.deploy(Host.good) }
        if daemonToo {
            try await daemon.killed()
            daemon = try RunningDaemon(host)
        }
        let ending = landed ? "incident.recovered" : "incident.handed-over"
        _ = try #require(await daemon.event(ending))
        let words = landed ? "rollback complete" : "rollback handed over"
        _ = try #require(await host.chat.message(words))
        #expect(host.runs == ["note"])
        let incident = try await daemon.get(IncidentDetail.self, "/v1/incidents/shop-3").incident
        #expect(incident.state == (landed ? .recovered : .handedOver))
    }

    @Test func aDaemonThatDiesDuringAStepAttachesToIt() async throws {
        let host = try Host()
        try host.holdNote()
        let first = try RunningDaemon(host)
        let hold = try await untilHeld(first, host)
        try await first.killed()
        let second = try RunningDaemon(host)
        _ = try await second.status()
        close(hold)
        try await expectRecovery(second, host)
    }

    @Test func aDaemonThatIsStoppedDuringAStepLetsItGoOn() async throws {
        let host = try Host()
        try host.holdNote()
        let first = try RunningDaemon(host)
        let hold = try await untilHeld(first, host)
        first.signal(SIGTERM)
        #expect(try await first.end() == 0)
        close(hold)
        let second = try RunningDaemon(host)
        try await expectRecovery(second, host)
    }
}

/// Arms, lets a bad release in, and returns when the first step of the rollback hangs.
func untilHeld(_ daemon: RunningDaemon, _ host: Host) async throws -> Int32 {
    try await letBadReleaseIn(daemon, host)
    return await host.stepIsHeld()
}

func letBadReleaseIn(_ daemon: RunningDaemon, _ host: Host) async throws {
    try await daemon.arm()
    _ = try #require(await daemon.event("release.good"))
    try host.deploy(Host.bad)
}
