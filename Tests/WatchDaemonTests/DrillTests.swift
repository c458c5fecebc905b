// A drill with the real programs: steps that are run, a link that is switched, and a daemon that
// dies in the middle.

import Foundation
import TestServers
import Testing
import WatchCore
import WatchSystem

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct DrillTests {
    private func host() throws -> Host {
        let host = try Host()
        let root = host.root
        try host.write(
            "switch",
            host.script(
                "echo \"switch $1 $2\" >> \(root)/runs\n"
                    + "ln -sfn \"releases/$2\" \"\(root)/$1.$$\"\n"
                    + "mv -T \"\(root)/$1.$$\" \"\(root)/$1\""))
        try host.write("keep", host.script("cp \"$EVIDENCE\" \(root)/kept.json"))
        try FileManager.default.createSymbolicLink(
            atPath: host.path("copy"), withDestinationPath: "releases/\(Host.bad)")
        try host.write("watchd.yaml", configuration(host))
        return host
    }

    private func configuration(_ host: Host) -> String {
        let root = host.root
        return """
            services:
              shop:
                version: [ { symlink: \(root)/current, every: 500ms } ]
                vars: { link: current }
                rollback: { plan: shop }
              shop-drill:
                version: [ { symlink: \(root)/copy, every: 500ms } ]
                vars: { link: copy }
            plans:
              shop:
                drill: { service: shop-drill, to: \(Host.good) }
                drill_every: 30d
                methods:
                  - name: switch
                    loses: what was ordered since
                    steps:
                      - { name: note, exec: ["\(root)/note", "${service}"], timeout: 25s }
                      - name: keep
                        exec: ["\(root)/keep", "${service}"]
                        env: { EVIDENCE: "${evidence}" }
                        timeout: 25s
                      - name: switch
                        exec: ["\(root)/switch", "${vars.link}", "${to.version}"]
                        timeout: 25s
                        target: 24s
                verify: { land_within: 10s, settle: 1s, clear_for: 2s, timeout: 15s, target: 1m }
            channels: { chat: { webhook: "\(host.chat.url)" } }
            routes: { oncall: [ { to: [chat] } ], team: [ { to: [chat] } ] }
            """
    }

    private let once = ["note", "switch copy \(Host.good)"]

    private func link(_ host: Host) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: host.path("copy"))
    }

    @Test func thePlanRunsOnTheCopyAndEachPartIsTimed() async throws {
        let host = try host()
        let daemon = try RunningDaemon(host)
        _ = try #require(await daemon.event("release.detected", count: 2))
        let dry = try await watchctl(["drill", "shop", "--dry-run", "--socket", daemon.socket])
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.output.contains("target 24s"))
        #expect(dry.output.contains("known only then: ") && dry.output.contains("${evidence}"))
        #expect(host.runs == [])
        let result = try await watchctl(["drill", "shop", "--socket", daemon.socket])
        #expect(result.status == 0, "\(result.errors)")
        #expect(host.runs == once)
        let kept = try Data(contentsOf: URL(filePath: host.path("kept.json")))
        let evidence = try WireJSON.decode(IncidentDetail.self, from: Array(kept)).incident
        #expect(evidence.drill != nil)
        #expect(result.output.contains(evidence.id))
        #expect(try link(host) == "releases/\(Host.good)")
        #expect(host.release == Host.good)
        for part in [
            "loses, of shop-drill: what was ordered since", "method switch: switch", "24s",
            "validation", "passed in", "lost on shop-drill",
        ] {
            #expect(result.output.contains(part), "\(part) is missing in \(result.output)")
        }
        let status = try await watchctl(["status", "--socket", daemon.socket])
        #expect(status.output.contains("plan shop on shop-drill: last drill less than 1m ago"))
        #expect(status.status == 0)
        let metrics = String(
            decoding: try await daemon.send("GET", "/metrics"), as: UTF8.self)
        #expect(
            metrics.contains(
                #"watchd_plan_drill_success{plan="shop",service="shop-drill"} 1"#))
        #expect(host.chat.messages.all.isEmpty)
        // There is nothing to go back from now.
        let again = try await watchctl(["drill", "shop", "--socket", daemon.socket])
        #expect(again.status == 4)
    }

    @Test func itOutlivesTheDaemonAndNothingIsDoneTwice() async throws {
        let host = try host()
        try host.holdNote()
        let first = try RunningDaemon(host)
        _ = try #require(await first.event("release.detected", count: 2))
        async let drill = watchctl(["drill", "shop", "--json", "--socket", first.socket])
        let hold = await host.stepIsHeld()
        try await first.killed()
        let second = try RunningDaemon(host)
        _ = try await second.status()
        close(hold)
        let result = try await drill
        #expect(result.status == 0, "\(result.errors)")
        #expect(host.runs == once)
        let record = try WireJSON.decode(DrillRecord.self, from: Array(result.output.utf8))
        #expect(record.outcome == .passed)
        #expect(record.components.map(\.name).contains("method switch: note"))
        try await second.killed()
        let third = try RunningDaemon(host)
        #expect(try await third.status().drills?.first?.last == record)
        #expect(host.chat.messages.all.isEmpty)
    }
}
