// A deployment under guard, with the real programs: it fails and is undone, and it outlives the
// daemon that guards it.

import Foundation
import TestServers
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct GuardedOperationTests {
    private func host() throws -> Host {
        let host = try Host()
        let rules = "operations: { mode: auto, severity: critical }\n    rollback: { plan: shop }"
        try host.write(
            "watchd.yaml",
            host.text("watchd.yaml").replacing("rollback: { plan: shop }", with: rules))
        return host
    }

    private func run(_ daemon: RunningDaemon, _ script: String) async throws -> ProgramResult {
        try await watchctl(
            [
                "run", "--service", "shop", "--release", Host.bad, "--estimate", "10m", "--socket",
                daemon.socket, "--", "/bin/sh", "-euc", script,
            ])
    }

    @Test func oneThatFailsIsUndoneAndTheReportTellsIt() async throws {
        let host = try host()
        let daemon = try RunningDaemon(host)
        try await daemon.arm()
        _ = try #require(await daemon.event("release.good"))
        let phase = try builtProgram("watchctl")
        let result = try await run(
            daemon, "'\(phase)' phase link >/dev/null\n\(host.relink(Host.bad))\nexit 9")
        #expect(result.status == 9, "\(result.errors)")
        let recovered = try #require(await daemon.event("incident.recovered"))
        #expect(host.release == Host.good)
        let id = try #require(recovered.incident)
        let report = try await watchctl(["report", id, "--socket", daemon.socket])
        #expect(report.status == 0)
        for part in ["operation-failed:deploy", "at phase link", "exit status 9", "link 1.9.0"] {
            #expect(
                report.output.contains(part) || host.text("runs").contains(part),
                "\(part) is missing")
        }
        let page = try await watchctl(
            ["report", id, "--format", "html", "--socket", daemon.socket])
        #expect(page.output.hasPrefix("<!doctype html>"))
    }

    @Test func itOutlivesTheDaemonAndItsEndIsReportedToTheNext() async throws {
        let host = try host()
        let first = try RunningDaemon(host)
        _ = try #require(await first.event("release.good"))
        try host.holdNote()
        async let running = run(first, "read x < \(host.path("hold")) || :; exit 0")
        let hold = await host.stepIsHeld()
        try await first.killed()
        let second = try RunningDaemon(host)
        let operations = try await second.status().services.first?.operations
        #expect(operations?.map(\.name) == ["deploy"])
        close(hold)
        let result = try await running
        #expect(result.status == 0)
        #expect(result.errors == "")
        let ended = try #require(await second.event("operation.ended"))
        #expect(ended.text.contains("'deploy' ended after"))
        #expect(try await second.status().services.first?.operations == nil)
    }
}
