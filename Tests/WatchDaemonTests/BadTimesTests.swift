// Rollbacks in bad times: the chat is down, the disk is full, the log is garbage, the configuration
// changes. Each still ends as it must.

import Foundation
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)))
struct BadTimesTests {
    @Test func aChatThatIsDownDelaysNothingAndHearsOfItLater() async throws {
        let host = try Host(chatIsUp: false)
        let daemon = try RunningDaemon(host)
        try await letBadReleaseIn(daemon, host)
        _ = try #require(await daemon.event("incident.recovered"))
        #expect(host.chat.messages.all.isEmpty)
        host.chat.comeUp()
        try await expectRecovery(daemon, host)
    }

    @Test func aReloadKeepsTheIncidentWhetherTheFileIsGoodOrBad() async throws {
        let host = try Host()
        try host.holdNote()
        let daemon = try RunningDaemon(host)
        let hold = try await untilHeld(daemon, host)
        let text = host.text("watchd.yaml")
        try host.write("watchd.yaml", "services: [")
        daemon.signal(SIGHUP)
        _ = try #require(await daemon.lines.first { $0.contains("reload refused") })
        try host.write("watchd.yaml", text.replacing("cooldown: 1s", with: "cooldown: 2s"))
        daemon.signal(SIGHUP)
        _ = try #require(await daemon.lines.first { $0.contains("configuration loaded again") })
        let access = try await daemon.status().services.first?.signals.first
        #expect(access != nil)
        close(hold)
        try await expectRecovery(daemon, host)
    }

    @Test func garbageInTheLogHidesNothing() async throws {
        let host = try Host()
        let daemon = try RunningDaemon(host)
        try await daemon.arm()
        // The release is good by its traffic, so by then there is a log.
        _ = try #require(await daemon.event("release.good"))
        let log = try #require(FileHandle(forUpdatingAtPath: host.path("access.log")))
        let garbage = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) } + [10]
        for bytes in [garbage, [UInt8](repeating: 120, count: 1 << 20) + [10], [65, 66]] {
            try log.seekToEnd()
            try log.write(contentsOf: bytes)
        }
        try host.deploy(Host.bad)
        try await expectRecovery(daemon, host)
    }

    @Test(arguments: [
        ("/no/such/program", "/no/such/program"), ("SCRIPT plain", "plain"),
        ("SCRIPT endless", "in time"), ("SCRIPT flood", "exit status 3"),
    ])
    func aStepThatFailsIsHandedOverWithItsCause(command: String, cause: String) async throws {
        let directory = "/tmp/watchd-steps-\(UUID().uuidString.prefix(8))"
        let program = command.replacing("SCRIPT ", with: "\(directory)/")
        let host = try Host(
            steps: "          - { name: only, exec: [\"\(program)\"], timeout: 2s }")
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let flood = "i=0; while [ $i -lt 20000 ]; do echo $i flooooooooooooood; i=$((i+1)); done\n"
        for (name, body, mode) in [
            ("plain", "exit 0", 0o644),
            ("endless", "trap '' TERM\nwhile :; do read x < /dev/zero || :; done", 0o755),
            ("flood", flood + "exit 3", 0o755),
        ] {
            try host.script(body).write(
                toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
            chmod("\(directory)/\(name)", mode_t(mode))
        }
        let daemon = try RunningDaemon(host)
        try await letBadReleaseIn(daemon, host)
        let finished = try #require(await daemon.event("step.finished"))
        #expect(finished.text.contains(cause), "\(finished.text)")
        _ = try #require(await daemon.event("incident.handed-over"))
        _ = try #require(await host.chat.message("rollback handed over"))
    }
}
