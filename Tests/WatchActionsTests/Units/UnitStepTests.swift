// Unit steps: how each end is told, and that no crash starts a unit twice.

import Glibc
import Testing
import WatchCore
import WatchSystem
import WatchUnits

@testable import WatchActions

private let unit = "watchd-rollback@link:1.9.0.service"

struct UnitStepTests {
    private let bench: Bench
    private let systemd: FakeSystemd

    init() throws {
        bench = try Bench()
        systemd = FakeSystemd(logs: bench.root + "/logs")
    }

    private func result(_ task: StepTask) async -> TaskResult {
        let (runner, answers) = bench.runner(bus: systemd)
        runner.run(task)
        return await answers.next(task.id)
    }

    private var task: StepTask { bench.unit("link", with: "${to.version}") }

    @Test func aUnitsExitStatusIsTheResult() async {
        systemd.exitAtOnce(0)
        let result = await result(task)
        #expect(result.ending == .exited(0))
        #expect(result.output.contains("journalctl _SYSTEMD_INVOCATION_ID=invocation1"))
        #expect(systemd.runs(unit) == 1)
    }

    @Test func aGatesVerdictIsItsExitStatus() async {
        systemd.exitAtOnce(10)
        #expect(await result(task).ending == .exited(10))
    }

    @Test func aPlusInAVersionIsEscapedAndADashIsNot() throws {
        let name = try UnitName(name: "shop-link", value: "1.9.0-rc.1+b7")
        #expect(name.unit == #"watchd-rollback@shop-link:1.9.0-rc.1\x2bb7.service"#)
        #expect(UnitName(unit: name.unit) == name)
        #expect(try UnitName(name: "link", value: nil).unit == "watchd-rollback@link.service")
    }

    @Test(arguments: ["a/b", "", "a b", "-a", "a:b", "ä"])
    func whatIsNoIdentifierNeverBecomesAUnitName(_ value: String) {
        #expect(throws: CannotStart.self) { try UnitName(name: "link", value: value) }
        #expect(throws: CannotStart.self) { try UnitName(name: value, value: nil) }
    }

    @Test func accessDeniedNamesThePolkitRule() async {
        systemd.refuseStarts(.accessDenied("Access denied"))
        let result = await result(task)
        #expect(result.ending.reason.hasPrefix("could not start: watchd may not start or stop"))
        #expect(result.ending.reason.contains("polkit rule"))
    }

    @Test func aMissingTemplateIsNamed() async {
        systemd.refuseStarts(.noSuchUnit("Unit not found"))
        let reason = await result(task).ending.reason
        #expect(reason.contains("install the template watchd-rollback@.service"))
        systemd.set(unit, UnitStatus(loadState: "not-found"))
        #expect(
            await self.result(bench.unit("link", with: "1.9.0", id: "t2")).ending.reason
                == reason
                .replacing("(Unit not found)", with: "(not-found)"))
    }

    @Test func withoutABusItCouldNotStart() async {
        let (runner, answers) = bench.runner(bus: NoBus())
        runner.run(task)
        #expect(await answers.next("t1").ending.reason.contains("bus cannot be reached"))
    }

    @Test func aVariableWithoutValueFailsBeforeItStarts() async {
        let reason = await result(bench.unit("link", with: "${to.commit}")).ending.reason
        #expect(reason.contains("${to.commit}"))
        #expect(systemd.runs(unit) == 0)
    }

    @Test func aKilledUnitSaysTheSignal() async {
        let (runner, answers) = bench.runner(bus: systemd)
        runner.run(task)
        await systemd.started()
        systemd.end(unit, exit: nil, signal: 9)
        #expect(await answers.next("t1").ending == .signalled(9))
    }

    @Test(arguments: [64, 73, 203]) func aHelperThatRefusedRanNothing(_ status: Int) async {
        let (runner, answers) = bench.runner(bus: systemd)
        systemd.refuse(unit, status)
        runner.run(task)
        let reason = await answers.next("t1").ending.reason
        #expect(reason.contains("the script of \(unit) was not run (status \(status))"))
    }

    @Test func aUnitThatTakesTooLongIsStopped() async {
        let task = bench.unit("link", with: "1.9.0", timeout: .milliseconds(100))
        #expect(await result(task).ending == .timedOut)
        #expect(systemd.stops(unit) >= 1)
    }

    @Test func cancellingStopsTheUnit() async {
        let (runner, answers) = bench.runner(bus: systemd)
        runner.run(task)
        await systemd.started()
        runner.cancel(id: "t1")
        #expect(await answers.next("t1").ending == .cancelled)
        #expect(systemd.stops(unit) >= 1)
        #expect(await result(task).ending == .cancelled)
        #expect(systemd.runs(unit) == 1)
    }

    @Test func aUnitThatCannotBeStoppedIsUnknown() async {
        systemd.refuseStops(.accessDenied("Access denied"))
        let task = bench.unit("link", with: "1.9.0", timeout: .milliseconds(100))
        let result = await result(task)
        #expect(result.ending.reason.contains("could not be stopped and may still run"))
        systemd.end(unit, exit: 0)
    }

    @Test func anotherRunOfTheSameUnitIsNotTakenForOurs() async {
        systemd.launch(unit)
        let (runner, answers) = bench.runner(bus: systemd)
        runner.run(task)
        systemd.exitAtOnce(3)
        systemd.end(unit, exit: 0)
        #expect(await answers.next("t1").ending == .exited(3))
        #expect(systemd.runs(unit) == 2)
    }

    @Test func twoTasksOfOneUnitRunOneAfterTheOther() async {
        systemd.exitAtOnce(0)
        let (runner, answers) = bench.runner(bus: systemd)
        let other = bench.unit("link", with: "1.9.0", id: "t2")
        runner.run(task)
        runner.run(other)
        #expect(await answers.next("t1").ending == .exited(0))
        #expect(await answers.next("t2").ending == .exited(0))
        #expect(systemd.runs(unit) == 2)
    }

    @Test func askingAgainAfterTheEndStartsNothing() async {
        systemd.exitAtOnce(4)
        _ = await result(task)
        #expect(await result(task).ending == .exited(4))
        #expect(systemd.runs(unit) == 1)
    }

    // MARK: Crashes

    /// As a daemon that died after it noted the intent.
    private func noteIntent(
        bootID: String = Bench.boot, linesBefore: Int = 0, systemRun: String? = nil
    ) throws {
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        try directory.write(
            UnitIntent(
                bootID: bootID, unit: unit, linesBefore: linesBefore, invocationBefore: "",
                began: SystemTime().now().boot.nanoseconds, systemRun: systemRun),
            UnitIntent.fileName)
    }

    @Test func whatWasNotedButNeverStartedIsStarted() async throws {
        systemd.log(unit, "old begin")
        systemd.log(unit, "old exit 1")
        try noteIntent(linesBefore: 2)
        systemd.exitAtOnce(0)
        #expect(await result(task).ending == .exited(0))
        #expect(systemd.runs(unit) == 1)
    }

    @Test func whatEndedMeanwhileIsReadFromTheLog() async throws {
        try noteIntent()
        systemd.launch(unit)
        systemd.end(unit, exit: 5)
        #expect(await result(task).ending == .exited(5))
        #expect(systemd.runs(unit) == 1)
    }

    @Test func whatStillRunsIsWaitedFor() async throws {
        try noteIntent()
        systemd.launch(unit)
        let (runner, answers) = bench.runner(bus: systemd)
        runner.resume(task)
        systemd.end(unit, exit: 6)
        #expect(await answers.next("t1").ending == .exited(6))
        #expect(systemd.runs(unit) == 1)
    }

    @Test func aLostBusIsAskedAgainWhileTheUnitRuns() async throws {
        try noteIntent()
        systemd.launch(unit)
        systemd.end(unit, exit: 0)
        systemd.failStatus(.lost("gone"), .unreachable("gone"))
        #expect(await result(task).ending == .exited(0))
    }

    @Test func whatBeganAndVanishedIsUnknown() async throws {
        try noteIntent()
        systemd.launch(unit)
        systemd.set(unit, UnitStatus())
        #expect(await result(task).ending.reason.contains("gone before it could record an end"))
        #expect(systemd.runs(unit) == 1)
    }

    @Test func whatRanInAnotherBootIsUnknown() async throws {
        try noteIntent(bootID: "another")
        #expect(await result(task).ending.reason.contains("the host went down"))
        #expect(systemd.runs(unit) == 0)
    }

    /// A container that is started again has the boot id that it had, and an empty /run.
    @Test func whatRanBeforeSystemdWasStartedAgainIsUnknown() async throws {
        systemd.set("sysinit.target", UnitStatus(activeState: "active", invocationID: "run-2"))
        try noteIntent(systemRun: "run-1")
        #expect(await result(task).ending.reason.contains("the host went down"))
        #expect(systemd.runs(unit) == 0)
    }

    @Test func whatIsNotedKnowsWhichRunOfSystemdItWas() async throws {
        systemd.set("sysinit.target", UnitStatus(activeState: "active", invocationID: "run-1"))
        try noteIntent(systemRun: "run-1")
        systemd.exitAtOnce(0)
        #expect(await result(task).ending == .exited(0))
        #expect(await result(bench.unit("link", with: "2.0.0", id: "t2")).ending == .exited(0))
        let directory = try TaskDirectory("t2", in: bench.settings.directory)
        #expect(try directory.intent()?.systemRun == "run-1")
    }

    @Test func anUnreadableLogIsUnknownAndStartsNothing() async throws {
        let path = UnitLog(try UnitName(name: "link", value: "1.9.0"), in: bench.root + "/logs")
            .path
        try noteIntent()
        #expect(mkdir(path, 0o700) == 0)
        defer { rmdir(path) }
        #expect(await result(task).ending.reason.contains("must be able to read that log"))
        #expect(systemd.runs(unit) == 0)
    }

    @Test func aLaterDaemonCancelsWhatAnEarlierOneStarted() async throws {
        try noteIntent()
        systemd.launch(unit)
        let (runner, answers) = bench.runner(bus: systemd)
        runner.cancel(id: "t1")
        #expect(await answers.next("t1").ending == .cancelled)
        #expect(systemd.stops(unit) >= 1)
    }
}
