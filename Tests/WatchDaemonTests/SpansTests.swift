// Three tiny services and a plan that stops two of them around what it does to the third, with
// real programs, also through a crash in the middle.

import Foundation
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct SpansTests {
    /// Services that run as long as a file is there.
    private func host() throws -> Host {
        let host = try Host()
        for service in ["api", "web"] { try host.write("up-\(service)", "") }
        try host.write(
            "stop", host.script("echo \"stop $1\" >> \(host.root)/runs\nrm \(host.root)/up-$1"))
        try host.write(
            "start", host.script("echo \"start $1\" >> \(host.root)/runs\n: > \(host.root)/up-$1"))
        func step(_ verb: String, _ service: String) -> String {
            "\(verb): { exec: [\"\(host.path(verb))\", \(service)], timeout: 10s }"
        }
        let spans = ["web", "api"].map {
            "      - { service: \($0), \(step("stop", $0)), \(step("start", $0)) }"
        }
        let others = ["api", "web"].map { service in
            """
              \(service):
                warm_up: 2s
                clear_for: 2s
                probes:
                  up: { exec: [/usr/bin/test, -e, "\(host.path("up-\(service)"))"], every: 500ms }
                triggers:
                  - { name: gone, severity: critical, when: "failing(up) > 60%" }

            """
        }
        try host.write(
            "watchd.yaml",
            host.text("watchd.yaml")
                .replacing("limits:", with: others.joined() + "limits:")
                .replacing(
                    "    methods:",
                    with: """
                            spans:
                        \(spans.joined(separator: "\n"))
                            start_order: [web, api]
                            methods:
                        """
                )
                .replacing("verify: { ", with: "verify: { probes: [api/up, web/up], "))
        return host
    }

    private static let order = [
        "stop web", "stop api", "note", "link \(Host.good)", "start web", "start api",
    ]

    @Test func theyAreStoppedAroundTheMethodAndNobodyIsPagedForThem() async throws {
        let host = try host()
        let daemon = try RunningDaemon(host)
        try host.holdNote()
        try await letBadReleaseIn(daemon, host)
        let hold = await host.stepIsHeld()
        // They are down, that is seen, and it is no news.
        let muted = try #require(await daemon.event("page.muted"))
        #expect(muted.reason?.hasPrefix("stopped-by:shop-") ?? false)
        close(hold)
        _ = try #require(await daemon.event("incident.recovered"))
        #expect(host.runs == Self.order)
        #expect(host.chat.messages("gone").isEmpty)
        let incidents = try await daemon.get([IncidentRecord].self, "/v1/incidents")
        #expect(Set(incidents.map(\.service)).contains("api"))
    }

    @Test func aCrashInTheMiddleLeavesNoneOfThemDown() async throws {
        let host = try host()
        let first = try RunningDaemon(host)
        try host.holdNote()
        try await letBadReleaseIn(first, host)
        let hold = await host.stepIsHeld()
        try await first.killed()
        let second = try RunningDaemon(host)
        _ = try await second.status()
        close(hold)
        _ = try #require(await second.event("incident.recovered"))
        #expect(host.runs == Self.order)
        for service in ["api", "web"] {
            #expect(FileManager.default.fileExists(atPath: host.path("up-\(service)")))
        }
    }
}
