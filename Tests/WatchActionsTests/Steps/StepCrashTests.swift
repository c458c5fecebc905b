// No sequence of crashes, restarts and repeated questions runs a step twice.

import Glibc
import TestServers
import Testing
import WatchCore
import WatchSystem

@testable import WatchActions

struct StepCrashTests {
    @Test func askingAgainAfterTheEndTellsTheSameAndRunsNothing() async throws {
        let bench = try Bench()
        let task = bench.shell("echo ran >> runs; exit 4")
        let first = await bench.result(of: task)
        let (second, answers) = bench.runner()
        second.resume(task)
        #expect(await answers.next("t1") == first)
        #expect(first.ending == .exited(4))
        #expect(bench.text("runs") == "ran\n")
    }

    @Test func askingTwiceWhileItRunsIsAnsweredOnce() async throws {
        let bench = try Bench()
        let go = try bench.fifo("go")
        let (runner, answers) = bench.runner()
        let task = bench.shell("echo ran >> runs; echo > \(go)")
        runner.run(task)
        runner.run(task)
        runner.resume(task)
        _ = await bench.read(fifo: go)
        #expect(await answers.next("t1").ending == .exited(0))
        #expect(answers.rest == 0)
        #expect(bench.text("runs") == "ran\n")
    }

    @Test func aSecondRunnerAttachesToARunningStep() async throws {
        let bench = try Bench()
        let (begun, go) = (try bench.fifo("begun"), try bench.fifo("go"))
        let task = bench.shell("echo ran >> runs; echo > \(begun); read line < \(go); exit 5")
        let (first, firstAnswers) = bench.runner()
        first.run(task)
        _ = await bench.read(fifo: begun)
        let (second, secondAnswers) = bench.runner()
        second.resume(task)
        await bench.write(fifo: go)
        #expect(await firstAnswers.next("t1").ending == .exited(5))
        #expect(await secondAnswers.next("t1").ending == .exited(5))
        #expect(bench.text("runs") == "ran\n")
    }

    @Test func aShimKilledInTheMiddleLeavesTheOutcomeUnknown() async throws {
        let bench = try Bench()
        let begun = try bench.fifo("begun")
        let task = bench.shell("echo ran >> runs; echo $$ > \(begun); exec sleep 1000")
        let (runner, answers) = bench.runner()
        runner.run(task)
        _ = await bench.read(fifo: begun)
        kill(try bench.claimedPID(), SIGKILL)
        let result = await answers.next("t1")
        #expect(result.ending.reason.contains("died before it could record an end"))
        // And it stays unknown, however often it is asked for.
        #expect(await bench.result(of: task).ending == result.ending)
        #expect(bench.text("runs") == "ran\n")
    }

    /// Else it would be at work beside what comes next, or beside its own second try.
    @Test(arguments: ["", "setsid ", "trap '' TERM; "])
    func whatAKilledShimRanIsOverBeforeTheOutcomeIsUnknown(manner: String) async throws {
        let bench = try Bench()
        let (begun, held) = (try bench.fifo("begun"), try bench.fifo("held"))
        // As long as somebody of the step lives, `held` is open for writing.
        let task = bench.shell(
            "exec 9> \(held); \(manner)/bin/sh -c \"echo > \(begun); sleep 1000; :\" & wait")
        let (runner, answers) = bench.runner()
        runner.run(task)
        let reader = open(held, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        _ = await bench.read(fifo: begun)
        kill(try bench.claimedPID(), SIGKILL)
        let result = await answers.next("t1")
        var byte: UInt8 = 0
        #expect(read(reader, &byte, 1) == 0, "somebody still has it open")
        #expect(result.ending.reason.contains("died before it could record an end"))
        #expect(result.output.contains("that its shim left behind were ended"))
    }

    /// It may hold secrets, and the shim died before it opened it.
    @Test func whatAStepWouldHaveReadIsGoneWithItsShim() async throws {
        let bench = try Bench()
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        try directory.write(input: "secret")
        try directory.write(Claim(bootID: Bench.boot, pid: getpid(), pidStart: 1), Claim.fileName)
        let result = await bench.result(of: bench.shell("true"))
        #expect(result.ending.reason.contains("died before it could record"))
        #expect(access(directory.inputPath, F_OK) != 0)
    }

    /// A step that is run by another shim, whose text is given.
    private func step(on bench: Bench, shim text: String) async throws -> ExecStep {
        var settings = bench.settings
        settings.shim = "\(bench.root)/shim"
        // Written by another process: a file that is open for writing here is so in every program
        // that another test is just starting, and nobody can execute it meanwhile.
        let written = try await runProgram(
            "/bin/sh",
            ["-c", "printf '%s' \"$1\" > \"$0\" && chmod 755 \"$0\"", settings.shim, text])
        #expect(written.status == 0)
        return ExecStep(
            settings: settings, secrets: bench.secrets,
            directory: try TaskDirectory("t1", in: settings.directory),
            cancellation: Cancellation())
    }

    private func perform(_ task: StepTask, _ step: ExecStep) async throws -> TaskResult {
        try await OwnThread.run { Result { try step.perform(task) } }.get()
    }

    /// A shim that dies before it has claimed the task surely ran nothing, so another may.
    @Test(arguments: [(1, TaskResult.Ending.exited(0)), (2, nil)])
    func aShimThatDiesBeforeItClaimsIsStartedOnceMore(
        _ deaths: Int, _ ending: TaskResult.Ending?
    ) async throws {
        let bench = try Bench()
        let dead = "\(bench.root)/dead"
        let step = try await step(
            on: bench,
            shim: """
                #!/bin/sh
                echo x >> \(dead)
                if [ "$(wc -l < \(dead))" -le \(deaths) ]; then kill -9 $$; fi
                exec \(Bench.shim) "$@"
                """)
        let task = bench.shell("echo ran >> \(bench.root)/runs")
        let result = try await perform(task, step)
        #expect(result.succeeded == (ending != nil))
        if ending == nil { #expect(result.ending.reason.contains("ended without running it")) }
        #expect(bench.text("runs") == (ending == nil ? "" : "ran\n"))
    }

    /// One that refuses its command line has no trouble with the disk.
    @Test func aShimThatRefusesItsCommandLineIsQuoted() async throws {
        let bench = try Bench()
        let step = try await step(
            on: bench,
            shim: "#!/bin/sh\nexec \(Bench.shim) --timeout 5 --new-option 1 -- /bin/true\n")
        let task = bench.shell("true")
        let result = try await perform(task, step)
        #expect(
            result.ending
                == .couldNotStart(
                    "\(step.settings.shim) refused to run it: unknown option '--new-option'; is it "
                        + "of another version than watchd?"))
    }

    @Test func ofManyShimsOneRunsTheStep() async throws {
        let bench = try Bench()
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        let shims = try (0..<8).map { _ in
            try ShimProcess.spawn(
                Bench.shim,
                [
                    "--directory", directory.path, "--timeout", "60", "--chdir", bench.root, "--",
                    "/bin/sh", "-c", "echo ran >> runs",
                ], environment: [], log: directory.path + "/shim.log")
        }
        for shim in shims {
            #expect(await OwnThread.run { shim.wait(seconds: 60) } != .timedOut)
        }
        #expect(bench.text("runs") == "ran\n")
        #expect(try directory.exit()?.ending == .exited)
    }

    @Test func aShimOfADeadDaemonThatHasNotClaimedYetMayWinOrLose() async throws {
        for _ in 0..<10 {
            let bench = try Bench()
            let task = bench.shell("echo ran >> runs; exit 6")
            let directory = try TaskDirectory("t1", in: bench.settings.directory)
            try directory.create()
            let stray = try ShimProcess.spawn(
                Bench.shim,
                [
                    "--directory", directory.path, "--timeout", "60", "--chdir", bench.root, "--",
                    "/bin/sh", "-c", "echo ran >> runs; exit 6",
                ], environment: [], log: directory.path + "/shim.log")
            let result = await bench.result(of: task)
            _ = await OwnThread.run { stray.wait(seconds: 60) }
            #expect(result.ending == .exited(6))
            #expect(bench.text("runs") == "ran\n")
        }
    }

    @Test func aRebootLeavesTheOutcomeUnknown() async throws {
        let bench = try Bench()
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        try directory.write(
            Claim(bootID: "another", pid: getpid(), pidStart: 1), Claim.fileName)
        let result = await bench.result(of: bench.shell("echo ran >> runs"))
        #expect(result.ending.reason.contains("the host went down"))
        #expect(bench.text("runs") == "")
    }

    /// Whoever has inherited it may take its time.
    @Test func aDeadShimThatNobodyHasReapedIsDead() async throws {
        let bench = try Bench()
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        let shim = try ShimProcess.spawn(
            "/bin/sleep", ["60"], environment: [], log: directory.path + "/shim.log")
        let start = try #require(ShimProcess.startTime(shim.pid))
        try directory.write(
            Claim(bootID: Bench.boot, pid: shim.pid, pidStart: start), Claim.fileName)
        #expect(ShimProcess.find(pid: shim.pid, start: start) != nil)
        kill(shim.pid, SIGKILL)
        var died = siginfo_t()
        _ = waitid(P_PID, id_t(shim.pid), &died, WEXITED | WNOWAIT)
        let result = await bench.result(of: bench.shell("echo ran >> runs"))
        #expect(result.ending.reason.contains("died before it could record"))
        #expect(bench.text("runs") == "")
        #expect(shim.wait(seconds: 60) != .timedOut)
    }

    @Test func aReusedPidIsNotTakenForTheShim() async throws {
        let bench = try Bench()
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        try directory.write(
            Claim(bootID: Bench.boot, pid: getpid(), pidStart: 1), Claim.fileName)
        let result = await bench.result(of: bench.shell("true"))
        #expect(result.ending.reason.contains("died before it could record"))
    }

    @Test func aRecordOfANewerWatchdIsNotGuessedAt() async throws {
        let bench = try Bench()
        let directory = try TaskDirectory("t1", in: bench.settings.directory)
        try directory.create()
        try bench.write("steps/t1/exit", #"{"format":2,"ending":"exited","code":0}"#)
        let result = await bench.result(of: bench.shell("true"))
        #expect(result.ending.reason.contains("newer watchd (format 2)"))
    }

    @Test func cancellingEndsARunningStep() async throws {
        let bench = try Bench()
        let begun = try bench.fifo("begun")
        let (runner, answers) = bench.runner()
        runner.run(bench.shell("echo > \(begun); sleep 1000"))
        _ = await bench.read(fifo: begun)
        runner.cancel(id: "t1")
        #expect(await answers.next("t1").ending == .cancelled)
    }

    @Test func aRunnerCancelsWhatAnEarlierOneBegan() async throws {
        let bench = try Bench()
        let begun = try bench.fifo("begun")
        let (first, firstAnswers) = bench.runner()
        first.run(bench.shell("echo > \(begun); sleep 1000"))
        _ = await bench.read(fifo: begun)
        let (second, secondAnswers) = bench.runner()
        second.cancel(id: "t1")
        #expect(await secondAnswers.next("t1").ending == .cancelled)
        #expect(await firstAnswers.next("t1").ending == .cancelled)
    }

    @Test func whatWasCancelledBeforeItBeganNeverBegins() async throws {
        let bench = try Bench()
        let (runner, answers) = bench.runner()
        runner.cancel(id: "t1")
        #expect(await answers.next("t1").ending == .cancelled)
        #expect(await bench.result(of: bench.shell("echo ran >> runs")).ending == .cancelled)
        #expect(bench.text("runs") == "")
    }

    @Test func anEarlyCancelIsNotLost() async throws {
        for _ in 0..<10 {
            let bench = try Bench()
            let (runner, answers) = bench.runner()
            runner.run(bench.shell("sleep 1000"))
            runner.cancel(id: "t1")
            #expect(await answers.next("t1").ending == .cancelled)
        }
    }

    @Test func oldRecordsAreRemovedAndRunningOnesKept() async throws {
        let bench = try Bench()
        let (begun, go) = (try bench.fifo("begun"), try bench.fifo("go"))
        let (runner, answers) = bench.runner()
        _ = await bench.result(of: bench.shell("true", id: "old"))
        runner.run(bench.shell("echo > \(begun); read line < \(go)", id: "new"))
        _ = await bench.read(fifo: begun)
        let (other, _) = bench.runner()
        let later = SystemTime().now().wall + .hours(1)
        #expect(await other.removeTasks(olderThan: later) == 1)
        #expect(TaskDirectory.entries(bench.settings.directory) == ["new"])
        await bench.write(fifo: go)
        #expect(await answers.next("new").ending == .exited(0))
        await other.remove(ids: ["new"])
        #expect(TaskDirectory.entries(bench.settings.directory) == [])
    }
}

extension Bench {
    func write(fifo: String) async {
        await OwnThread.run {
            let file = open(fifo, O_WRONLY | O_CLOEXEC)
            _ = Glibc.write(file, "\n", 1)
            close(file)
        }
    }
}
