// On a full disk nothing is done that could not be recorded, people hear of it all the same, and
// it goes on by itself when there is room again.

import Foundation
import TestServers
import Testing
import WatchCore

@Suite(.daemonSlot, .timeLimit(.minutes(10)), .enabled(if: geteuid() == 0))
struct FullDiskTests {
    @Test func withoutRoomNoStepRunsAndThePageArrivesFromMemory() async throws {
        let host = try Host()
        let (daemon, state) = try Self.onSmallDisk(host)
        try await daemon.arm()
        _ = try #require(await daemon.event("release.good"))
        // The daemon's own view of the small disk: only there it is mounted.
        let filler = "/proc/\(daemon.pid)/root\(state)/filler"
        await Self.takeAll(filler, reserve: "/proc/\(daemon.pid)/root\(state)/reserve")
        try host.deploy(Host.bad)
        _ = try #require(await host.chat.message("store-unavailable"))
        #expect(try await daemon.status().storeProblem != nil)
        #expect(host.runs.isEmpty)
        // Checkpoints fail, too, and whoever looks is told since when.
        let storage = try #require(try await daemon.status().storage)
        #expect(storage.free.map { $0 < StorageStatus.low } ?? false)
        #expect(unlink(filler) == 0)
        _ = try #require(
            await daemon.lines.first { $0.contains("takes transactions again") })
        #expect(try await daemon.status().storeProblem == nil)
        #expect(host.runs.count == Set(host.runs).count)
    }

    /// Whoever asks for a rollback is not told that it has begun, and it does not begin later.
    @Test func whoeverAsksIsRefusedAndNothingComesOfItLater() async throws {
        let host = try Host()
        let (daemon, state) = try Self.onSmallDisk(host)
        _ = try #require(await daemon.event("release.good"))
        try host.deploy(Host.bad)
        _ = try #require(await daemon.event("release.detected", count: 2))
        let filler = "/proc/\(daemon.pid)/root\(state)/filler"
        await Self.takeAll(filler, reserve: "/proc/\(daemon.pid)/root\(state)/reserve")
        // The first to hear of the full disk, and one who asks again.
        for _ in 0..<2 {
            let asked = try await watchctl([
                "rollback", "shop", "--reason", "a test", "--socket", daemon.socket,
            ])
            #expect(asked.status == 4, "\(asked.output) \(asked.errors)")
            let said = asked.output + asked.errors
            #expect(said.contains("store-unavailable"), "\(said)")
            #expect(said.contains("free some space"), "\(said)")
            #expect(!said.contains("has begun") && !said.contains("accepted"), "\(said)")
        }
        let status = try await watchctl(["status", "--socket", daemon.socket])
        #expect(status.output.contains("store unavailable"), "\(status.output)")
        #expect(unlink(filler) == 0)
        _ = try #require(
            await daemon.lines.first { $0.contains("takes transactions again") })
        #expect(try await daemon.status().services.first?.incident?.state != .rollingBack)
        #expect(host.runs.isEmpty)
        let now = try await watchctl([
            "rollback", "shop", "--reason", "a test", "--socket", daemon.socket,
        ])
        #expect(now.status == 0, "\(now.output) \(now.errors)")
    }

    /// What the store writes has room, and the steps' own records have none: a step that has not
    /// begun waits just so, and a rollback goes on with it when there is room.
    @Test func aStepWhoseRecordsFindNoRoomWaitsAndGoesOn() async throws {
        let host = try Host()
        let state = host.path("state")
        try FileManager.default.createDirectory(
            atPath: state + "/steps", withIntermediateDirectories: false)
        let daemon = try RunningDaemon(
            host, .init(wrapper: Self.mounting("size=1m", at: state + "/steps")))
        try await daemon.arm()
        _ = try #require(await daemon.event("release.good"))
        try host.holdNote()
        try host.deploy(Host.bad)
        let held = await host.stepIsHeld()
        let filler = "/proc/\(daemon.pid)/root\(state)/steps/filler"
        await onThread { Self.fill(filler) }
        close(held)
        _ = try #require(await host.chat.message("rollback waits, store-unavailable"))
        #expect(host.runs == ["note"])
        #expect(try await daemon.status().storeProblem?.contains("records of steps") ?? false)
        #expect(unlink(filler) == 0)
        _ = try #require(await daemon.event("step.finished", count: 2))
        #expect(host.runs == Host.onceEach)
        #expect(host.release == Host.good)
        #expect(try await daemon.status().storeProblem == nil)
    }

    /// A daemon whose state lies on a disk of 4 MB, and where it is mounted.
    private static func onSmallDisk(
        _ host: Host
    ) throws -> (daemon: RunningDaemon, state: String) {
        let state = host.path("small")
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: false)
        let daemon = try RunningDaemon(
            host, .init(state: state, wrapper: mounting("size=4m", at: state)))
        return (daemon, state)
    }

    /// A program that runs another, which sees a disk of its own there.
    private static func mounting(_ size: String, at path: String) -> [String] {
        let mount = "mount -t tmpfs -o \(size),mode=700 tmpfs \(path) && exec \"$@\""
        return ["unshare", "-m", "sh", "-c", mount, "sh"]
    }

    /// The reserve goes last: while there was room for it, it would be taken again.
    private static func takeAll(_ filler: String, reserve: String) async {
        await onThread {
            fill(filler)
            unlink(reserve)
            fill(filler)
        }
    }

    /// Until not a byte more fits, once the reserve of the store is gone.
    private static func fill(_ path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file, block, block.count) > 0 {}
    }
}
