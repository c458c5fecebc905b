// On a full disk nothing is done that could not be recorded, people hear of it all the same, and
// it goes on by itself when there is room again.

import Foundation
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)), .enabled(if: geteuid() == 0))
struct FullDiskTests {
    @Test func withoutRoomNoStepRunsAndThePageArrivesFromMemory() async throws {
        let host = try Host()
        let state = host.path("small")
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: false)
        let mount = "mount -t tmpfs -o size=4m,mode=700 tmpfs \(state) && exec \"$@\""
        let daemon = try RunningDaemon(
            host, .init(state: state, wrapper: ["unshare", "-m", "sh", "-c", mount, "sh"]))
        try await daemon.arm()
        _ = try #require(await daemon.event("release.good"))
        // The daemon's own view of the small disk: only there it is mounted.
        let filler = "/proc/\(daemon.pid)/root\(state)/filler"
        #expect(unlink("/proc/\(daemon.pid)/root\(state)/reserve") == 0)
        _ = await onThread { Self.fill(filler) }
        try host.deploy(Host.bad)
        _ = try #require(await host.chat.message("store-unavailable"))
        #expect(try await daemon.status().storeProblem != nil)
        #expect(host.runs.isEmpty)
        #expect(unlink(filler) == 0)
        _ = try #require(
            await daemon.lines.first { $0.contains("takes transactions again") })
        #expect(try await daemon.status().storeProblem == nil)
        #expect(host.runs.count == Set(host.runs).count)
    }

    /// Until not a byte more fits, once the reserve of the store is gone.
    private static func fill(_ path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file, block, block.count) > 0 {}
    }
}
