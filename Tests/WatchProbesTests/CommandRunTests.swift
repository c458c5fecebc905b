// How a program's end is seen where the kernel gives no descriptor of a process.

import Testing
import WatchCore
import WatchSystem

@testable import WatchProbes

@Suite struct CommandRunTests {
    private func run(_ script: String, timeout: Duration = .minutes(1)) throws -> CommandRun.Ended {
        var run = CommandRun(
            arguments: ["/bin/sh", "-c", script], timeout: timeout, time: SystemTime())
        run.openProcess = { _ in -1 }
        return try run.finished().get()
    }

    @Test func anEndIsSeenWithItsStatusAndAllThatWasPrinted() throws {
        let ended = try run("echo one; echo two >&2; exit 3")
        #expect(ended.ending == .exited(3))
        #expect(ended.output == Array("one\n".utf8))
        #expect(ended.lastComplaint == "two")
        #expect(try run("kill -9 $$").ending == .signalled(9))
    }

    @Test func whatItLeftBehindIsNotWaitedFor() throws {
        #expect(try run("sleep 600 & exit 0").ending == .exited(0))
    }

    @Test func oneThatDoesNotEndIsStillKilled() throws {
        #expect(try run("exec sleep 600", timeout: .milliseconds(200)).ending == .timedOut)
    }
}
