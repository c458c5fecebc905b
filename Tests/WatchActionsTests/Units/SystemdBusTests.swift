// Unit steps over the live bus: with WATCHD_TEST_SYSTEMD=1 in a booted system, as root and with the
// rollback template installed. What the bus itself answers is in WatchUnitsTests.

import Glibc
import Testing
import WatchCore
import WatchSystem
import WatchUnits

@testable import WatchActions

private let isBooted = getenv("WATCHD_TEST_SYSTEMD") != nil

@Suite(.serialized)
struct SystemdBusTests {
    private func script(_ name: String, _ text: String) throws -> String {
        let path = "/etc/watchd/rollback.d/\(name)"
        try File.writeAtomically(path, Array("#!/bin/sh\n\(text)\n".utf8), mode: 0o755)
        return path
    }

    private func result(_ bench: Bench, _ task: StepTask, _ bus: SystemdBus) async -> TaskResult {
        let answers = Answers()
        var settings = bench.settings
        settings.unitLogs = "/run/watchd-rollback"
        let runner = StepRunner(
            settings: settings, secrets: bench.secrets, bus: bus, client: Bench.client,
            time: SystemTime()
        ) { answers.put($0) }
        runner.run(task)
        return await answers.next(task.id)
    }

    @Test(.enabled(if: isBooted)) func aRealUnitRunsFailsAndIsStopped() async throws {
        let bench = try Bench()
        let bus = SystemdBus()
        let out = bench.root + "/ran"
        let path = try script(
            "probe",
            #"echo "$1" >> \#(out); case $1 in fail) exit 11;; kill) kill -9 $PPID;; "#
                + "slow) sleep 1000;; esac")
        defer {
            unlink(path)
            unlink(out)
        }
        let good = await result(bench, bench.unit("probe", with: "1.9.0+b7-x", id: "good"), bus)
        #expect(good.ending == .exited(0))
        #expect(bench.text("ran") == "1.9.0+b7-x\n")
        let again = await result(bench, bench.unit("probe", with: "1.9.0+b7-x", id: "good"), bus)
        #expect(again.ending == .exited(0))
        #expect(bench.text("ran") == "1.9.0+b7-x\n")

        let bad = await result(bench, bench.unit("probe", with: "fail", id: "bad"), bus)
        #expect(bad.ending == .exited(11))
        let killed = await result(bench, bench.unit("probe", with: "kill", id: "killed"), bus)
        #expect(killed.ending == .signalled(9))
        let slow = await result(
            bench, bench.unit("probe", with: "slow", id: "slow", timeout: .seconds(1)), bus)
        #expect(slow.ending == .timedOut)
        let none = await result(bench, bench.unit("no-such-script", id: "none"), bus)
        #expect(none.ending.reason.contains("was not run (status 203)"))
    }
}
