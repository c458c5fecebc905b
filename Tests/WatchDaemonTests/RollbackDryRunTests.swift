// `watchctl rollback --dry-run` with the real programs: the gates are run, and nothing else.

import Foundation
import TestServers
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct RollbackDryRunTests {
    private func host(gate: String) throws -> Host {
        let host = try Host()
        let root = host.root
        try host.write("gate", host.script(gate))
        try host.write("switch", host.script("echo switched >> \(root)/runs"))
        try host.write(
            "watchd.yaml",
            """
            services:
              shop:
                version: [ { symlink: \(root)/current, every: 500ms } ]
                rollback: { plan: shop }
            plans:
              shop:
                gates:
                  - name: backup
                    exec: ["\(root)/gate", "${to.version}"]
                    timeout: 25s
                    save: { dump: { pattern: "^dump ([^ ]+)" } }
                methods:
                  - name: switch
                    steps:
                      - name: switch
                        exec: ["\(root)/switch", "${to.version}", "${dump}"]
                        env: { NOTE: "back from ${from.version}" }
                        timeout: 25s
                verify: { land_within: 10s, settle: 1s, clear_for: 2s, timeout: 15s }
            channels: { chat: { webhook: "\(host.chat.url)" } }
            routes: { oncall: [ { to: [chat] } ], team: [ { to: [chat] } ] }
            """)
        return host
    }

    private func dryRun(
        _ host: Host, status: Int32 = 0
    ) async throws -> (output: String, errors: String) {
        let daemon = try RunningDaemon(host)
        _ = try #require(await daemon.event("release.detected"))
        try host.deploy(Host.bad)
        _ = try #require(await daemon.event("release.detected", count: 2))
        let result = try await watchctl([
            "rollback", "shop", "--to", Host.good, "--dry-run", "--socket", daemon.socket,
        ])
        #expect(result.status == status, "\(result.errors)")
        return (result.output, result.errors)
    }

    @Test func whatAGateSaysAndWhatWouldRunIsTold() async throws {
        let host = try host(gate: "echo \"dump of-monday for $1\"")
        let told = try await dryRun(host)
        for part in [
            "would roll shop back to \(Host.good) with plan shop",
            "gate backup: exec \(host.root)/gate \(Host.good) (within 25s)",
            "it says go: dump of-monday",
            "switch: exec \(host.root)/switch \(Host.good) of-monday (within 25s)",
            "env NOTE=\"back from \(Host.bad)\"",
        ] {
            #expect(told.output.contains(part), "\(part) is missing in \(told.output)")
        }
        #expect(host.runs == [])
        #expect(host.release == Host.bad)
    }

    @Test func aGateThatForbidsItIsTold() async throws {
        let host = try host(gate: "echo the backup is 9 h old; exit 10")
        let told = try await dryRun(host, status: 4)
        #expect(told.output.contains("would not roll shop back to \(Host.good)"))
        #expect(told.output.contains("the backup is 9 h old"))
        #expect(told.output.contains("known only then: ${dump}"))
        #expect(host.runs == [])
    }
}
