// A daemon that is killed in the middle of its work: a real process, killed at random moments.

import FoundationEssentials
import Glibc
import Testing
import WatchCore

@testable import WatchStore

@Suite struct CrashTests {
    /// Number `n` in every part of one transaction.
    static func transaction(_ n: Int) -> Transaction {
        Transaction(
            host: HostState(nextNumber: n), services: ["shop": ServiceState()],
            events: (0..<3).map { _ in event("\(n)") }, incidents: [incident("shop-\(n)")],
            messages: [outbox("m\(n)")])
    }

    /// Writes transactions one after another, and after each its number to the file `written`,
    /// until the alarm kills the process.
    static func writeUntilKilled(_ state: String, after microseconds: Int) async throws {
        let store = try Store(directory: state, bootID: "boot")
        var n = try store.load()?.state.host.nextNumber ?? 0
        let written = open(state + "/written", O_WRONLY | O_CREAT, 0o600)
        var timer = itimerval()
        timer.it_value.tv_usec = suseconds_t(microseconds)
        signal(SIGALRM, SIG_DFL)
        setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
        while true {
            n += 1
            _ = try await store.apply(transaction(n))
            pwrite(written, &n, 8, 0)
        }
    }

    @Test func whatWasWrittenIsThereAndNothingByHalves() async throws {
        let scratch = try Scratch()
        try scratch.open().close()
        var total = 0
        for _ in 0..<20 {
            let state = scratch.state
            let delay = Int.random(in: 1000...60_000)
            await #expect(processExitsWith: .signal(SIGALRM)) {
                [state = state as String, delay = delay as Int] in
                try await CrashTests.writeUntilKilled(state, after: delay)
            }
            total = try await check(scratch, atLeast: total)
        }
        #expect(total > 20, "it did get to write")
    }

    private func check(_ scratch: Scratch, atLeast before: Int) async throws -> Int {
        let store = try scratch.open()
        let stored = try store.load()?.state.host.nextNumber ?? 0
        // Killed between opening the file and writing to it, the writer leaves it empty.
        let bytes = (try? scratch.bytes("written")) ?? []
        let written = bytes.count < 8 ? nil : bytes.withUnsafeBytes { $0.load(as: Int.self) }
        #expect(stored >= max(before, written ?? 0), "what was reported written is there")
        let events = try await store.events(after: 0, limit: 10_000)
        #expect(events.map(\.id) == (0..<Int64(3 * stored)).prefix(10_000).map { $0 + 1 })
        #expect(events.map(\.text) == (0..<events.count).map { "\($0 / 3 + 1)" })
        #expect(try await store.lastEventID() == Int64(3 * stored))
        #expect(try await store.incidents(limit: 10_000).count == min(stored, 10_000))
        #expect(try await store.deliveries(limit: 10_000).count == min(stored, 10_000))
        store.close()
        return stored
    }
}
