// A disk that is really full: a small file system of its own, filled to the last block.

import GRDB
import Glibc
import Testing
import WatchCore

@testable import WatchStore

/// A tmpfs of a few megabytes. A guard takes the mount away also when the test is killed.
final class SmallDisk: Sendable {
    let path: String
    private let scratch: Scratch
    private let guardian: Guardian

    /// The guard waits for the end of its standard input, which comes with our end at the latest.
    init(megabytes: Int) throws {
        scratch = try Scratch()
        path = scratch.path + "/disk"
        try #require(mkdir(path, 0o700) == 0)
        let options = "size=\(megabytes)m"
        let script = "cat >/dev/null; umount -l \(path) 2>/dev/null"
        guardian = try Guardian(script)
        try #require(mount("tmpfs", path, "tmpfs", 0, options) == 0, "mount: errno \(errno)")
    }

    /// Before the directory below it is removed.
    deinit { guardian.release() }

    /// Takes every block that is left; returns the file to remove.
    func fill() throws -> String {
        let filler = path + "/filler"
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) == block.count {}
        try #require(errno == ENOSPC)
        return filler
    }

    static var canMount: Bool { geteuid() == 0 }
}

/// A shell that runs `script` once it is let go, or we are gone.
private final class Guardian: Sendable {
    private let input: Int32
    private let pid: pid_t

    init(_ script: String) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        // The guard must not hold its own writing end, nor may any other child.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        var arguments: [UnsafeMutablePointer<CChar>?] = ["sh", "-c", script].map { (text: String) in
            strdup(text)
        }
        defer { arguments.forEach { free($0) } }
        arguments.append(nil)
        var child: pid_t = 0
        let result = posix_spawn(&child, "/bin/sh", &actions, nil, arguments, environ)
        close(ends[0])
        try #require(result == 0)
        input = ends[1]
        pid = child
    }

    /// Returns when the script has run.
    func release() {
        close(input)
        waitpid(pid, nil, 0)
    }
}

@Suite(.enabled(if: SmallDisk.canMount, "mounting a file system needs root"))
struct FullDiskTests {
    let disk: SmallDisk

    init() throws { disk = try SmallDisk(megabytes: 10) }

    private func big(_ text: String) -> Transaction {
        let filler = String(repeating: "x", count: 100_000)
        return Transaction(
            host: HostState(nextNumber: 4), events: [event(text), event(filler)],
            messages: [outbox(text)])
    }

    @Test func theIntentIsStillWrittenAndTheReserveComesBack() async throws {
        let store = try Store(directory: disk.path + "/state", bootID: "b")
        #expect(store.hasReserve)
        let filler = try disk.fill()
        var written = 0
        var refusal: StoreError?
        while refusal == nil, written < 100 {
            do {
                _ = try await store.apply(big("\(written)"))
                written += 1
            } catch {
                refusal = error
            }
        }
        #expect(written >= 2, "more than fits without the reserve")
        #expect(!store.hasReserve)
        guard case .full(let file) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(file == disk.path + "/state/watchd.db")
        // Nothing by halves: what was refused left no trace, and reading goes on.
        #expect(try await store.lastEventID() == Int64(2 * written))
        #expect(try await store.deliveries(limit: 1000).count == written)
        #expect(await !store.tryRestoreReserve(), "not while the disk is full")
        #expect(unlink(filler) == 0)
        #expect(try await store.apply(big("after")).map(\.id).first == Int64(2 * written + 1))
        #expect(await store.tryRestoreReserve())
        #expect(store.hasReserve)
    }

    /// Whoever makes room at night may take the wrong file.
    @Test func aReserveThatSomebodyRemovedIsTakenAgain() async throws {
        let store = try Store(directory: disk.path + "/state", bootID: "b")
        #expect(unlink(disk.path + "/state/reserve") == 0)
        #expect(await store.tryRestoreReserve())
        #expect(access(disk.path + "/state/reserve", F_OK) == 0)
        #expect(unlink(disk.path + "/state/reserve") == 0)
        _ = try disk.fill()
        #expect(await !store.tryRestoreReserve(), "not while the disk is full")
        #expect(!store.hasReserve)
        #expect(try #require(store.freeBytes) < 4096)
    }

    @Test func aRestartOnAFullDiskStillReadsTheState() async throws {
        let store = try Store(directory: disk.path + "/state", bootID: "b")
        _ = try await store.apply(big("before"))
        store.close()
        _ = try disk.fill()
        let again = try Store(directory: disk.path + "/state", bootID: "b")
        #expect(try again.load()?.state.host.nextNumber == 4)
        _ = try await again.apply(big("after"))
        #expect(try await again.lastEventID() == 4)
    }

    @Test func aCheckpointLeavesTheSpaceToTheState() async throws {
        let store = try Store(directory: disk.path + "/state", bootID: "b")
        let filler = try disk.fill()
        let error = await #expect(throws: StoreError.self) {
            try await store.saveCheckpoint([1, 2, 3])
        }
        guard case .file("write", _, ENOSPC) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(store.hasReserve)
        #expect(unlink(filler) == 0)
        try await store.saveCheckpoint([1, 2, 3])
        #expect(store.loadCheckpoint()?.bytes == [1, 2, 3])
    }
}

/// The same refusal without a mount: the database itself may not grow.
@Suite struct FullDatabaseTests {
    @Test func aRefusedTransactionLeavesNothingBehind() async throws {
        let scratch = try Scratch()
        let store = try scratch.open()
        _ = try await store.apply(Transaction(events: [event("first")]))
        try await store.writer.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = 1")
        }
        await #expect(throws: StoreError.full(file: scratch.file("watchd.db"))) {
            try await store.apply(
                Transaction(
                    host: HostState(),
                    events: [event(String(repeating: "x", count: 1_000_000))]))
        }
        #expect(!store.hasReserve, "it was tried with the reserve")
        #expect(try store.load()?.state == nil)
        #expect(try await store.lastEventID() == 1)
        try await store.writer.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = 1000000")
        }
        #expect(try await store.apply(Transaction(events: [event("x")])).map(\.id) == [2])
        #expect(await store.tryRestoreReserve())
    }
}
