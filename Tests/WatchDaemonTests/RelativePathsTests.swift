// Paths as somebody types them who tries watchd in a folder of their own.

import Foundation
import TestServers
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct RelativePathsTests {
    /// Programs of steps got a directory that they could not find, and no rollback ever ran.
    @Test func theyAreGoodForStepsToo() async throws {
        let host = try Host()
        try host.write("gate", host.script("echo it is there"))
        try host.write(
            "watchd.yaml",
            """
            services:
              shop:
                version: [ { symlink: \(host.root)/current, every: 500ms } ]
                rollback: { plan: shop }
            plans:
              shop:
                gates: [ { name: backup, exec: ["\(host.root)/gate"], timeout: 25s } ]
                methods:
                  - { name: m, steps: [ { exec: ["\(host.root)/gate"], timeout: 25s } ] }
                verify: { land_within: 10s, settle: 1s, clear_for: 2s, timeout: 15s }
            channels: { chat: { webhook: "\(host.chat.url)" } }
            routes: { oncall: [ { to: [chat] } ], team: [ { to: [chat] } ] }
            """)
        try FileManager.default.createSymbolicLink(
            atPath: host.path("watchd-step"), withDestinationPath: try builtProgram("watchd-step"))
        let daemon = try RunningDaemon(
            host,
            .init(
                state: "state", shim: "./watchd-step",
                wrapper: ["sh", "-c", "cd '\(host.root)' && exec \"$@\"", "sh"]))
        _ = try #require(await daemon.event("release.detected"))
        try host.deploy(Host.bad)
        _ = try #require(await daemon.event("release.detected", count: 2))
        let result = try await watchctl([
            "rollback", "shop", "--to", Host.good, "--dry-run", "--socket", daemon.socket,
        ])
        #expect(result.output.contains("it says go: it is there"), "\(result.output)")
        #expect(result.output.contains("would roll shop back"), "\(result.output)")
    }
}
